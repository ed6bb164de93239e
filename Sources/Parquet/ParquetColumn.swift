// The columns of a Parquet file, as its schema declares them.

public struct ParquetColumn: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case text, integer, real, truth
    /// What it is, in words: a list, a date.
    case unreadable(String)
  }

  public let name: String
  public let kind: Kind

  /// How its values are stored.
  let type: PhysicalType?
  let isUnsigned: Bool
  /// Whether values may be missing.
  let isOptional: Bool
  /// Its place among the columns of a row group.
  let chunk: Int
}

/// How single values are stored.
enum PhysicalType: Int {
  case boolean, int32, int64, int96, float, double, byteArray, fixedByteArray
}

extension ParquetColumn {
  /// The columns of a schema, and how many chunks a row group has.
  /// - Parameter elements: the schema's tree in depth-first order, the root first.
  static func columns(
    of elements: [ThriftStruct]
  ) throws(ParquetDamage) -> (columns: [ParquetColumn], chunkCount: Int) {
    guard let root = elements.first, let count = root.integer(5), count >= 0 else {
      throw ParquetDamage("its schema has no root")
    }
    var columns: [ParquetColumn] = []
    var (place, chunks) = (1, 0)
    for _ in 0..<min(count, elements.count) where place < elements.count {
      let element = elements[place]
      let chunk = chunks
      place += 1
      if let children = element.integer(5), children > 0 {
        var left = children
        while left > 0 {
          guard place < elements.count else { throw ParquetDamage("its schema is cut") }
          left -= 1
          if let more = elements[place].integer(5), more > 0 {
            guard more <= elements.count else { throw ParquetDamage("its schema is cut") }
            left += more
          } else {
            chunks += 1
          }
          place += 1
        }
        columns.append(.nested(element, chunk: chunk))
      } else {
        chunks += 1
        columns.append(ParquetColumn(element, chunk: chunk))
      }
    }
    guard place == elements.count, columns.count == count else {
      throw ParquetDamage(
        "its schema has \(elements.count) elements for \(count) columns, which do not fit")
    }
    return (columns, chunks)
  }

  private static func nested(_ element: ThriftStruct, chunk: Int) -> ParquetColumn {
    let isList = element.integer(6) == 3 || element.fields(10)?.ids == [3]
    let isMap = [1, 2].contains(element.integer(6)) || element.fields(10)?.ids == [2]
    return ParquetColumn(
      name: element.text(4) ?? "",
      kind: .unreadable(isList ? "a list" : isMap ? "a map" : "a struct"), type: nil,
      isUnsigned: false, isOptional: true, chunk: chunk)
  }

  /// A column of single values.
  private init(_ element: ThriftStruct, chunk: Int) {
    name = element.text(4) ?? ""
    type = element.integer(1).flatMap(PhysicalType.init)
    isOptional = element.integer(3) == 1
    self.chunk = chunk
    let converted = element.integer(6)
    let logical = element.fields(10)
    isUnsigned =
      converted.map { (11...14).contains($0) } ?? (logical?.fields(10)?.truth(2) == false)
    kind =
      if element.integer(3) == 2 {
        .unreadable("a list")
      } else if let words = Self.otherMeaning(converted: converted, logical: logical?.ids.first) {
        .unreadable(words)
      } else {
        switch type {
        case .boolean: .truth
        case .int32, .int64: .integer
        case .float, .double: .real
        case .byteArray: .text
        case .int96: .unreadable("a timestamp")
        case .fixedByteArray: .unreadable("a column of bytes of a fixed length")
        case nil: .unreadable("a column of an unknown type")
        }
      }
  }

  /// What numbers or bytes stand for, if not for themselves.
  private static func otherMeaning(converted: Int?, logical: Int?) -> String? {
    switch (converted, logical) {
    case (5, _), (_, 5): "a column of decimals"
    case (6, _), (_, 6): "a date"
    case (7, _), (8, _), (_, 7): "a time"
    case (9, _), (10, _), (_, 8): "a timestamp"
    case (20, _), (_, 13): "a column of BSON"
    case (21, _): "an interval"
    case (_, 14): "a UUID"
    case (_, 15): "a column of half precision"
    default: nil
    }
  }
}

/// A value of a column.
public enum ParquetValue: Sendable, Equatable {
  case null
  case text(String)
  /// A text in which U+FFFD stands for what is not UTF-8.
  case repaired(String)
  /// Bytes that are not UTF-8, where they are not repaired.
  case malformed
  case integer(Int64)
  case unsigned(UInt64)
  case float(Float)
  case double(Double)
  case truth(Bool)
}
