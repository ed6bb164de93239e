// What is stored beside tensors: numbers, texts, lists, bytes.

/// A value of a checkpoint's attributes, progress or random streams, exactly as it was given.
public enum StoredValue: Equatable, Sendable {
  case integer(Int64)
  case real(Double)
  /// Must not contain the character U+0000.
  case text(String)
  case integers([Int64])
  case reals([Double])
  case bytes([UInt8])

  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  public var real: Double? { if case .real(let value) = self { value } else { nil } }
  public var text: String? { if case .text(let value) = self { value } else { nil } }
  public var integers: [Int64]? { if case .integers(let value) = self { value } else { nil } }
  public var reals: [Double]? { if case .reals(let value) = self { value } else { nil } }
  public var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
}

extension StoredValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .text(let value): value
    case .integers(let values): "\(values.count) integers"
    case .reals(let values): "\(values.count) reals"
    case .bytes(let values): "\(values.count) bytes"
    }
  }
}
