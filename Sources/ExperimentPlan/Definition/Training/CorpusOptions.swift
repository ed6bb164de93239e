// The text a stage learns from, and how it is cut and masked.
import RetortOptions
import RetortText

/// The two ways to name the text of a stage.
private struct Texts: Sendable {
  var corpus: [CorpusSource]?
  var sentences: SentenceSource?

  static let options = OptionList(
    Texts.init(corpus:sentences:),
    OptionField(
      optional: "corpus", \.corpus, CorpusSource.references.ofContents,
      "The texts, one paragraph a line: names of `corpora:`, of stages that make a text, known corpora, or paths. Paragraphs longer than "
        + "sequence_length become several sequences."),
    OptionField(
      optional: "sentences", \.sentences, SentenceSource.type.ofContents,
      "Sentences of texts, one sequence each, cut at sequence_length."))
}

public struct CorpusOptions: Sendable, Equatable {
  /// One source of sentences, or texts.
  public var texts: [CorpusSource]
  /// Shorter sequences are left out ([CLS] and [SEP] counted).
  public var minimumLength: Int
  /// Sequences with a larger share of unknown tokens are left out.
  public var maximumUnknown: Double
  /// Nil for text that is read as it is.
  public var masking: MaskingRule?

  static let options = OptionList(
    CorpusOptions.init(texts:minimumLength:maximumUnknown:masking:),
    textsField,
    OptionField(
      "minimum_length", \.minimumLength, .integer(atLeast: 3, example: "12"),
      "Shorter sequences are left out; in tokens, [CLS] and [SEP] counted. With `sentences`, if not written: 3, so that none "
        + "is left out."),
    OptionField(
      "maximum_unknown", \.maximumUnknown, .number(.fraction, example: "0.5"),
      "Sequences with a larger share of unknown tokens are left out."),
    OptionField(
      "masking", \.masking, MaskingRule.typeOrNone,
      "Which tokens are predicted. none: the text is read as it is, for a loss without masked words."
    ))

  /// Keys of which exactly one is given.
  static let oneOf = ["corpus", "sentences"]

  private static let textsField = OptionField<CorpusOptions, [CorpusSource]>(
    describedAs: Texts.options.descriptions, standIn: [.path("")],
    read: { map in
      let texts = Texts.options.read(map)
      switch (map.has("corpus"), map.has("sentences")) {
      case (false, false):
        let type = CorpusSource.references
        map.reportMissing(
          "corpus", expected: "\(type.words), as in corpus: \(type.example)",
          advice: "or write sentences: { from: … }")
        return nil
      case (true, true):
        map.report(
          Diagnostic(
            map.node.origin, map.path, expected: "corpus or sentences", found: "both",
            advice: "keep one"), "sentences")
        return nil
      case (true, false): return texts?.corpus
      case (false, true): return texts?.sentences.map { [.sentences($0)] }
      }
    },
    write: { options in
      Texts.options.write(
        Texts(
          corpus: options.sentences == nil ? options.texts : nil, sentences: options.sentences))
    })

  /// The sentences; nil where the texts are read as they are.
  var sentences: SentenceSource? { texts.first?.sentences }

  /// Its texts in one name.
  var name: String { texts.map(\.name).joined(separator: " + ") }

  /// In words, for an explanation.
  var details: [String] {
    return (sentences.map { ["sentences: \($0.words), one sequence each"] } ?? []) + [
      "text: \(texts.map(\.name).joined(separator: ", ")); sequences of at least "
        + "\(minimumLength) tokens, at most \(PlainNumber.percent(maximumUnknown)) "
        + "of them unknown",
      "masking: \(masking?.words ?? "none")",
    ]
  }
}
