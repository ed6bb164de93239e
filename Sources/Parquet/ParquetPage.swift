// A page of a column: some of its values, one after the other.

/// Reads the values of one page. All sizes and counts are checked against the bytes that are there.
struct ParquetPage {
  /// Rows that are left.
  private(set) var left: Int
  /// Keeps decompressed bytes in memory; nil for what is in the file as it is.
  private let owner: PageBytes?
  /// For each row whether it has a value; nil where all have.
  private var levels: HybridRuns?
  private var values: Values

  private enum Values {
    case plain(ByteReader)
    /// A boolean is a bit.
    case bits(UnsafeRawBufferPointer, place: Int)
    /// Truths in runs.
    case runs(HybridRuns)
    /// Places in the dictionary.
    case indices(HybridRuns)
  }

  /// - Parameters:
  ///   - count: of rows.
  ///   - levels: for an optional column, the bytes of its definition levels.
  ///   - body: the values' bytes.
  init(
    _ column: ParquetColumn, count: Int, encoding: Int, levels: UnsafeRawBufferPointer?,
    body: UnsafeRawBufferPointer, owner: PageBytes?
  ) throws(ParquetDamage) {
    left = count
    self.owner = owner
    self.levels = try levels.map { (bytes) throws(ParquetDamage) in
      try HybridRuns(bytes, width: 1)
    }
    switch encoding {
    case 0 where column.type == .boolean: values = .bits(body, place: 0)
    case 0: values = .plain(ByteReader(body))
    case 2, 8:
      // A page without a value may lack the width.
      var reader = ByteReader(body)
      let width = body.isEmpty ? 0 : Int(try reader.byte())
      values = .indices(try HybridRuns(reader.take(reader.remaining), width: width))
    case 3 where column.type == .boolean:
      var reader = ByteReader(body)
      let size = Int(try reader.integer(4))
      values = .runs(try HybridRuns(reader.take(size), width: 1))
    default:
      throw ParquetDamage(
        "the encoding \(Self.name(ofEncoding: encoding))",
        advice: "write it plain or with a dictionary, which is what most programs do by default")
    }
  }

  /// The next row's value.
  /// - Parameter dictionary: nil where the column has none.
  mutating func next(
    _ column: ParquetColumn, dictionary: [ParquetValue]?, repairs: Bool
  ) throws(ParquetDamage) -> ParquetValue {
    left -= 1
    if levels != nil {
      switch try levels?.next() {
      case 0: return .null
      case 1: break
      case let level: throw ParquetDamage("a definition level of \(level ?? 0)")
      }
    }
    switch values {
    case .plain(var reader):
      let value = try Self.plain(&reader, column, repairs: repairs)
      values = .plain(reader)
      return value
    case .bits(let bytes, let place):
      guard place / 8 < bytes.count else { throw ParquetDamage("a page with too few values") }
      values = .bits(bytes, place: place + 1)
      return .truth(bytes[place / 8] >> UInt8(place % 8) & 1 == 1)
    case .runs(var runs):
      let value = try runs.next()
      values = .runs(runs)
      return .truth(value == 1)
    case .indices(var runs):
      let index = Int(try runs.next())
      values = .indices(runs)
      guard let dictionary else { throw ParquetDamage("no dictionary for its values") }
      guard index < dictionary.count else {
        throw ParquetDamage("value \(index) of a dictionary of \(dictionary.count)")
      }
      return dictionary[index]
    }
  }

  /// Values of a dictionary, which are plain.
  static func dictionary(
    _ column: ParquetColumn, count: Int, body: UnsafeRawBufferPointer, repairs: Bool
  ) throws(ParquetDamage) -> [ParquetValue] {
    // Even an empty text takes four bytes.
    guard count >= 0, count <= body.count / 4, column.type != .boolean else {
      throw ParquetDamage("a dictionary of \(count) values in \(body.count) bytes")
    }
    var reader = ByteReader(body)
    var values: [ParquetValue] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try plain(&reader, column, repairs: repairs)) }
    return values
  }

  private static func plain(
    _ reader: inout ByteReader, _ column: ParquetColumn, repairs: Bool
  ) throws(ParquetDamage) -> ParquetValue {
    switch column.type {
    case .int32:
      let bits = UInt32(truncatingIfNeeded: try reader.integer(4))
      return column.isUnsigned
        ? .unsigned(UInt64(bits)) : .integer(Int64(Int32(bitPattern: bits)))
    case .int64:
      let bits = try reader.integer(8)
      return column.isUnsigned ? .unsigned(bits) : .integer(Int64(bitPattern: bits))
    case .float:
      return .float(Float(bitPattern: UInt32(truncatingIfNeeded: try reader.integer(4))))
    case .double: return .double(Double(bitPattern: try reader.integer(8)))
    case .byteArray:
      let bytes = try reader.take(Int(try reader.integer(4)))
      if let text = String(validating: bytes, as: UTF8.self) { return .text(text) }
      return repairs ? .repaired(String(decoding: bytes, as: UTF8.self)) : .malformed
    case .boolean, .int96, .fixedByteArray, nil:
      throw ParquetDamage("values of a type that they cannot have")
    }
  }

  private static func name(ofEncoding encoding: Int) -> String {
    let names = [
      4: "BIT_PACKED", 5: "DELTA_BINARY_PACKED", 6: "DELTA_LENGTH_BYTE_ARRAY",
      7: "DELTA_BYTE_ARRAY", 9: "BYTE_STREAM_SPLIT",
    ]
    return names[encoding] ?? "\(encoding)"
  }
}
