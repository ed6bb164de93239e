// The names that a stage's record shows: those of the plan it stands in, whoever computed it.
import RetortRecords

extension PlannedStage {
  /// Role to the model or stage that fills it.
  var inputNames: [String: String] {
    Dictionary(uniqueKeysWithValues: stage.work.inputs.map { ($0.role, $0.name) })
  }

  /// The data it is trained and evaluated on.
  var dataNames: [String] {
    [stage.work.corpus?.name].compactMap { $0 }
      + (stage.work.task.map { ["\($0.name) train"] } ?? [])
      + [evaluatedName].compactMap { $0 } + furtherNames
  }

  /// The data it is evaluated on; nil for stages that are not evaluated.
  var evaluatedName: String? { stage.work.evaluated.map { "\($0.name) dev" } }

  /// The data that only the weights that are kept are evaluated on.
  var furtherNames: [String] { (stage.work.evaluated?.further ?? []).map { "\($0.name) dev" } }
}

extension StageRecord {
  /// The record as `planned` names things. A stage is found by what it computes: another plan may have
  /// computed it under other names.
  func named(for planned: PlannedStage) -> StageRecord {
    var record = self
    record.stage.id = planned.id
    record.stage.variant = planned.role.variant
    // Earlier versions kept it among the inputs.
    record.stage.targets = record.stage.targets ?? record.stage.inputs["targets"]
    record.stage.inputs = planned.inputNames
    record.stage.trainedRole = type(of: planned.stage.work).trainedRole
    record.stage.classifier = planned.stage.work.classifierOrigin
    record.stage.data = planned.dataNames
    if let name = planned.evaluatedName {
      var further = planned.furtherNames[...]
      for index in record.stage.evaluations.indices {
        let isFurther = record.stage.evaluations[index].isFurther
        record.stage.evaluations[index].data = (isFurther ? further.popFirst() : nil) ?? name
      }
    }
    return record
  }
}
