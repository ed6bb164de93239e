// `retort bench`: measured speed, compared with the machine's peak.
import ArgumentParser

struct BenchVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure speed: single operations, training steps, inference, tokenizing.",
    discussion: """
      No download is needed: models of published sizes are made with random weights. The \
      machine's arithmetic is checked first, and the timed results are checked in the same run. Exit status 1 if a \
      number is wrong.
      """,
    subcommands: [
      BenchOperations.self, BenchStep.self, BenchTerms.self, BenchInference.self,
      BenchTokenizing.self,
    ])
}
