// One small label per example, in lines of eighty characters.

/// Labels of examples, in their order, so that a changed label is a changed line. Those of at most 36 classes are
/// written as the digits 0-9 and a-z: 872 predictions are eleven lines. Others are decimal numbers with a blank
/// between them; their first line says so.
public struct LabelSequence: Codable, Sendable, Equatable {
  static let lineLength = 80
  private static let digitCount = 36
  /// The line before decimal numbers; it is not made of digits alone.
  private static let decimals = "decimal:"

  public var labels: [Int]

  /// - labels: each from 0.
  public init(_ labels: [Int]) {
    precondition(labels.allSatisfy { $0 >= 0 }, "a label below 0")
    self.labels = labels
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let lines = try container.decode([String].self)
    func label(_ text: some StringProtocol, radix: Int, _ expected: String) throws -> Int {
      guard text.utf8.allSatisfy({ $0 < 0x80 && !(0x41...0x5A).contains($0) && $0 != 0x2B }),
        let label = Int(text, radix: radix), label >= 0
      else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "'\(text)' is not \(expected)")
      }
      return label
    }
    if lines.first == Self.decimals {
      labels = try lines.dropFirst().flatMap { line in
        try line.split(separator: " ").map {
          try label($0, radix: 10, "a label, a whole number from 0")
        }
      }
    } else {
      labels = try lines.flatMap { line in
        try line.map {
          try label(String($0), radix: Self.digitCount, "a label digit (0-9, a-z)")
        }
      }
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(labels.allSatisfy { $0 < Self.digitCount } ? digitLines : decimalLines)
  }

  private var digitLines: [String] {
    let digits = labels.map { String($0, radix: Self.digitCount) }
    return stride(from: 0, to: digits.count, by: Self.lineLength).map {
      digits[$0..<min($0 + Self.lineLength, digits.count)].joined()
    }
  }

  private var decimalLines: [String] {
    var lines = [Self.decimals, ""]
    for label in labels {
      let text = String(label)
      if lines[lines.count - 1].utf8.count + 1 + text.utf8.count > Self.lineLength {
        lines.append("")
      }
      lines[lines.count - 1] += lines[lines.count - 1].isEmpty ? text : " " + text
    }
    return lines
  }
}
