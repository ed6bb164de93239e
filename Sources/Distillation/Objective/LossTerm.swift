// A term of a loss: everything that the rest of the program needs to know of it.
import RetortOptions
import RetortTensorEngine

/// A term of a loss, without its weight. A new one is a file in Terms/ and a line in `LossTerms`; it conforms to
/// `VocabularyTerm` or `TensorTerm`.
public protocol LossTerm: Sendable, Equatable {
  /// What a definition calls it.
  static var key: String { get }
  /// In a word or two: "soft targets".
  static var title: String { get }
  /// In a sentence, for the reference.
  static var about: String { get }
  /// The batches it can be taken on. Types of one key that can be taken on the same batches differ by `on`.
  static var batchKinds: Set<BatchKind> { get }
  /// Its keys in a definition, in canonical order; the weight is not among them.
  static var options: OptionList<Self> { get }
  /// Of its arithmetic. Raise it when the same numbers give another result: finished stages in the cache are then not taken
  /// for those of the new one. 1 is not written into digests.
  static var version: Int { get }

  /// Keys that a term of a list must state, though something stands for them in a map of terms.
  static var statedInList: Set<String> { get }
  /// What tells it from another type of the same key, under the key `on`: whose logits it is taken of. Nil where there is
  /// one type alone.
  static var on: LogitKind? { get }
  /// Whether a stage measures it where its weight is 0. Any other term without a weight is left out: it is neither
  /// computed nor logged.
  static var isMeasuredWithoutWeight: Bool { get }
  /// Whether the task's `class_weights` change it.
  static var readsClassWeights: Bool { get }

  /// What metrics, records and pages call it; the key, unless it is computed in another way that has a name.
  var name: String { get }
  /// The term with its numbers and what it is a mean over, without its weight.
  var formula: String { get }
  /// What one should know before one trains on it, a sentence each: `explain` prints them below the formula.
  var notes: [String] { get }
  /// What of it depends on which sequences share a batch; nil for a sum over rows.
  var coupling: BatchCoupling? { get }
  /// What of it changes from step to step, by its keys; empty for nothing.
  var schedules: [(key: String, value: StepValue)] { get }
  /// The same as it is at a step, with all of that settled.
  /// - Parameters:
  ///   - step: steps done before.
  ///   - total: steps of the whole stage.
  func at(step: Int, of total: Int) -> Self
  /// What it is a mean over.
  var rows: TermRows { get }
  var readsOfStudent: Observations { get }
  /// Nothing, if it needs no teacher.
  var readsOfTeacher: Observations { get }
  var scale: ValueScale? { get }
  /// What a teacher's logits are divided by; nil for a term without a temperature, and for one that changes.
  var temperatureOfTeacher: Double? { get }
  /// Why the logits of several teachers cannot become one in a way, for a term that reads logits alone; nil where they can.
  func refusal(of combination: TeacherCombination) -> TermProblem?
  /// Share of the target that all classes have evenly, from 0 to below 1: an evaluation's loss has it too.
  var labelSmoothing: Double { get }
  /// Its keys whose values can be computed only where labels are known; none where it is the kind of batch that says so.
  var keysNeedingLabels: [String] { get }
  /// The same with weights of classes, for a term that reads them.
  /// - Parameter weights: by class; nil for 1 each.
  func weighting(classes weights: [Double]?) -> Self

  /// What does not fit. That a model has no such layer or head, or another vocabulary, follows from the observations and is
  /// reported without it; here are widths or numbers of classes that differ.
  func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem]

  /// The same with what it leaves to the models settled, such as which layers are compared: once, before anything is computed.
  /// Itself where the numbers of layers are not known or do not fit.
  func resolved(student: ModelDimensions, teacher: ModelDimensions) -> Self
  /// Whether there is such a thing.
  var leavesLayersOpen: Bool { get }

  /// Its keys that name a numbered hidden state of the student, and of the teacher: `states.0.1`.
  func keys(ofStudentLayer layer: Int) -> [String]
  func keys(ofTeacherLayer layer: Int) -> [String]
}

extension LossTerm {
  public static var statedInList: Set<String> { [] }
  public static var on: LogitKind? { nil }
  public static var isMeasuredWithoutWeight: Bool { false }
  public static var readsClassWeights: Bool { false }
  public var name: String { Self.key }
  public var notes: [String] { [] }
  public var coupling: BatchCoupling? { nil }
  public var schedules: [(key: String, value: StepValue)] { [] }
  public func at(step: Int, of total: Int) -> Self { self }
  public func refusal(of combination: TeacherCombination) -> TermProblem? { nil }
  public var readsOfTeacher: Observations { .nothing }
  public var scale: ValueScale? { nil }
  public var temperatureOfTeacher: Double? { nil }
  public var labelSmoothing: Double { 0 }
  public var keysNeedingLabels: [String] { [] }
  public func weighting(classes weights: [Double]?) -> Self { self }

