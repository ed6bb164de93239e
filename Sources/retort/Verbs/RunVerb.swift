// `retort run`: all stages of a definition, in order.
import ArgumentParser

struct RunVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a definition's stages in order.",
    discussion: """
      If the definition has a sweep or an ablation, every variant is run in its own folder, with its own \
      record. \
      Finished stages are kept in RETORT_CACHE and reused by later runs. \
      SIGINT and SIGTERM save a checkpoint after the current step and end the run; a second one \
      ends it at once.
      """)

  @OptionGroup var options: RunOptions

  func run() throws { try DefinitionRun(options: options).perform() }
}
