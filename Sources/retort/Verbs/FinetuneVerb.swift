// `retort finetune`: the fine-tuning stages of a definition.
import ArgumentParser
import RetortExperimentPlan

struct FinetuneVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Run a definition's fine-tuning stages, and what they need.",
    discussion: """
      With --from, the one fine-tuning stage (or --stage) starts from that model in place of the \
      definition's, and nothing before it is run.
      """)

  @OptionGroup var options: RunOptions

  @Option(
    help: ArgumentHelp(
      "Fine-tune this model: a checkpoint, a folder, hub:owner/name[@revision] or RUN#STAGE.",
      valueName: "c.h5"))
  var from: String?

  func run() throws {
    guard let from else { return try DefinitionRun(options: options, kind: .finetune).perform() }
    let model = try address(of: from)
    var options = options
    let stage = try stageToStartAnew()
    options.stage = stage
    try DefinitionRun(
      options: options, kind: .finetune,
      overrides: [
        "models.from_checkpoint.from=\(model)", "stages.\(stage).model=from_checkpoint",
        "baselines=[]", "ablate=[]",  // of a distillation that is not run
      ]
    ).perform()
  }

  /// The model as the definition would name it: a path is typed from the working directory.
  private func address(of text: String) throws -> String {
    let address = try ModelAddress.parse(text, option: "--from")
    let folder = Locations().startingFrom(definition: options.definition).definitionFolder
    if let stage = RunStage(text) {
      let run = folder.map { RelativePath.path(to: stage.run, from: $0) } ?? stage.run
      return "\(RunStage(run: run, stage: stage.stage))"
    }
    guard case .path(let path) = address, let folder else { return "\(address)" }
    return RelativePath.path(to: path, from: folder)
  }

  private func stageToStartAnew() throws -> String {
    if let stage = options.stage { return stage }
    let loaded = try LoadedDefinition.load(
      path: options.definition, overrides: options.overrides.set,
      context: DefinitionContext(
        locations: Locations(), definitionPath: options.definition))
    let stages = loaded.definition.stages.filter { $0.kind == .finetune }.map(\.id)
    guard stages.count == 1 else {
      throw CommandFailure(
        "--from: name the fine-tuning stage with --stage; \(options.definition) has "
          + (stages.isEmpty ? "none" : stages.joined(separator: ", ")))
    }
    return stages[0]
  }
}
