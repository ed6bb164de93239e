// The facts of a run that has not finished.
import RetortExperimentPlan
import RetortFormatting

extension Inspection {
  init(run status: RunStatus) {
    self.init(path: status.path, kind: "run folder")
    for (name, value) in RunStatusText(status).facts { add(name, value) }
    for stage in status.progress?.stages ?? [] {
      let steps = stage.totalSteps.map { ", \($0.grouped) steps" } ?? ""
      add("stage \(stage.id)", "\(stage.kind.rawValue), \(stage.state.rawValue)\(steps)")
    }
  }
}
