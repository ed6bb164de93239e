// What a measure is given to work with.
import RetortDistillation
import RetortText
import RetortTransformers

/// One measure, being taken.
final class MeasureExecution {
  let text: ResolvedText
  let sequences: MeasuredSequences
  let engine: Engine
  let models: ModelMaking
  let observer: (any RecordingObserver)?
  /// What the models are compared with; nil where they are not.
  let with: MeasuredInput?
  /// Whether only a few sequences are taken, to see how long they take.
  var isProbe: Bool { first != nil }
  private let data: PreparedData
  private let first: Int?

  /// - Parameter first: only so many sequences, to see how long they take; nil for all that are asked for.
  init(
    _ planned: PlannedMeasure, data: PreparedData, models: ModelMaking, engine: Engine,
    observer: (any RecordingObserver)?, first: Int? = nil
  ) throws {
    (text, with) = (planned.text, planned.with)
    (self.data, self.models, self.engine) = (data, models, engine)
    (self.observer, self.first) = (observer, first)
    sequences = try data.sequences(of: planned.measure.sample, text, first: first)
  }

  var vocabulary: Vocabulary { get throws { try data.vocabulary() } }

  /// [V], how often each token occurs in the text that was learned.
  var learnedCounts: [Int] {
    get throws {
      guard let learned = text.learned else {
        preconditionFailure("a measure of masked words was checked to have a text")
      }
      return try data.corpus(learned.corpus, sequenceLength: learned.sequenceLength).tokenCounts
    }
  }

  func model(_ input: MeasuredInput) throws -> TransformerModel { try models.make(input.input) }

  func classifier(_ input: MeasuredInput) throws -> TransformerModel {
    try models.storedClassifier(input.input, labels: nil, trains: false)
  }

  func examples(of task: TaskSource, _ part: PreparedData.Task.Part) throws -> LabelledSequences {
    let all = try data.sequences(of: task, part, maximumLength: text.sequenceLength)
    return first.map { all.examples(0..<min($0, all.count)) } ?? all
  }

  func classNames(of task: TaskSource) throws -> [String] { try data.task(task).classNames }
}

/// The sequences that are measured.
struct MeasuredSequences {
  let source: any SequenceSource
  /// Of everything that decides them.
  let digest: String
  let tokenCount: Int
}

extension PreparedData {
  func sequences(
    of sample: MeasuredSample, _ text: ResolvedText, first: Int? = nil
  ) throws -> MeasuredSequences {
    let whole: any SequenceSource
    let digest: String
    if let options = text.corpus {
      let corpus = try corpus(options, sequenceLength: text.sequenceLength)
      (whole, digest) = (corpus, corpus.digest)
    } else if let task = text.task {
      let examples = try sequences(of: task, .dev, maximumLength: text.sequenceLength)
      whole = examples.sequences
      digest =
        "\(try self.task(task).dev.digest) \(try tokenizer().identity) \(text.sequenceLength)"
    } else {
      preconditionFailure("a measure without a text")
    }
    var source = whole
    if let count = sample.count, count < whole.count {
      source = ChosenSequences(count, of: whole, seed: sample.seed)
    }
    if let first, first < source.count { source = ChosenSequences(first: first, of: source) }
    return MeasuredSequences(
      source: source, digest: "\(digest) \(source.count) of \(whole.count)",
      tokenCount: source.tokenCount)
  }
}
