/// Pairs of sentences that are compared, by the numbers of both.
public struct SentencePairs: Sendable {
  public let sentenceCount: Int
  /// Nil for all pairs.
  private let drawn: [(first: UInt32, second: UInt32)]?

  /// Every sentence with every later one, in this order.
  public init(allOf sentenceCount: Int) {
    (self.sentenceCount, drawn) = (sentenceCount, nil)
  }

  /// - Parameter drawn: numbers below the number of sentences.
  public init(_ drawn: [(first: UInt32, second: UInt32)], of sentenceCount: Int) {
    (self.sentenceCount, self.drawn) = (sentenceCount, drawn)
  }

  public var takesAll: Bool { drawn == nil }

  public var count: Int { drawn?.count ?? sentenceCount * (sentenceCount - 1) / 2 }

  public func forEach(_ body: (_ first: Int, _ second: Int) -> Void) {
    if let drawn {
      for pair in drawn { body(Int(pair.first), Int(pair.second)) }
    } else {
      for first in 0..<sentenceCount {
        for second in first + 1..<sentenceCount { body(first, second) }
      }
    }
  }
}
