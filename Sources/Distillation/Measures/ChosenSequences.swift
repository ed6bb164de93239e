// Some of a text's sequences.
import RetortRandomness
import RetortText

/// Sequences drawn from a text without replacement, in the order of the text.
public struct ChosenSequences: SequenceSource {
  private let whole: any SequenceSource
  private let chosen: [UInt32]

  /// - Parameters:
  ///   - count: how many; all of them if there are fewer.
  ///   - seed: of the choice. The text is gone through once and no order of all its sequences is kept.
  /// - Source: D. E. Knuth, The Art of Computer Programming 2 (1997), 3.4.2, algorithm S.
  public init(_ count: Int, of whole: any SequenceSource, seed: UInt64) {
    var stream = RandomStream(seed: seed, name: .resampling, place: (1, 0))
    var chosen: [UInt32] = []
    chosen.reserveCapacity(min(count, whole.count))
    for sequence in 0..<whole.count where chosen.count < count {
      let left = Double(whole.count - sequence)
      if left * stream.uniformDouble() < Double(count - chosen.count) {
        chosen.append(UInt32(sequence))
      }
    }
    self.init(chosen, of: whole)
  }

  /// The first sequences of a text.
  public init(first count: Int, of whole: any SequenceSource) {
    self.init((0..<UInt32(min(count, whole.count))).map { $0 }, of: whole)
  }

  private init(_ chosen: [UInt32], of whole: any SequenceSource) {
    (self.chosen, self.whole) = (chosen, whole)
  }

  public var count: Int { chosen.count }
  public var tokenCount: Int { chosen.reduce(0) { $0 + whole.length(of: Int($1)) } }
  public func length(of sequence: Int) -> Int { whole.length(of: Int(chosen[sequence])) }
  public func appendTokens(of sequence: Int, to ids: inout [Int32]) {
    whole.appendTokens(of: Int(chosen[sequence]), to: &ids)
  }
  public func secondStart(of sequence: Int) -> Int? {
    whole.secondStart(of: Int(chosen[sequence]))
  }
}
