// Masked-language-model training without a teacher.
import RetortDistillation
import RetortOptions

struct PretrainStage: StageWork {
  /// A model, or the stage that made it.
  var model: String
  var text: CorpusOptions

  static let kind = StageKind.pretrain
  static let about = "Trains a model with a masked-LM head on text, without a teacher."
  static let standard = "minimum_length: 12\nmaximum_unknown: 0.5\n"
  static let trainedRole = "model"
  static let options = OptionList(
    PretrainStage.init(model:text:),
    OptionField(
      "model", \.model, DefinitionNames.modelOrStage(example: "teacher"),
      "What is trained: a model, or the stage that made it. It has a masked-LM head."),
    OptionField(\.text, CorpusOptions.options))

  var inputs: [StageInputName] { [StageInputName(role: "model", name: model)] }
  var corpus: CorpusOptions? { text }

  func training(_ model: String) -> PretrainStage {
    PretrainStage(model: model, text: text)
  }

  func shape(after shape: ModelShape) -> ModelShape { shape }

  func check(_ stage: StageDefinition, in checks: inout DefinitionChecks) {
    let shape = checks.shape(of: model)
    checks.requireHead(shape, model, "stages.\(stage.id).model")
    checks.checkFreeze(stage, shape)
    checks.checkLength(stage, [(model, shape)])
  }

  var title: String { "pretrain \(model)" }
  var formula: [String] { objective.formulaLines }

  var objective: Objective { Objective(WeightedTerm(1, MaskedLanguage())) }
  var details: [String] { text.details }
}

extension StageKind {
  public static let pretrain = StageKind(rawValue: "pretrain")
}
