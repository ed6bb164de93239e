// `retort bench`: measured speed, with what the machine can do beside it.
import ArgumentParser

struct BenchVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure speed: single operations, training steps, inference, tokenizing.",
    discussion: """
      Nothing need be downloaded: models of published sizes are made with random weights. The \
      machine's arithmetic is checked first, and what is timed is checked in the same run; a wrong \
      number makes the exit status 1.
      """,
    subcommands: [
      BenchOperations.self, BenchStep.self, BenchInference.self, BenchTokenizing.self,
    ])
}
