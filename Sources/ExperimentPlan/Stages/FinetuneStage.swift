// Fine-tuning a classifier, or a regression, on a task, from labels alone or from a teacher's answers too.
import RetortDistillation
import RetortEvaluation
import RetortOptions
import RetortRecords
import RetortText

struct FinetuneStage: TrainingWork {
  var model: String
  var learned: TaskSource
  var selectBest: SelectionRule
  /// Sentences in one forward pass of an evaluation.
  var evaluationBatchSize: Int
  var evaluateEvery: EvaluationInterval
  /// Nil for a stage that goes on to its limit.
  var earlyStopping: EarlyStopping?
  var rates: LayerRates
  /// Nil for a new one where none is stored with the model.
  var head: ClassifierStart?
  /// Whether a new classifier takes the place of one that the trained model has.
  private(set) var replacesClassifier = false
  /// Models or stages whose outputs the loss reads; nil where it reads none.
  var teachers: TeacherNames?
  var outputs: TeacherOutputs
  /// Nil for that of the labels alone.
  var statedLoss: LossOptions?
  /// Steps from one breakdown of the loss to the next; nil for none.
  var breakdownSteps: Int?

  init(
    model: String, learned: TaskSource, selectBest: SelectionRule, evaluationBatchSize: Int,
    evaluateEvery: EvaluationInterval, earlyStopping: EarlyStopping?,
    rates: LayerRates, head: ClassifierStart?, teachers: TeacherNames?, outputs: TeacherOutputs,
    statedLoss: LossOptions?, breakdownSteps: Int?
  ) {
    self.model = model
    self.learned = learned
    self.selectBest = selectBest
    self.evaluationBatchSize = evaluationBatchSize
    self.evaluateEvery = evaluateEvery
    self.earlyStopping = earlyStopping
    self.rates = rates
    self.head = head
    self.teachers = teachers
    self.outputs = outputs
    self.statedLoss = statedLoss
    self.breakdownSteps = breakdownSteps
  }

  static let kind = StageKind.finetune
  static let about = "Trains a classifier, or a regression, on a task's labelled sentences."
  static let standard = "evaluation: { batch_size: 32 }\n"
  static let trainedRole = "model"
  static let isTeacherOptional = true
  static let canReplay = true
  static let options = OptionList(
    FinetuneStage.init(
      model:learned:selectBest:evaluationBatchSize:evaluateEvery:earlyStopping:rates:head:teachers:
      outputs:
      statedLoss:breakdownSteps:),
    OptionField(
      "model", \.model, DefinitionNames.modelOrStage(example: "student"),
      "What is trained: a model, or the stage that made it."),
    OptionField(
      "task", \.learned, TaskSource.reference.ofContents,
      "The labelled sentences: a built-in task, or a name of `tasks:`."),
    OptionField(
      "select_best", \.selectBest, .choice(among: SelectionRule.all, name: \.name),
      "Which evaluation's weights are kept: the one with the lowest validation loss, the one with the best value of "
        + "a metric, or the last. Of equals the first is kept. "
        + Metrics.all.map { "\($0.name): \($0.about)" }.joined(separator: " ")),
    OptionField(
      "evaluation", \.evaluationBatchSize,
      .map(
        OptionList(
          { $0 },
          OptionField(
            "batch_size", \.self, .integer(atLeast: 1, example: "32"),
            "Sentences in one forward pass."))),
      "How the model is evaluated. batch_size affects speed; it changes only the last bits of the logits."
    ),
    OptionField(
      "evaluate_every", \.evaluateEvery, EvaluationInterval.type, otherwise: .epochs(1),
      "When the model is evaluated. With epochs the last one counts even if the limit cuts it short; with steps the ends of "
        + "epochs mean nothing, as with the Trainer's eval_strategy. The last step is evaluated "
        + "as well if select_best is last, and if there was no evaluation before; the Trainer leaves that one out."
    ),
    OptionField(
      optional: "early_stopping", \.earlyStopping, .map(EarlyStopping.options),
      "Ends the stage before its limit when the evaluations no longer improve what select_best names, as "
        + "EarlyStoppingCallback of Hugging Face does. The learning rate follows the schedule of all planned steps. "
        + "If left out: the stage goes on to its limit."),
    OptionField(
      "learning_rates", \.rates, LayerRates.type, otherwise: LayerRates(),
      "Learning rates that differ between layers, or of the head. The schedule and the warm-up multiply all of them; "
        + "what weight decay leaves out stays out. If left out: learning_rate everywhere."),
    OptionField(
      optional: "head", \.head, ClassifierStart.type,
      "Where the classifier comes from. If left out: a classifier stored in the model's folder or checkpoint is kept "
        + "and must match the task's classes; otherwise a new one is made. A new one is also made if the model is "
        + "a finetune stage."
    ),
    TeacherNames.field(
      \.teachers,
      about:
        "The model or stage whose outputs the loss terms use. soft_targets needs a finetune stage on the same task, or "
        + "a model whose stored classifier has the same classes.", isRequired: false),
    OptionField(
      "targets", \.outputs, TeacherOutputs.type.ofContents, otherwise: .live,
      TeacherOutputs.about),
    OptionField(
      optional: "loss", \.statedLoss, LossOptions.ofLabels,
      "Weighted terms of the loss. If left out: cross_entropy with weight 1, or label_mse where the task is a "
        + "regression."),
    BreakdownOption.field(\.breakdownSteps))