  public static var version: Int { 1 }

  public func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] { [] }
  public func resolved(student: ModelDimensions, teacher: ModelDimensions) -> Self { self }
  public var leavesLayersOpen: Bool { false }

  public func keys(ofStudentLayer layer: Int) -> [String] { [] }
  public func keys(ofTeacherLayer layer: Int) -> [String] { [] }

  /// Whether it is taken of masked words alone.
  public var isOfMaskedWords: Bool { rows.positions == .masked }

  /// Whether all that it reads is there on a kind of batch.
  public func canBeTaken(on kind: BatchKind) -> Bool {
    guard Self.batchKinds.contains(kind), kind == .maskedText || !isOfMaskedWords else {
      return false
    }
    return kind == .labelledSentences || keysNeedingLabels.isEmpty
  }

  public func isSame(as other: any LossTerm) -> Bool { other as? Self == self }
}

// MARK: - Computing

/// A term on rows of vocabulary logits, which stream through the vocabulary head a chunk at a time. Its rows and what
/// it reads follow from `positions`, `average` and `readsTeacher`.
public protocol VocabularyTerm: LossTerm {
  /// Whose logits it is taken on.
  var positions: TokenPositions { get }
  /// What the mean over those positions is over: every position counts the same, or every sequence does.
  var average: TermAverage { get }
  /// Whether it is taken on the teacher's logits too, at the same positions.
  var readsTeacher: Bool { get }

  /// Its loss of a row. Weights are not its business: it is given those rows alone that are of the term's positions, each
  /// with what its gradient is multiplied by.
  /// - Parameter rows: those that will be streamed.
  func objective(of rows: VocabularyRows) -> any VocabularyObjective

  /// What can be measured beside it, by name, adding nothing to a gradient: taken where a step's gradient is broken
  /// down by term.
  func measurements(of rows: VocabularyRows) -> [String: any VocabularyObjective]

  /// How many of the teacher's logits of a row it is taken of, the largest; nil for all.
  var keptLogits: Int? { get }
  /// The term as it is where only the `count` largest of a teacher's logits are known; nil if it needs more.
  func keeping(logits count: Int) -> Self?

  /// The temperature T at which log Σ exp(t/T) over all words must be known in addition to the kept logits; nil for a
  /// term that reads the kept logits and their words alone.
  var temperatureOfKeptLogits: Double? { get }
}

extension VocabularyTerm {
  public var average: TermAverage { .tokens }
  public var rows: TermRows { TermRows(TermPositions(positions), average: average) }
  public var readsOfStudent: Observations { Observations(vocabularyLogits: positions) }
  public var readsOfTeacher: Observations {
    readsTeacher ? Observations(vocabularyLogits: positions) : .nothing
  }

  public var keptLogits: Int? { nil }
  public func keeping(logits count: Int) -> Self? { nil }
  public var temperatureOfKeptLogits: Double? { nil }
  public func measurements(of rows: VocabularyRows) -> [String: any VocabularyObjective] { [:] }
}

extension LossTerm {
  /// Names of what can be measured beside it, in order.
  public var measures: [String] {
    let none = VocabularyRows(labels: [], teacherLogits: nil)
    // They are the same at every step.
    return (at(step: 0, of: 1) as? any VocabularyTerm)?.measurements(of: none).keys.sorted() ?? []
  }
}

/// A term on tensors: hidden states and class logits.
public protocol TensorTerm: LossTerm {
  /// Parameters of its own, such as a projection: trained together with the student, kept in the same checkpoints and
  /// not part of the model that comes out. A batch hands them to `sum` in the same order.
  /// - Parameters:
  ///   - path: what their paths begin with.
  ///   - seed: the stage's.
  func makeParameters(
    path: String, student: ModelDimensions, teacher: ModelDimensions, seed: UInt64
  ) -> [Parameter]

  /// How those are trained, where it is not as the student's are; nil where it is.
  var training: TermTraining? { get }

  /// The sum of the loss over the batch's rows, without the term's weight. In a recording scope it also adds the gradient to
  /// the tensors it is taken of: by a loss of the engine, such as `squaredError`, or by `seedGradient(of:with:)`. What each
  /// row counts, `TermBatch.rows(_:)` says.
  /// - Parameter gradientScale: what the gradient of each row's loss is multiplied by, besides what the row counts: the
  ///   term's weight over the rows of the step.
  func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double
}

extension TensorTerm {
  public var training: TermTraining? { nil }

  public func makeParameters(
    path: String, student: ModelDimensions, teacher: ModelDimensions, seed: UInt64
  ) -> [Parameter] { [] }
}
