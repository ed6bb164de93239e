// `retort bench infer`.
import ArgumentParser
import RetortBenchmarks
import RetortExperimentPlan

struct BenchInference: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "infer", abstract: "Time a classifier on sentences.",
    discussion: "Without --sentences it reads SST-2's validation set.")

  @OptionGroup var model: BenchModelOptions

  @OptionGroup var sentences: SentenceOptions

  @Option(help: ArgumentHelp("Sentences computed at a time.", valueName: "n"))
  var batchSize = 32

  @Option(
    help: ArgumentHelp("As they come, or the shortest first.", valueName: "file|length"))
  var order: InferenceBenchmark.Order = .file

  @Option(help: ArgumentHelp("Batches that are measured; all if not given.", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Batches before them.", valueName: "n"))
  var warmup = 3

  @OptionGroup var options: BenchOptions

  func validate() throws {
    try requireAtLeast(1, batchSize, option: "--batch-size")
    try requireAtLeast(1, steps, option: "--steps")
    try requireAtLeast(0, warmup, option: "--warmup")
  }

  func run() throws {
    let engine = try options.makeCheckedEngine()
    let model = try model.open()
    let (sentences, data) = try sentences.tokens(of: model, .dev, count: nil)
    let result = try InferenceBenchmark.run(
      try model.make(head: .classification, seed: 42), on: sentences.sequences,
      batchSize: batchSize,
      order: order, steps: steps, warmup: warmup, data: data, versions: BenchOptions.versions,
      engine: engine)
    try options.write(result, text: result.text, failures: result.failures)
  }
}
