// What tells one kind of training from another.
import RetortText
import RetortTransformers

/// Batches, random numbers and evaluation of a training; `Trainer` does the rest. `FineTuning` and
/// `MaskedLanguageTraining` have one each.
public protocol TrainingJob {
  /// The model that is trained, in place.
  var model: TransformerModel { get }
  /// Sequences of an epoch.
  var sequenceCount: Int { get }
  /// Tokens of a sequence.
  func length(of sequence: Int) -> Int

  /// In which batches an epoch, counted from 0, visits the sequences.
  func order(ofEpoch epoch: Int) -> EpochOrder
  func batch(_ sequences: [Int], at place: BatchPlace) throws -> TrainingBatch
  /// The dropout of a batch's forward pass; asked once a batch, in the order of training.
  mutating func dropout(at place: BatchPlace) -> any DropoutMaskSource

  /// Before the first batch of an epoch; not asked again where an epoch is gone on with.
  mutating func epochBegins()
  /// Where `evaluationInterval` says, and after the last step where its weights are kept unseen otherwise.
  mutating func evaluation() throws -> ClassificationResult
  /// Nil for a training that is not evaluated.
  var evaluationInterval: EvaluationInterval? { get }
  /// Which evaluation's weights it ends with.
  var selection: SelectionRule { get }
  /// Nil for a training that goes on to its limit.
  var earlyStopping: EarlyStopping? { get }

  /// Numbers drawn so far from a generator that is drawn from step by step; 0 where all random numbers are functions
  /// of their place.
  var drawCount: Int { get }
  /// Goes on after that many draws.
  mutating func goOn(afterDraws count: Int)
}

extension TrainingJob {
  public mutating func epochBegins() {}
  public mutating func evaluation() throws -> ClassificationResult {
    preconditionFailure("a training without evaluations")
  }
  public var evaluationInterval: EvaluationInterval? { nil }
  public var selection: SelectionRule { .last }
  public var earlyStopping: EarlyStopping? { nil }
  public var drawCount: Int { 0 }
  public mutating func goOn(afterDraws count: Int) {}
}
