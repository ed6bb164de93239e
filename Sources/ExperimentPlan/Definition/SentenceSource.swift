// Sentences as the text of a stage: `sentences:`.
import RetortFormatting
import RetortOptions
import RetortText

/// Sentences of some texts: those to learn from, or those that are held out.
public struct SentenceSource: Sendable, Hashable {
  public enum Part: String, Sendable, CaseIterable {
    case training
    case heldOut = "held_out"
  }

  var texts: [CorpusSource]
  public var rule: SentenceRule
  public var part: Part

  public var name: String {
    "sentences of \(texts.map(\.name).joined(separator: " + "))"
      + (part == .heldOut ? ", held out" : "")
  }

  /// The sentences that are not held out.
  public var learned: SentenceSource {
    var source = self
    source.part = .training
    return source
  }

  /// In words, for an explanation.
  var words: String {
    var parts = [rule.split == .sentences ? "cut into sentences" : "a sentence a line"]
    if let words = rule.words { parts.append("\(words.lowerBound) to \(words.upperBound) words") }
    if rule.isUnique { parts.append("no text twice") }
    if let holdOut = rule.holdOut {
      let size =
        switch holdOut.size {
        case .share(let share): PlainNumber.percent(share)
        case .sentences(let count): "\(count.grouped) sentences"
        case .paragraphs(let count): "\(count.grouped) paragraphs"
        }
      parts.append(
        part == .training
          ? "\(size) held out (seed \(holdOut.seed))"
          : "only the \(size) that are held out elsewhere (seed \(holdOut.seed))")
    }
    return parts.joined(separator: ", ")
  }

  // MARK: - Declared

  static let options = OptionList(
    { texts, split, words, isUnique, holdOut, part in
      SentenceSource(
        texts: texts,
        rule: SentenceRule(split: split, words: words, isUnique: isUnique, holdOut: holdOut),
        part: part)
    },
    OptionField(
      "from", \.texts, CorpusSource.references,
      "The texts: names of `corpora:`, of stages that make a text, known corpora, or paths."),
    OptionField(
      "split", \.rule.split, .choice, otherwise: .sentences,
      "sentences: paragraphs are cut by rules for English prose (after . ! ? and what closes behind them; not after "
        + "abbreviations and initials, not at an ellipsis inside a sentence; tokenised text with blanks before periods may be "
        + "in small letters). lines: every line, or field of a column, is one; so it is with texts of stages."
    ),
    OptionField(
      optional: "words", \.rule.words, wordsType,
      "The least and the largest number of words of a sentence, which white space separates; others are left out."
    ),
    OptionField(
      "unique", \.rule.isUnique, .truth, otherwise: false,
      "Whether only the first of equal sentences is taken. Needs memory for a hash of each."),
    OptionField(
      optional: "hold_out", \.rule.holdOut, holdOutType,
      "Sets sentences aside, by a hash of their texts or of their paragraphs': equal sentences are on one side, whatever the "
        + "order of the files. "
        + "Another stage reads them with the same `sentences` and `part: held_out`; the log names their file, one sentence a "
        + "line, for `retort activations --text` and `retort similarity`."),
    OptionField(
      "part", \.part, .choice, otherwise: .training,
      "training: all but what is held out. held_out: only that.")
  ).checked(["hold_out", "part"]) { source, map in
    if source.part == .heldOut, source.rule.holdOut == nil {
      map.report(
        Diagnostic(
          map.node("part")?.origin ?? map.node.origin,
          "\(map.pathOf("part")): held_out needs hold_out",
          advice: "repeat the hold_out of the stage that learns from the rest"), "part")
    }
  }

  static let type = OptionType<SentenceSource>.map(options)

  private static let wordsType = OptionType<ClosedRange<Int>>(
    schema: .list(.integer(1...Int(Int32.max)), ListRule(least: 2, most: 2)),
    words: "two whole numbers from 1, the smaller one first", example: "[4, 40]",
    read: { node, key, map in
      let numbers = (node.items ?? []).map { item -> Int? in
        guard case .plain(let text) = item.content else { return nil }
        return Scalars.integer(text)
      }
      guard numbers.count == 2, let least = numbers[0], let most = numbers[1], least >= 1,
        least <= most, most <= Int32.max
      else {
        map.reportWrong(
          node, key, expected: "two whole numbers from 1, the smaller one first, as in [4, 40]")
        return nil
      }
      return least...most
    }, write: { .list([.integer($0.lowerBound), .integer($0.upperBound)]) })

  private struct HeldOut: Sendable {
    var share: Double?
    var sentences: Int?
    var paragraphs: Int?
    var seed: UInt64

    init(share: Double?, sentences: Int?, paragraphs: Int?, seed: UInt64) {
      (self.share, self.sentences, self.paragraphs) = (share, sentences, paragraphs)
      self.seed = seed
    }

    init(_ rule: SentenceRule.HoldOut) {
      seed = rule.seed
      switch rule.size {
      case .share(let share): self.share = share
      case .sentences(let count): sentences = count
      case .paragraphs(let count): paragraphs = count
      }
    }

    static let options = OptionList(
      HeldOut.init(share:sentences:paragraphs:seed:),
      OptionField(
        optional: "share", \.share, .number(.openFraction, example: "0.05"),
        "Share of the sentences."),
      OptionField(
        optional: "sentences", \.sentences, .integer(atLeast: 1, example: "5000"),
        "So many different sentences. The texts are read twice."),
      OptionField(
        optional: "paragraphs", \.paragraphs, .integer(atLeast: 1, example: "100"),
        "All sentences of so many different paragraphs, where a document, such as a review, is one: then the sentences are of "
          + "other documents than those that are learned from. A sentence that stands in another paragraph too is left out "
          + "there. The texts are read three times."),
      .inheritedSeed(\.seed, "Seed of the choice."))
  }

  private static let holdOutType: OptionType<SentenceRule.HoldOut> = {
    let type = OptionType<HeldOut>.map(
      HeldOut.options, oneOf: ["share", "sentences", "paragraphs"])
    return OptionType(
      schema: type.schema, words: type.words, example: "{ share: 0.05, seed: 3 }",
      standIn: SentenceRule.HoldOut(size: .share(0.5), seed: 0),
      read: { node, key, map in
        guard let read = type.read(node, key, map) else { return nil }
        let sizes: [(key: String, size: SentenceRule.HoldOut.Size)] = [
          read.share.map { ("share", .share($0)) },
          read.sentences.map { ("sentences", .sentences($0)) },
          read.paragraphs.map { ("paragraphs", .paragraphs($0)) },
        ].compactMap { $0 }
        if sizes.count == 1 { return .init(size: sizes[0].size, seed: read.seed) }
        if !map.collector.mistakes.touch(map.pathOf(key)) {
          map.report(
            Diagnostic(
              node.origin, map.pathOf(key), expected: "one of share, sentences and paragraphs",
              found: sizes.isEmpty ? "none of them" : sizes.map(\.key).joined(separator: " and ")),
            key)
        }
        return nil
      }, write: { type.write(HeldOut($0)) })
  }()
}
