// Masked-language-model training without a teacher.
import RetortDistillation
import RetortOptions

struct PretrainStage: TrainingWork {
  /// A model, or the stage that made it.
  var model: String
  var text: CorpusOptions
  /// Nil for the words that are masked alone.
  var statedLoss: LossOptions?
  /// Steps from one breakdown of the loss to the next; nil for none.
  var breakdownSteps: Int?

  static let kind = StageKind.pretrain
  static let about = "Trains a model with a masked-LM head on text, without a teacher."
  static let standard = "minimum_length: 12\nmaximum_unknown: 0.5\n"
  static let oneOf = CorpusOptions.oneOf
  static let trainedRole = "model"
  static let options = OptionList(
    PretrainStage.init(model:text:statedLoss:breakdownSteps:),
    OptionField(
      "model", \.model, DefinitionNames.modelOrStage(example: "teacher"),
      "What is trained: a model, or the stage that made it. It has a masked-LM head."),
    OptionField(\.text, CorpusOptions.options),
    OptionField(
      optional: "loss", \.statedLoss, LossOptions.pretraining,
      "Weighted terms of the loss that need no teacher. If left out: masked_lm with weight 1."),
    BreakdownOption.field(\.breakdownSteps))

  var inputs: [StageInputName] { [StageInputName(role: "model", name: model)] }
  var corpus: CorpusOptions? { text }

  func training(_ model: String) -> PretrainStage {
    var other = self
    other.model = model
    return other
  }

  /// That the head it needs is missing is reported of its model.
  func shape(after shape: ModelShape, _ input: (String) -> ModelShape) -> ModelShape {
    var shape = shape
    shape.hasMaskedLMHead = true
    return shape
  }

  func check(_ stage: StageDefinition, in checks: inout DefinitionChecks) {
    let shape = checks.shape(of: model)
    loss.check(
      teachers: nil, student: ("model", model, shape), at: "stages.\(stage.id)", in: &checks)
    loss.checkTraining(stage, shape, in: &checks)
    checks.checkFreeze(stage, shape)
    checks.checkLength(stage, [(model, shape)])
  }

  var title: String { "pretrain \(model)" }
  var loss: LossOptions { statedLoss ?? LossOptions(terms: [WeightedTerm(1, MaskedLanguage())]) }
  var formula: [String] { loss.formula }
  var digestEntries: [(String, CanonicalValue)] {
    var computed = self
    computed.statedLoss = statedLoss?.digested(alwaysWritten: [])
    return computed.canonicalEntries
  }
  var details: [String] { text.details + BreakdownOption.details(breakdownSteps) }
}
