// Thrift's compact protocol, in which Parquet writes its metadata.

/// A value of a struct's field.
/// - Source: Apache Thrift, doc/specs/thrift-compact-protocol.md.
enum ThriftValue {
  case truth(Bool)
  case integer(Int64)
  case double(Double)
  case bytes([UInt8])
  case list([ThriftValue])
  case fields(ThriftStruct)
}

/// A struct's fields by their ids.
struct ThriftStruct {
  private var fields: [Int: ThriftValue] = [:]

  /// Deeper nesting is refused, so that no file can exhaust the stack.
  private static let deepest = 16

  /// Reads a struct to its end.
  init(_ reader: inout ByteReader) throws(ParquetDamage) { try self.init(&reader, depth: 0) }

  private init(_ reader: inout ByteReader, depth: Int) throws(ParquetDamage) {
    guard depth < Self.deepest else { throw ParquetDamage("structs in structs, too deep") }
    var id = 0
    while true {
      let head = try reader.byte()
      guard head != 0 else { return }
      let step = Int(head >> 4)
      id = step > 0 ? id + step : Int(truncatingIfNeeded: try Self.zigzag(&reader) & 0xFFFF)
      let kind = head & 0x0F
      // A boolean is in the type itself.
      fields[id] =
        kind == 1 || kind == 2
        ? .truth(kind == 1) : try Self.value(&reader, kind: kind, depth: depth)
    }
  }

  private static func value(
    _ reader: inout ByteReader, kind: UInt8, depth: Int
  ) throws(ParquetDamage) -> ThriftValue {
    switch kind {
    case 1, 2: return .truth(try reader.byte() == 1)
    case 3: return .integer(Int64(Int8(bitPattern: try reader.byte())))
    case 4, 5, 6: return .integer(try zigzag(&reader))
    case 7: return .double(Double(bitPattern: try reader.integer(8)))
    case 8: return .bytes(Array(try reader.take(reader.size())))
    case 9, 10: return .list(try list(&reader, depth: depth))
    case 12: return .fields(try ThriftStruct(&reader, depth: depth + 1))
    default: throw ParquetDamage("a metadata field of the unknown type \(kind)")
    }
  }

  private static func list(
    _ reader: inout ByteReader, depth: Int
  ) throws(ParquetDamage) -> [ThriftValue] {
    guard depth < deepest else { throw ParquetDamage("lists in lists, too deep") }
    let head = try reader.byte()
    let count = head >> 4 < 15 ? Int(head >> 4) : try reader.size()
    // Every element takes a byte or more.
    guard count <= reader.remaining else { throw ParquetDamage("a list of \(count) elements") }
    var list: [ThriftValue] = []
    list.reserveCapacity(count)
    for _ in 0..<count {
      list.append(try value(&reader, kind: head & 0x0F, depth: depth + 1))
    }
    return list
  }

  private static func zigzag(_ reader: inout ByteReader) throws(ParquetDamage) -> Int64 {
    let value = try reader.varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  // MARK: Fields; nil where one is missing or of another type

  func integer(_ id: Int) -> Int? {
    if case .integer(let value) = fields[id] { Int(value) } else { nil }
  }

  func truth(_ id: Int) -> Bool? {
    if case .truth(let value) = fields[id] { value } else { nil }
  }

  func text(_ id: Int) -> String? {
    if case .bytes(let bytes) = fields[id] { String(decoding: bytes, as: UTF8.self) } else { nil }
  }

  func fields(_ id: Int) -> ThriftStruct? {
    if case .fields(let value) = fields[id] { value } else { nil }
  }

  /// A list of nothing but structs.
  func list(_ id: Int) -> [ThriftStruct]? {
    guard case .list(let values) = fields[id] else { return nil }
    let structs = values.compactMap { if case .fields(let value) = $0 { value } else { nil } }
    return structs.count == values.count ? structs : nil
  }

  /// Ids of the fields that are there.
  var ids: [Int] { fields.keys.sorted() }
}
