// The text that a measure is taken on.
import RetortFormatting
import RetortOptions
import RetortText

enum MeasuredText: Sendable, Hashable {
  /// What a stage holds out, cut and cleaned as that stage does it; nil for the only stage that does.
  case heldOut(of: String?)
  case corpus([CorpusSource])
  case sentences(SentenceSource)
  /// The development set of a task, its labels unread.
  case task(TaskSource)

  /// The stages whose texts it is made of.
  var stages: [String] {
    switch self {
    case .heldOut, .task: []
    case .corpus(let texts): texts.flatMap(\.stages)
    case .sentences(let source): source.texts.flatMap(\.stages)
    }
  }

  static let type = OptionType<MeasuredText>.named(
    [("held_out", .heldOut(of: nil))],
    or: [
      OptionAlternative(
        "held_out_of", DefinitionNames.name.described(as: "a stage", example: "distil"),
        "The sentences that a stage holds out (`hold_out` of its `sentences`), cut and cleaned as that stage does it.",
        make: { .heldOut(of: $0) },
        take: { if case .heldOut(let stage) = $0 { stage } else { nil } }),
      OptionAlternative(
        "corpus", CorpusSource.references, "Texts, one paragraph a line.",
        make: { .corpus($0) }, take: { if case .corpus(let texts) = $0 { texts } else { nil } }),
      OptionAlternative(
        "sentences", SentenceSource.type, "Sentences of texts, as those of a stage.",
        make: { .sentences($0) },
        take: { if case .sentences(let source) = $0 { source } else { nil } }),
      OptionAlternative(
        "task", TaskSource.reference, "The development set of a task. Its labels are not read.",
        make: { .task($0) }, take: { if case .task(let task) = $0 { task } else { nil } }),
    ])
}

/// Which sequences of which text.
struct MeasuredSample: Sendable, Equatable {
  var text: MeasuredText
  /// Nil for that of the stage that holds the text out.
  var sequenceLength: Int?
  /// Nil for all.
  var count: Int?
  var seed: UInt64

  static let options = OptionList(
    MeasuredSample.init(text:sequenceLength:count:seed:),
    OptionField(
      "text", \.text, MeasuredText.type,
      "The text. held_out: the sentences that the only stage with hold_out holds out."),
    OptionField(
      optional: "sequence_length", \.sequenceLength, .integer(atLeast: 3, example: "128"),
      "Longer sequences are cut; in tokens. If not written: that of the stage that holds the text out."
    ),
    OptionField(
      optional: "count", \.count, .integer(atLeast: 2, example: "500"),
      "So many of the sequences, drawn by the seed. If not written: all of them."),
    OptionField(
      "seed", \.seed, .seed, otherwise: 0,
      "Seed of what is drawn: masks, sequences, pairs. It does not follow the experiment's, so that all runs of a "
        + "sweep are measured on the same words and sentences."))
}

/// The text of a measure, with what the definition's stages say of it.
struct ResolvedText: Sendable, Equatable {
  /// What is read; nil for a task.
  var corpus: CorpusOptions?
  var task: TaskSource?
  var sequenceLength: Int
  /// The text that was learned, with its own length: where words are counted. The text itself where nothing is held out.
  var learned: LearnedText?
  /// Of the stage that holds the text out.
  var masking: MaskingRule?

  struct LearnedText: Sendable, Equatable {
    var corpus: CorpusOptions
    var sequenceLength: Int
  }

  /// What records call it.
  var name: String { corpus?.name ?? task.map { "\($0.name) dev" } ?? "" }

  /// Every text that is read.
  var texts: [CorpusSource] { (corpus?.texts ?? []) + (learned?.corpus.texts ?? []) }
}

extension ResolvedDefinition {
  /// Stages that hold sentences out and learn from the rest.
  var holdingOut: [(id: String, source: SentenceSource, stage: StageDefinition)] {
    stages.compactMap { stage in
      guard let source = stage.work.corpus?.sentences, source.rule.holdOut != nil,
        source.part == .training
      else { return nil }
      return (stage.id, source, stage)
    }
  }

  /// The stage whose held-out sentences are meant; nil where there is none, or more than one with sentences of its own.
  func stage(holdingOut text: MeasuredText) -> StageDefinition? {
    guard case .heldOut(let id) = text else { return nil }
    let stages = holdingOut
    if let id { return stages.first { $0.id == id }?.stage }
    return Set(stages.map(\.source)).count == 1 ? stages.first?.stage : nil
  }

  /// - Returns: nil for a text that a check has refused.
  func resolved(_ sample: MeasuredSample) -> ResolvedText? {
    if let stage = stage(holdingOut: sample.text), let corpus = stage.work.corpus,
      var source = corpus.sentences
    {
      source.part = .heldOut
      var heldOut = corpus
      heldOut.texts = [.sentences(source)]
      heldOut.masking = nil
      let length = stage.training.sequenceLength
      return ResolvedText(
        corpus: heldOut, sequenceLength: sample.sequenceLength ?? length,
        learned: .init(corpus: corpus, sequenceLength: length), masking: corpus.masking)
    }
    guard let length = sample.sequenceLength else { return nil }
    /// Nothing is left out of a text that is measured.
    func whole(_ texts: [CorpusSource]) -> CorpusOptions {
      CorpusOptions(texts: texts, minimumLength: 3, maximumUnknown: 1, masking: nil)
    }
    switch sample.text {
    case .heldOut: return nil
    case .corpus(let texts):
      return ResolvedText(
        corpus: whole(texts), sequenceLength: length,
        learned: .init(corpus: whole(texts), sequenceLength: length))
    case .sentences(let source):
      return ResolvedText(
        corpus: whole([.sentences(source)]), sequenceLength: length,
        learned: .init(corpus: whole([.sentences(source.learned)]), sequenceLength: length))
    case .task(let task): return ResolvedText(task: task, sequenceLength: length)
    }
  }
}
