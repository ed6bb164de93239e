// `retort run`: all stages of a definition, in order.
import ArgumentParser

struct RunVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a definition's stages in order.",
    discussion: """
      Of a definition with a sweep or an ablation every variant is run, each with a folder and a \
      record of its own. \
      Finished stages are kept in RETORT_CACHE and found again by whatever run needs the same. \
      SIGINT and SIGTERM save a checkpoint after the step at hand and end the run; a second one \
      ends it at once.
      """)

  @OptionGroup var options: RunOptions

  func run() throws { try DefinitionRun(options: options).perform() }
}
