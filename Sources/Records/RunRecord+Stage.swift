// One finished stage of a run: its work, its loss curve, its epochs and its evaluations.

import RetortStrictJSON

extension RunRecord {
  /// What kind of stage it is, as definitions name it. Records hold kinds that this program does not know.
  public struct StageKind: RawRepresentable, Codable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    public static let pretrain = StageKind(rawValue: "pretrain")
    public static let distill = StageKind(rawValue: "distill")
    public static let finetune = StageKind(rawValue: "finetune")
    public static let augment = StageKind(rawValue: "augment")
  }

  public struct Stage: Codable, Sendable, Equatable, HasRetiredKeys {
    /// `figures` was always empty.
    public static let retiredKeys: Set<String> = ["figures"]

    public var id: String
    public var kind: StageKind
    /// `main` for the definition's own stages, else the baseline: `teacher`, `no_distillation`,
    /// `mlm_only`.
    public var variant: String
    /// Role (`model`, `teacher`, `student`) to the model or stage that filled it.
    public var inputs: [String: String]
    /// The role of the input that was trained; nil in earlier records.
    public var trainedRole: String?
    /// Where a teacher's outputs came from if not from a teacher that ran, in words. Earlier records have it among the
    /// inputs.
    public var targets: String?
    /// What a fine-tuning's classifier began as; nil for other stages and in earlier records, which have a stored one among
    /// the inputs.
    public var classifier: ClassifierOrigin?
    /// The stage cache's digest.
    public var digest: String
    /// Names in `RunRecord.data`.
    public var data: [String]
    public var seed: UInt64
    /// Of the model that was trained, with the head it was trained with.
    public var parameters: ParameterCounts
    /// Optimizer steps done.
    public var steps: Int
    /// That it ended before its limit; nil where it did not.
    public var earlyStop: EarlyStop?
    /// Sequences and tokens seen by the trained model, over all epochs; no padding in them.
    public var sequences: Int
    public var tokens: Int
    /// The limit that the definition set, in words: `3 epochs`, `3000000 tokens`.
    public var budget: String
    /// `2e-05, linear to 0 over 4210 steps, no warm-up`
    public var learningRate: String
    /// The objective as a formula with its numbers.
    public var loss: String
    public var curve: LossCurve
    /// The gradient breakdown by loss term; nil where the definition does not ask for it.
    public var accounting: GradientBreakdowns?
    /// The rows of the epoch table, one an evaluation; empty for stages that are not evaluated.
    public var epochs: [Epoch]
    /// Which rows are best; nil without rows.
    public var best: Best?
    public var evaluations: [Evaluation]

    public init(
      id: String, kind: StageKind, variant: String = "main", inputs: [String: String],
      trainedRole: String? = nil, targets: String? = nil, classifier: ClassifierOrigin? = nil,
      digest: String, data: [String], seed: UInt64, parameters: ParameterCounts, steps: Int,
      earlyStop: EarlyStop? = nil, sequences: Int, tokens: Int, budget: String,
      learningRate: String, loss: String,
      curve: LossCurve, accounting: GradientBreakdowns? = nil, epochs: [Epoch] = [],
      best: Best? = nil,
      evaluations: [Evaluation] = []
    ) {
      self.id = id
      self.kind = kind
      self.variant = variant
      self.inputs = inputs
      self.trainedRole = trainedRole
      self.targets = targets
      self.classifier = classifier
      self.digest = digest
      self.data = data
      self.seed = seed
      self.parameters = parameters
      self.steps = steps
      self.earlyStop = earlyStop
      self.sequences = sequences
      self.tokens = tokens
      self.budget = budget
      self.learningRate = learningRate
      self.loss = loss
      self.curve = curve
      self.accounting = accounting
      self.epochs = epochs
      self.best = best
      self.evaluations = evaluations
    }
  }

  /// What a fine-tuning's classifier began as.
  public enum ClassifierOrigin: String, Codable, Sendable {
    /// Kept as it was stored with the model that was trained.
    case stored
    /// Drawn from the stage's seed.
    case new
  }

  /// Mean losses over consecutive windows of steps.
  public struct LossCurve: Codable, Sendable, Equatable {
    /// Steps in a window; the last one may be shorter.
    public var window: Int
    /// The factors that the terms' values have in them, as T² of soft targets; nil in earlier records.
    public var scales: [Scale]?
    public var points: [Point]

    public init(window: Int, scales: [Scale]? = nil, points: [Point] = []) {
      self.window = window
      self.scales = scales
      self.points = points
    }

    /// The factor of one term, and the option of the term that it comes from.
    public struct Scale: Codable, Sendable, Equatable {
      public var term: String
      public var factor: Double
      /// `temperature`
      public var option: String
      public var value: Double
      /// How the option changes, in words; factor and value are then those of the first step. Nil where they are constant.
      public var changes: String?

      public init(
        term: String, factor: Double, option: String, value: Double, changes: String? = nil
      ) {
        self.term = term
        self.factor = factor
        self.option = option
        self.value = value
        self.changes = changes
      }
    }

    /// The names of all terms in these curves, in the order in which they first occur.
    public static func termNames(of curves: [LossCurve]) -> [String] {
      var names: [String] = []
      for point in curves.flatMap(\.points) {
        for name in point.terms.names where !names.contains(name) { names.append(name) }
      }
      return names
    }

    public struct Point: Codable, Sendable, Equatable {
      /// The last step of the window, counted from 1.
      public var step: Int
      /// The terms' unweighted means over the window, in the order of the objective.
      public var terms: NamedValues
      /// The weighted sum that was minimised, as a mean over the window.
      public var total: Double

      public init(step: Int, terms: NamedValues = [:], total: Double) {
        self.step = step
        self.terms = terms
        self.total = total
      }
    }
  }

  /// That a stage ended before its limit, because its evaluations no longer got better.
  public struct EarlyStop: Codable, Sendable, Equatable {
    /// Steps that were planned: the length of the learning-rate schedule.
    public var plannedSteps: Int
    /// What did not get better, as definitions name it: `eval_loss`, or a metric.
    public var metric: String
    /// For how many evaluations in a row.
    public var patience: Int
    /// By how much an evaluation had to be better than the best before it.
    public var threshold: Double

    public init(plannedSteps: Int, metric: String, patience: Int, threshold: Double) {
      self.plannedSteps = plannedSteps
      self.metric = metric
      self.patience = patience
      self.threshold = threshold
    }
  }

  /// What the rows of an epoch table are counted by.
  public enum RowUnit: String, Sendable {
    case epoch, step
  }

  /// One row of the epoch table: an epoch's end, or an evaluation that is counted by steps.
  public struct Epoch: Codable, Sendable, Equatable {
    /// Counted from 1: the epoch that ended, or that the evaluation was in.
    public var epoch: Int
    /// Steps done by then.
    public var step: Int
    /// Passes over the training set by then, of an evaluation that is counted by steps; nil of an epoch's end.
    public var passes: Double?
    /// Mean over the last window of 500 steps that was complete by then: what Hugging Face's
    /// Trainer shows. Nil if no window was complete ("No log").
    public var trainingLoss: Double?
    /// Mean over the steps of the epoch, up to this one.
    public var epochTrainingLoss: Double
    public var validationLoss: Double
    /// Nil of a regression.
    public var correct: Int?
    public var count: Int
    /// Further metrics, by the names that definitions use; nil where accuracy is the only one. Of a regression all.
    public var metrics: NamedValues?
    /// Nil of a regression.
    public var accuracy: Double? {
      correct.map { count == 0 ? .nan : Double($0) / Double(count) }
    }

    public var unit: RowUnit { passes == nil ? .epoch : .step }
    /// What tells it from other rows: the epoch, or the step.
    public var number: Int { unit == .epoch ? epoch : step }

    public init(
      epoch: Int, step: Int, passes: Double? = nil, trainingLoss: Double?,
      epochTrainingLoss: Double,
      validationLoss: Double, correct: Int?, count: Int, metrics: NamedValues? = nil
    ) {
      self.epoch = epoch
      self.step = step
      self.passes = passes
      self.trainingLoss = trainingLoss
      self.epochTrainingLoss = epochTrainingLoss
      self.validationLoss = validationLoss
      self.correct = correct
      self.count = count
      self.metrics = metrics
    }
  }

  /// Numbers of rows: epochs, counted from 1, or steps where evaluations are counted by them. Ties keep the first, as
  /// the Trainer does.
  public struct Best: Codable, Sendable, Equatable {
    public var byLoss: Int
    /// Nil of a regression.
    public var byAccuracy: Int?
    /// The one whose weights the stage hands on.
    public var kept: Int
    /// What chose it, as definitions name it: `eval_loss`, a metric, or `last`; nil in earlier records.
    public var rule: String?

    public init(byLoss: Int, byAccuracy: Int?, kept: Int, rule: String? = nil) {
      self.byLoss = byLoss
      self.byAccuracy = byAccuracy
      self.kept = kept
      self.rule = rule
    }

    /// Nil for no rows.
    /// - Parameters:
    ///   - kept: the row whose weights were kept; nil for the best by loss.
    ///   - rule: what chose it.
    public init?(of epochs: [Epoch], kept: Int? = nil, rule: String? = nil) {
      guard let first = epochs.first else { return nil }
      let loss = epochs.reduce(first) { $1.validationLoss < $0.validationLoss ? $1 : $0 }
      let accuracy = epochs.reduce(first) { ($1.correct ?? 0) > ($0.correct ?? 0) ? $1 : $0 }
      self.init(
        byLoss: loss.number, byAccuracy: first.correct == nil ? nil : accuracy.number,
        kept: kept ?? loss.number, rule: rule)
    }
  }
}

