// The names that a stage's record shows: those of the plan it stands in, whoever computed it.
import Reporting

extension PlannedStage {
  /// Role to the model or stage that fills it.
  var inputNames: [String: String] {
    switch stage.work {
    case .pretrain(let options): ["model": options.model]
    case .distill(let options): ["teacher": options.teacher, "student": options.student]
    case .finetune(let options):
      options.teaching.map { ["teacher": $0.teacher, "model": options.model] }
        ?? ["model": options.model]
    }
  }

  /// The data it is trained and evaluated on.
  var dataNames: [String] {
    switch stage.work {
    case .pretrain(let options): [options.corpus.name]
    case .distill(let options): [options.corpus.name]
    case .finetune(let options): ["\(options.task.name) train", "\(options.task.name) dev"]
    }
  }

  /// The data it is evaluated on; nil for stages that are not evaluated.
  var evaluatedName: String? {
    if case .finetune(let options) = stage.work { "\(options.task.name) dev" } else { nil }
  }
}

extension CorpusOptions {
  /// Its texts in one name.
  var name: String { texts.map(\.name).joined(separator: " + ") }
}

extension StageRecord {
  /// The record as `planned` names things. A stage is found by what it computes: another plan may have
  /// computed it under other names.
  func named(for planned: PlannedStage) -> StageRecord {
    var record = self
    record.stage.id = planned.id
    record.stage.variant = planned.role.variant
    record.stage.inputs = planned.inputNames
    record.stage.data = planned.dataNames
    if let name = planned.evaluatedName {
      for index in record.stage.evaluations.indices { record.stage.evaluations[index].data = name }
    }
    return record
  }
}
