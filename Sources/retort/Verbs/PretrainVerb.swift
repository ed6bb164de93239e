// `retort pretrain`: the pre-training stages of a definition.
import ArgumentParser

struct PretrainVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract: "Run a definition's pre-training stages, and what they need.")

  @OptionGroup var options: RunOptions

  func run() throws { try DefinitionRun(options: options, kind: .pretrain).perform() }
}
