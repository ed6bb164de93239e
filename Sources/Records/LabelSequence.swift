// One small label per example, written as digits in lines of eighty.

/// Labels 0...35 as the digits 0-9 and a-z, so that 872 predictions are eleven lines of text and a
/// changed prediction is a changed line.
public struct LabelSequence: Codable, Sendable, Equatable {
  public static let classLimit = 36
  static let lineLength = 80

  public var labels: [Int]

  /// - labels: each in 0..<36.
  public init(_ labels: [Int]) {
    precondition(
      labels.allSatisfy { (0..<Self.classLimit).contains($0) },
      "a label outside 0..<\(Self.classLimit)")
    self.labels = labels
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let lines = try container.decode([String].self)
    labels = try lines.flatMap { line in
      try line.map { digit in
        guard digit.isASCII, !digit.isUppercase,
          let label = Int(String(digit), radix: Self.classLimit)
        else {
          throw DecodingError.dataCorruptedError(
            in: container, debugDescription: "'\(digit)' is not a label digit (0-9, a-z)")
        }
        return label
      }
    }
  }

  public func encode(to encoder: any Encoder) throws {
    let digits = labels.map { String($0, radix: Self.classLimit) }.joined()
    var lines: [Substring] = []
    var rest = Substring(digits)
    while !rest.isEmpty {
      lines.append(rest.prefix(Self.lineLength))
      rest = rest.dropFirst(Self.lineLength)
    }
    var container = encoder.singleValueContainer()
    try container.encode(lines.map(String.init))
  }
}
