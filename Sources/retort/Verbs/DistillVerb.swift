// `retort distill`: the distillation stages of a definition.
import ArgumentParser

struct DistillVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "distill",
    abstract: "Run a definition's distillation stages, and what they need.")

  @OptionGroup var options: RunOptions

  func run() throws { try DefinitionRun(options: options, kind: .distill).perform() }
}