  var inputs: [StageInputName] {
    (teachers?.inputs ?? [])
      + [StageInputName(role: "model", name: model)]
  }
  var task: TaskSource? { learned }
  var metrics: [any Metric.Type] {
    selectBest.metrics(besides: learned.metrics, of: learned.kind)
  }

  var storePath: String? { outputs.storePath }
  var withLiveTeacher: FinetuneStage {
    var live = self
    live.outputs = .live
    return live
  }

  var loss: LossOptions {
    statedLoss?.on(learned.kind.batchKind)
      ?? LossOptions(terms: [WeightedTerm(1, learned.kind.labelTerm)])
  }

  var answering: [String] {
    (head == .new ? [] : [model])
      + (loss.objective?.readsOfTeacher.classLogits ?? false ? teachers?.models ?? [] : [])
  }

  /// A teacher that no term looks at changes nothing.
  func reads(role: String) -> Bool { teachers?.isRead(role: role, by: loss) ?? true }

  func training(_ model: String) -> FinetuneStage {
    var other = self
    other.model = model
    if head == .stored { other.head = nil }
    return other
  }

  func shape(after shape: ModelShape, _ input: (String) -> ModelShape) -> ModelShape {
    classifierShape(over: shape)
  }

  private func classifierShape(over shape: ModelShape) -> ModelShape {
    var shape = shape
    shape.hasMaskedLMHead = false
    shape.classifier = learned.classNames.map {
      ClassifierShape(classes: $0, hiddenSize: shape.hiddenSize)
    }
    return shape
  }

  func check(_ stage: StageDefinition, in checks: inout DefinitionChecks) {
    let shape = checks.shape(of: model)
    if stage.training.batching.groupByLength {
      checks.report(
        "stages.\(stage.id).batching.group_by_length", expected: "false in a fine-tuning",
        found: "true", advice: "batches are packed, so sentences of like length save nothing")
    }
    checkSelection(stage, in: &checks)
    if earlyStopping != nil, selectBest == .last {
      checks.report(
        "stages.\(stage.id).early_stopping", "cannot be used with select_best: last",
        advice: "use select_best: eval_loss or a metric: early stopping compares evaluations by it")
    }
    checks.checkFreeze(stage, shape)
    checks.checkLength(stage, [(model, shape)])
    checks.check(head, of: stage, over: model, on: learned)
    checkLoss(stage, classifierShape(over: shape), in: &checks)
    loss.checkTraining(stage, shape, in: &checks)
  }

