// What the teachers of a stage answer to.
import RetortDistillation
import RetortText

/// The sequences that a stage learns from.
enum TaughtText {
  /// As it is, or with words that are masked anew in every epoch.
  case corpus(TokenizedCorpus, masking: MaskingRule?)
  /// The examples of a task, cut to `length` tokens.
  case examples(TokenSequences, length: Int)

  /// - Throws: for a text that leaves nothing.
  init(of planned: PlannedStage, in data: PreparedData) throws {
    let (work, length) = (planned.stage.work, planned.stage.training.sequenceLength)
    if let options = work.corpus {
      let corpus = try data.corpus(options, sequenceLength: length)
      guard corpus.count > 0 else {
        throw TrainingError.noData("\(options.name): all sequences were removed by cleaning")
      }
      self = .corpus(corpus, masking: options.masking)
    } else if let task = work.task {
      self = .examples(
        try data.sequences(of: task, .train, maximumLength: length).sequences, length: length)
    } else {
      throw RunError.noTeacher(stage: planned.id)
    }
  }

  var sequences: any SequenceSource {
    switch self {
    case .corpus(let corpus, _): corpus
    case .examples(let examples, _): examples
    }
  }
}