extension RunRecord.Stage {
  /// Whether it learned a task and was evaluated on it, as a fine-tuning is.
  public var isEvaluated: Bool { !evaluations.isEmpty }

  /// The models or stages that it learned from, in the order of their names in the loss; empty without a teacher.
  public var teachers: [String] {
    inputs.filter { $0.key == "teacher" || $0.key.hasPrefix("teachers.") }
      .sorted { $0.key < $1.key }.map(\.value)
  }

  /// The model or stage that it trained. Earlier records do not name its role: there it was one of two.
  public var trainedInput: String? {
    trainedRole.map { inputs[$0] } ?? inputs["model"] ?? inputs["student"]
  }

  /// What its rows are counted by.
  public var rowUnit: RunRecord.RowUnit { epochs.first?.unit ?? .epoch }

  /// The row of a number, as `best` counts them; nil for none.
  public func row(_ number: Int?) -> RunRecord.Epoch? {
    number.flatMap { number in epochs.first { $0.number == number } }
  }

  /// The evaluation of a row.
  public func evaluation(ofRow number: Int) -> RunRecord.Evaluation? {
    evaluations.first { ($0.step ?? $0.epoch) == number }
  }

  /// The row whose weights were kept.
  public var keptEpoch: RunRecord.Epoch? { row(best?.kept) }

  /// The evaluation of the kept weights.
  public var keptEvaluation: RunRecord.Evaluation? {
    guard let best else { return evaluations.last }
    return evaluation(ofRow: best.kept)
  }

  /// The kept weights on other sets than those that chose them, as MNLI's second development set.
  public var furtherEvaluations: [RunRecord.Evaluation] {
    best == nil ? [] : evaluations.filter(\.isFurther)
  }
}