  /// Only a metric that can be had of the task's answers can choose among them.
  private func checkSelection(_ stage: StageDefinition, in checks: inout DefinitionChecks) {
    guard case .metric(let metric) = selectBest else { return }
    guard learned != .unknown,
      let problem = learned.kind.problem(with: metric, classCount: learned.classNames?.count)
    else { return }
    checks.report(
      "stages.\(stage.id).select_best", problem, advice: "use \(learned.kind.metricAdvice)")
  }

  /// Nothing said about the classifier, the one of the model's folder is kept, if there is one.
  func settled(in checks: DefinitionChecks) -> FinetuneStage {
    guard checks.shape(of: model).classifier != nil, head != .stored else { return self }
    var settled = self
    if head == nil, checks.definition.stage(id: model) == nil {
      settled.head = .stored
    } else {
      settled.replacesClassifier = true
    }
    return settled
  }

  var title: String {
    "fine-tune \(model) on \(learned.name)" + (teachers.map { ", taught by \($0.words)" } ?? "")
  }
  var formula: [String] { loss.formula }
  var details: [String] {
    [
      "evaluation \(evaluateEvery.words); " + keptWords
    ] + (storePath.map { ["teacher's outputs: read from \($0)"] } ?? [])
      + [earlyStopping?.words(selectBest.name)].compactMap { $0 } + learned.details
      + [learned.classWeights?.words, classLine, pairLine, choiceLine, remark].compactMap { $0 }
      + BreakdownOption.details(breakdownSteps)
  }

  private var keptWords: String {
    switch evaluateEvery {
    case .epochs:
      selectBest == .last
        ? "the last epoch's weights are kept" : "the best epoch by \(selectBest.name) is kept"
    case .steps:
      selectBest == .last
        ? "the weights after the last step are kept"
        : "the best weights by \(selectBest.name) are kept"
    }
  }

  var mayStopEarly: Bool { earlyStopping != nil }

  /// The classes of a task of the user's own: which label has which number is not seen in the file.
  private var classLine: String? {
    guard case .files = learned.root, learned.kind == .classification,
      let names = learned.classNames
    else { return nil }
    return "classes, in the order of their numbers: \(names.joined(separator: ", "))"
  }

  /// That the test set chooses something, which makes the result better than it is.
  private var choiceLine: String? {
    guard case .builtIn(let named) = learned.root, named.task.isEvaluatedOnTest,
      selectBest != .last || earlyStopping != nil
    else { return nil }
    let keys =
      (selectBest == .last ? [] : ["select_best"])
      + (earlyStopping == nil ? [] : ["early_stopping"])
    return
      "warning: \(keys.joined(separator: " and ")) \(keys.count > 1 ? "choose" : "chooses") by the test set of \(named.task.name), so the result is no longer one "
      + "of a test set; write select_best: last and no early_stopping, or take a hold_out"
  }

  /// How the two texts of an example become one sequence; nil for single texts.
  private var pairLine: String? {
    learned.pairColumns.map {
      "pairs: [CLS] \($0.first) [SEP] \($0.second) [SEP]; where there is not room, the longer of the two is cut first"
    }
  }

  /// Where the classifier comes from, in words; nil where none could be kept.
  var remark: String? {
    let new = "classifier: new, drawn from the seed"
    switch head {
    case .stored?: return "classifier: kept as it is stored with \(model)"
    case .new? where replacesClassifier: return "\(new); that of \(model) is not used"
    case .new?: return new
    case nil where replacesClassifier:
      return "\(new); that of \(model) is not used "
        + "(head: { kind: classification, init: stored } keeps it)"
    case nil: return nil
    }
  }

  var classifierOrigin: RunRecord.ClassifierOrigin? { head == .stored ? .stored : .new }

  /// With the metrics of its evaluations.
  var versions: [(name: String, version: Int)] {
    objective.versions + metrics.map { ("metric.\($0.name)", $0.version) }
  }

  /// A new classifier is what a fine-tuning begins with unless one is kept.
  var digestEntries: [(String, CanonicalValue)] {
    var computed = self
    computed.statedLoss = statedLoss?.digested(alwaysWritten: LossOptions.writtenInFinetuning)
    return computed.canonicalEntries.filter { head == .stored || $0.0 != "head" }
  }
}
