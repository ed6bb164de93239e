// A finished activation store: what both forms have in common for reading.
import RetortFiles
import RetortNumbers

/// A verified store whose columns are looked up by path. Columns must be checked before they are read.
final class ActivationFile: Sendable {
  let source: [String: String]
  let form: ActivationForm
  private let path: String
  private let file: SealedHDF5File

  init(path: String, form wanted: ActivationForm? = nil) throws(ActivationStoreError) {
    self.path = path
    do {
      file = try SealedHDF5File(path: path, kind: .activationStore, streaming: true)
    } catch {
      throw .store(error)
    }
    source = (file.contents.attributes["/source"] ?? [:]).compactMapValues(\.text)
    let found = file.contents.attributes["/"]?["form"]?.text ?? "form unknown"
    guard let form = ActivationForm(rawValue: found) else {
      throw .damaged(path: path, what: "no attribute form of this version")
    }
    self.form = form
    if let wanted, form != wanted { throw .wrongForm(path: path, expected: wanted, found: form) }
  }

  // MARK: Attributes

  func integer(_ name: String) throws(ActivationStoreError) -> Int {
    guard let value = try optionalInteger(name, of: "/") else { throw lacking("attribute \(name)") }
    return value
  }

  /// Nil where the attribute is not there.
  func optionalInteger(_ name: String, of group: String) throws(ActivationStoreError) -> Int? {
    guard let stored = file.contents.attributes[group]?[name] else { return nil }
    guard let value = stored.integer else { throw lacking("attribute \(name)") }
    return Int(value)
  }

  func reals(_ name: String, of group: String) throws(ActivationStoreError) -> [Double] {
    guard let values = file.contents.attributes[group]?[name]?.reals else {
      throw lacking("attribute \(name)")
    }
    return values
  }

  func text(_ name: String, of group: String = "/") throws(ActivationStoreError) -> String {
    guard let value = try optionalText(name, of: group) else { throw lacking("attribute \(name)") }
    return value
  }

  /// Nil where the attribute is not there.
  func optionalText(
    _ name: String, of group: String = "/"
  ) throws(ActivationStoreError) -> String? {
    guard let stored = file.contents.attributes[group]?[name] else { return nil }
    guard let value = stored.text else { throw lacking("attribute \(name)") }
    return value
  }

  // MARK: Columns

  /// Paths of all columns, in order.
  var columns: [String] { file.contents.arrays.keys.sorted() }

  /// Makes sure that the columns are there with these types and row sizes.
  func check(_ columns: [ActivationColumn]) throws(ActivationStoreError) {
    for column in columns {
      guard let array = file.contents.arrays[column.path], array.type == column.type,
        Array(array.shape.dropFirst()) == column.rowShape
      else { throw lacking("\(column.path) of type \(column.type.rawValue)") }
    }
  }

  /// Makes sure that a column is there with so many rows.
  func check(_ column: String, rows: Int) throws(ActivationStoreError) {
    guard file.contents.arrays[column]?.shape.first == rows else {
      throw .damaged(path: path, what: "\(column) has not \(rows) rows")
    }
  }

  /// Makes sure that a list of offsets begins with 0, never falls, and ends with `end`.
  func check(offsets column: String, end: Int) throws(ActivationStoreError) {
    var last: Int64 = 0
    let values = values(column, Int64.self)
    for (place, value) in values.enumerated() {
      guard value >= last, place > 0 || value == 0 else {
        throw .damaged(path: path, what: "\(column) does not ascend from 0")
      }
      last = value
    }
    guard !values.isEmpty, last == end else {
      throw .damaged(path: path, what: "\(column) does not end with \(end)")
    }
  }

  func has(_ column: String) -> Bool { file.contents.arrays[column] != nil }

  func rowCount(_ column: String) -> Int { file.contents.arrays[column]?.shape.first ?? 0 }

  /// Width and type of a column with rows of one dimension.
  func row(of column: String) throws(ActivationStoreError) -> (width: Int, ElementType) {
    guard let array = file.contents.arrays[column], array.shape.count == 2, array.shape[1] > 0
    else { throw lacking("\(column) of two dimensions") }
    return (array.shape[1], array.type)
  }

  /// All numbers of a column, in the file's memory: for the small ones that say where the others' rows are.
  func values<Element: BitwiseCopyable>(
    _ column: String, _: Element.Type
  ) -> UnsafeBufferPointer<Element> {
    file.bytes(of: array(column)).bindMemory(to: Element.self)
  }

  /// Rows of a column in the file's memory.
  func values<Element: BitwiseCopyable>(
    _ column: String, rows: Range<Int>, _ type: Element.Type
  ) -> UnsafeBufferPointer<Element> {
    let size = array(column).shape.dropFirst().reduce(1, *)
    return UnsafeBufferPointer(
      rebasing: values(column, type)[(rows.lowerBound * size)..<(rows.upperBound * size)])
  }

  // MARK: Rows

  /// Copies rows of a column, piece by piece.
  func read<Element: BitwiseCopyable>(
    _ column: String, rows: [Range<Int>]
  ) throws(ActivationStoreError) -> [Element] {
    let array = array(column)
    let size = array.shape.dropFirst().reduce(1, *)
    let total = size * rows.reduce(0) { $0 + $1.count }
    var failure: ActivationStoreError?
    let values = [Element](unsafeUninitializedCapacity: total) { target, count in
      do throws(ActivationStoreError) {
        try copy(array, rows, into: UnsafeMutableRawBufferPointer(target))
        count = total
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  /// Copies rows of a floating-point column as float32, piece by piece.
  func read(
    _ column: String, rows: [Range<Int>], into target: UnsafeMutableBufferPointer<Float>
  ) throws(ActivationStoreError) {
    let array = array(column)
    guard array.type == .float16 else {
      return try copy(array, rows, into: UnsafeMutableRawBufferPointer(target))
    }
    let halves: [UInt16] = try read(column, rows: rows)
    precondition(target.count == halves.count, "\(halves.count) values into \(target.count)")
    halves.withUnsafeBytes {
      if let start = $0.baseAddress { HalfPrecision.widen(start, into: target) }
    }
  }

  private func copy(
    _ array: HDF5Array, _ rows: [Range<Int>], into target: UnsafeMutableRawBufferPointer
  ) throws(ActivationStoreError) {
    let rowBytes = array.shape.dropFirst().reduce(array.type.byteCount, *)
    let end = array.shape.first ?? 0
    var parts: [(bytes: Range<Int>, target: UnsafeMutableRawPointer)] = []
    parts.reserveCapacity(rows.count)
    var done = 0
    for range in rows {
      precondition(range.lowerBound >= 0 && range.upperBound <= end, "rows \(range) of \(end)")
      let size = range.count * rowBytes
      if let start = target.baseAddress, size > 0 {
        let first = array.offset + range.lowerBound * rowBytes
        parts.append((first..<first + size, start + done))
      }
      done += size
    }
    precondition(target.count >= done, "\(done) bytes into \(target.count)")
    // In the order of the file, whatever that of the batch is.
    parts.sort { $0.bytes.lowerBound < $1.bytes.lowerBound }
    do {
      try file.copy(parts)
    } catch {
      throw .file(error)
    }
  }

  private func array(_ column: String) -> HDF5Array {
    guard let array = file.contents.arrays[column] else {
      preconditionFailure("\(column): not in \(path)")
    }
    return array
  }

  func lacking(_ what: String) -> ActivationStoreError {
    .damaged(path: path, what: "no \(what)")
  }
}
