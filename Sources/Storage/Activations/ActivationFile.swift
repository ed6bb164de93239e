// A finished activation store: what both forms have in common for reading.
import RetortFiles
import RetortNumbers

/// A verified store whose columns are looked up by path. Columns must be checked before they are read.
final class ActivationFile: Sendable {
  let source: [String: String]
  private let path: String
  private let file: SealedHDF5File
  private let attributes: [String: StoredValue]

  init(path: String, form: String) throws(ActivationStoreError) {
    self.path = path
    do {
      file = try SealedHDF5File(path: path, kind: .activationStore)
    } catch {
      throw .store(error)
    }
    attributes = file.contents.attributes["/"] ?? [:]
    source = (file.contents.attributes["/source"] ?? [:]).compactMapValues(\.text)
    let found = attributes["form"]?.text ?? "form unknown"
    guard found == form else { throw .wrongForm(path: path, expected: form, found: found) }
  }

  func integer(_ name: String) throws(ActivationStoreError) -> Int {
    guard let value = attributes[name]?.integer else { throw lacking("attribute \(name)") }
    return Int(value)
  }

  func integers(_ name: String) throws(ActivationStoreError) -> [Int] {
    guard let values = attributes[name]?.integers else { throw lacking("attribute \(name)") }
    return values.map { Int($0) }
  }

  func reals(_ name: String) throws(ActivationStoreError) -> [Double] {
    guard let values = attributes[name]?.reals else { throw lacking("attribute \(name)") }
    return values
  }

  func text(_ name: String) throws(ActivationStoreError) -> String {
    guard let value = attributes[name]?.text else { throw lacking("attribute \(name)") }
    return value
  }

  /// Nil where the attribute is not there.
  func optionalText(_ name: String) throws(ActivationStoreError) -> String? {
    attributes[name] == nil ? nil : try text(name)
  }

  func precision(_ name: String) throws(ActivationStoreError) -> ActivationPrecision {
    guard let value = ActivationPrecision(rawValue: try text(name)) else {
      throw lacking("attribute \(name)")
    }
    return value
  }

  /// Makes sure that the columns are there with these types and row sizes.
  func check(_ columns: [ActivationColumn]) throws(ActivationStoreError) {
    for column in columns {
      guard let array = file.contents.arrays[column.path], array.type == column.type,
        Array(array.shape.dropFirst()) == column.rowShape
      else { throw lacking("\(column.path) of type \(column.type.rawValue)") }
    }
  }

  func has(_ column: String) -> Bool { file.contents.arrays[column] != nil }

  func rowCount(_ column: String) -> Int { file.contents.arrays[column]?.shape.first ?? 0 }

  /// All numbers of a column, in the file's memory.
  func values<Element: BitwiseCopyable>(
    _ column: String, _: Element.Type
  ) -> UnsafeBufferPointer<Element> {
    guard let array = file.contents.arrays[column] else {
      preconditionFailure("\(column): not in \(path)")
    }
    return file.bytes(of: array).bindMemory(to: Element.self)
  }

  /// Rows of a column in the file's memory.
  func values<Element: BitwiseCopyable>(
    _ column: String, rows: Range<Int>, _ type: Element.Type
  ) -> UnsafeBufferPointer<Element> {
    let size = file.contents.arrays[column]?.shape.dropFirst().reduce(1, *) ?? 1
    return UnsafeBufferPointer(
      rebasing: values(column, type)[(rows.lowerBound * size)..<(rows.upperBound * size)])
  }

  /// Copies rows of a floating-point column as float32.
  func read(_ column: String, rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) {
    if file.contents.arrays[column]?.type == .float16 {
      let source = values(column, rows: rows, UInt16.self)
      precondition(target.count == source.count, "\(source.count) values into \(target.count)")
      if let start = source.baseAddress { HalfPrecision.widen(start, into: target) }
    } else {
      let source = values(column, rows: rows, Float.self)
      precondition(target.count == source.count, "\(source.count) values into \(target.count)")
      _ = target.update(fromContentsOf: source)
    }
  }

  private func lacking(_ what: String) -> ActivationStoreError {
    .damaged(path: path, what: "no \(what)")
  }
}
