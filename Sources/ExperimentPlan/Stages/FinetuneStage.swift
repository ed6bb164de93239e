// Fine-tuning a classifier on a task, from labels alone or from a teacher's answers too.
import RetortDistillation
import RetortEvaluation
import RetortOptions
import RetortRecords

struct FinetuneStage: StageWork {
  var model: String
  var learned: TaskSource
  var selectBest: SelectionRule
  /// Sentences in one forward pass of an evaluation; the result does not depend on it.
  var evaluationBatchSize: Int
  /// Nil for a new one where none is stored with the model.
  var head: ClassifierStart?
  /// Nil to learn from the labels alone.
  var teaching: TeachingOptions?

  static let kind = StageKind.finetune
  static let about = "Trains a classifier on a task's labelled sentences."
  static let standard = "evaluation: { batch_size: 32 }\n"
  static let trainedRole = "model"
  static let canReplay = true
  static let options = OptionList(
    FinetuneStage.init(model:learned:selectBest:evaluationBatchSize:head:teaching:),
    OptionField(
      "model", \.model, DefinitionNames.modelOrStage(example: "student"),
      "What is trained: a model, or the stage that made it."),
    OptionField(
      "task", \.learned, TaskSource.reference.ofContents,
      "The labelled sentences: glue/sst2, or a name of `tasks:`."),
    OptionField(
      "select_best", \.selectBest, .choice(among: SelectionRule.all, name: \.name),
      "Which epoch's weights are kept: the one with the lowest validation loss, the one with the best value of a "
        + "metric, or the last. "
        + Metrics.all.map { "\($0.name): \($0.about)" }.joined(separator: " ")),
    OptionField(
      "evaluation", \.evaluationBatchSize,
      .map(
        OptionList(
          { $0 },
          OptionField(
            "batch_size", \.self, .integer(atLeast: 1, example: "32"),
            "Sentences in one forward pass."))),
      "How the model is evaluated after each epoch. No result depends on it."),
    OptionField(
      optional: "head", \.head, ClassifierStart.type,
      "Where the classifier comes from. If left out: a classifier stored in the model's folder or checkpoint is kept "
        + "and must match the task's classes; otherwise a new one is made."),
    TeachingOptions.field(\.teaching))

  var inputs: [StageInputName] {
    (teaching.map { [StageInputName(role: "teacher", name: $0.teacher)] } ?? [])
      + [StageInputName(role: "model", name: model)]
  }
  var task: TaskSource? { learned }

  var taughtLoss: LossOptions? { teaching?.loss }

  /// The labels alone where nobody teaches.
  var loss: LossOptions {
    teaching?.loss ?? LossOptions(terms: [WeightedTerm(1, CrossEntropy())])
  }

  func training(_ model: String) -> FinetuneStage {
    var other = self
    other.model = model
    if head == .stored { other.head = nil }
    return other
  }

  func shape(after shape: ModelShape) -> ModelShape {
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
    checks.checkFreeze(stage, shape)
    checks.checkLength(stage, [(model, shape)])
    checks.check(head, of: stage, over: model, on: learned)
    teaching?.check(
      stage, student: ("model", model, self.shape(after: shape)), on: learned, in: &checks)
  }

  /// Nothing said about the classifier, the one of the model's folder is kept, if there is one.
  func settled(in checks: DefinitionChecks) -> FinetuneStage {
    guard head == nil, checks.definition.stage(id: model) == nil,
      checks.shape(of: model).classifier != nil
    else { return self }
    var settled = self
    settled.head = .stored
    return settled
  }

  var title: String {
    "fine-tune \(model) on \(learned.name)" + (teaching.map { ", taught by \($0.teacher)" } ?? "")
  }
  var formula: [String] { loss.formula }
  var details: [String] {
    [
      "evaluation after each epoch; "
        + (selectBest == .last
          ? "the last epoch's weights are kept" : "best epoch by \(selectBest.name)")
    ] + (classLine.map { [$0] } ?? []) + (remark.map { [$0] } ?? [])
  }

  /// The classes of a task of the user's own: which label has which number is not seen in the file.
  private var classLine: String? {
    guard case .files = learned, let names = learned.classNames else { return nil }
    return "classes, in the order of their numbers: \(names.joined(separator: ", "))"
  }

  /// Where the classifier comes from, in words; nil where none could be kept.
  var remark: String? {
    switch head {
    case .stored?: "classifier: kept as it is stored with \(model)"
    case .new?: "classifier: new, drawn from the seed"
    case nil: nil
    }
  }

  var classifierOrigin: RunRecord.ClassifierOrigin? { head == .stored ? .stored : .new }

  /// With the metric that chooses the epoch.
  var versions: [(name: String, version: Int)] {
    objective.terms.map { ($0.name, type(of: $0.term).version) }
      + selectBest.metrics().map { ($0.name, $0.version) }
  }

  /// A new classifier is what a fine-tuning begins with unless one is kept.
  var digestEntries: [(String, CanonicalValue)] {
    canonicalEntries.filter { head == .stored || $0.0 != "head" }
  }
}

extension StageKind {
  public static let finetune = StageKind(rawValue: "finetune")
}
