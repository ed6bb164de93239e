// The last lines of a run: where its model is, and what to do with it.
import RetortExperimentPlan

struct NextSteps {
  private let models: [ResultModel]

  /// - Parameter runs: all variants of a definition.
  init(of runs: [FinishedRun]) { models = runs.compactMap(\.result) }

  /// Empty where only baselines were run. Commands can be typed as they stand.
  var lines: [String] {
    guard let last = models.last else { return [] }
    let name = last.isStudent ? "student" : "model"
    return models.map { "\(name): \($0.address)" } + commands(for: last)
  }

  private func commands(for model: ResultModel) -> [String] {
    let address = "\(model.address)"
    let folder =
      address.split(separator: "/").last.map { String($0).replacing("#", with: "-") } ?? "model"
    let classify: [(words: [String], use: String)] =
      model.kind == .finetune
      ? [
        (
          ["predict", "--model", address] + (model.readsPairs ? ["--pairs"] : []),
          (model.givesNumbers ? "scores " : "classifies ")
            + (model.readsPairs ? "pairs, a line each with a tab between" : "lines of text")
        )
      ] : []
    let commands: [(words: [String], use: String)] =
      classify + [
        (["export", address, "--out", folder], "writes a folder that transformers loads"),
        (["inspect", address], "lists its weights"),
      ]
    return commands.map { "  \(CommandText.typed($0.words))  # \($0.use)" }
  }
}
