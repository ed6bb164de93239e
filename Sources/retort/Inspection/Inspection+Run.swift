// The facts of a run that has not finished.
import RetortExperimentPlan
import RetortFormatting

extension Inspection {
  init(run status: RunStatus) {
    self.init(path: status.path, kind: "run folder")
    let text = RunStatusText(status)
    for (name, value) in text.facts { add(name, value) }
    if let command = text.resumingCommand { add("to go on", command) }
    for stage in status.progress?.stages ?? [] {
      let steps = stage.totalSteps.map { ", \($0.grouped) steps" } ?? ""
      add("stage \(stage.id)", "\(stage.kind.rawValue), \(stage.state.rawValue)\(steps)")
    }
  }
}
