// `retort augment`: the stages of a definition that make texts.
import ArgumentParser

struct AugmentVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "augment",
    abstract: "Run a definition's augmentation stages, and what they need.")

  @OptionGroup var options: RunOptions

  func run() throws { try DefinitionRun(options: options, kind: .augment).perform() }
}
