// Which sentences are taken from texts.
import RetortFormatting

public struct SentenceRule: Sendable, Hashable {
  public enum Split: String, Sendable, CaseIterable {
    /// Paragraphs are cut by `SentenceSplitter`.
    case sentences
    /// Every line, or field of a column, is one.
    case lines
  }

  /// Sentences that are set aside. Which they are depends on the texts and the seed alone, and not on their order: equal
  /// sentences are on one side.
  public struct HoldOut: Sendable, Hashable {
    public enum Size: Sendable, Hashable {
      /// Of the sentences, above 0 and below 1; met as closely as chance has it.
      case share(Double)
      /// So many different ones.
      case sentences(Int)
      /// All sentences of so many different paragraphs, such as reviews of which each is a line. A sentence that another
      /// paragraph has too is left out there.
      case paragraphs(Int)
    }

    public var size: Size
    public var seed: UInt64

    public init(size: Size, seed: UInt64) { (self.size, self.seed) = (size, seed) }
  }

  public var split: Split
  /// How many words, which white space separates, a sentence has; nil for any number.
  public var words: ClosedRange<Int>?
  /// Whether only the first of equal sentences is taken.
  public var isUnique: Bool
  public var holdOut: HoldOut?

  public init(
    split: Split = .sentences, words: ClosedRange<Int>? = nil, isUnique: Bool = false,
    holdOut: HoldOut? = nil
  ) {
    (self.split, self.words, self.isUnique) = (split, words, isUnique)
    self.holdOut = holdOut
  }

  fileprivate var filters: String {
    [
      words.map { "words \($0.lowerBound) to \($0.upperBound)" }, isUnique ? "unique" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
  }
}

/// How many sentences a rule found and took.
public struct SentenceCounts: Sendable, Equatable {
  public var paragraphs = 0
  /// Before anything is left out.
  public var sentences = 0
  public var tooShort = 0
  public var tooLong = 0
  public var repeated = 0
  /// Of other paragraphs than those that are held out, but equal to a sentence of theirs.
  public var alsoHeldOut = 0
  /// To learn from.
  public var kept = 0
  public var heldOut = 0

  public init() {}

  private static let keys: [(String, WritableKeyPath<SentenceCounts, Int> & Sendable)] = [
    ("paragraphs", \.paragraphs), ("sentences", \.sentences), ("too_short", \.tooShort),
    ("too_long", \.tooLong), ("repeated", \.repeated), ("also_held_out", \.alsoHeldOut),
    ("kept", \.kept), ("held_out", \.heldOut),
  ]

  /// A line a number.
  var text: String { Self.keys.map { "\($0) \(self[keyPath: $1])\n" }.joined() }

  /// Nil for another text.
  init?(text: String) {
    let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
    guard lines.count == Self.keys.count else { return nil }
    for (line, (key, path)) in zip(lines, Self.keys) {
      guard line.count == 2, line[0] == key, let count = Int(line[1]) else { return nil }
      self[keyPath: path] = count
    }
  }
}

extension SentenceCounts {
  /// Of so many sentences how many are what, in words.
  public func words(_ rule: SentenceRule) -> String {
    var parts = ["\(paragraphs.grouped) paragraphs, \(sentences.grouped) sentences"]
    if let words = rule.words {
      parts.append("\(tooShort.grouped) shorter than \(words.lowerBound) words left out")
      parts.append("\(tooLong.grouped) longer than \(words.upperBound)")
    }
    if rule.isUnique { parts.append("\(repeated.grouped) repeated") }
    if case .paragraphs = rule.holdOut?.size {
      parts.append("\(alsoHeldOut.grouped) left out, as a held-out paragraph has them too")
    }
    parts.append("\(kept.grouped) to learn from")
    if rule.holdOut != nil { parts.append("\(heldOut.grouped) held out") }
    return parts.joined(separator: "; ")
  }

  /// - Throws: that nothing is left on a side that must have something.
  func check(_ rule: SentenceRule, of inputs: [TextInput]) throws(DataError) {
    let paths = inputs.map(\.path)
    if kept + heldOut == 0 {
      throw .noSentences(
        paths: paths,
        problem: "no sentence is left of \(sentences.grouped) by the rule '\(rule.filters)'",
        advice: "write a wider range of words")
    }
    guard let holdOut = rule.holdOut else { return }
    switch holdOut.size {
    case .sentences(let count) where heldOut < count || kept == 0:
      throw .noSentences(
        paths: paths,
        problem:
          "expected fewer than the \((kept + heldOut).grouped) sentences in hold_out.sentences, found "
          + count.grouped, advice: "write a smaller number")
    case .paragraphs(let count) where paragraphs <= count || heldOut == 0 || kept == 0:
      throw .noSentences(
        paths: paths,
        problem:
          "\(count.grouped) of \(paragraphs.grouped) paragraphs leave \(kept.grouped) sentences to learn from and "
          + "\(heldOut.grouped) held out", advice: "write another hold_out.paragraphs")
    case .share(let share) where heldOut == 0 || kept == 0:
      throw .noSentences(
        paths: paths,
        problem:
          "a share of \(share) leaves \(kept.grouped) sentences to learn from and \(heldOut.grouped) held out",
        advice: "write another hold_out.share")
    case .sentences, .paragraphs, .share: break
    }
  }
}
