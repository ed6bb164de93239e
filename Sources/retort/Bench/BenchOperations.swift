// `retort bench ops`.
import ArgumentParser
import RetortBenchmarks

struct BenchOperations: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "ops",
    abstract: "Time the operations of a step one by one, compared with the machine's peak.")

  @Option(help: ArgumentHelp("Tokens of the batch.", valueName: "n"))
  var rows = 213

  @Option(help: ArgumentHelp("Hidden size, a multiple of 64.", valueName: "n"))
  var hidden = 768

  @OptionGroup var options: BenchOptions

  func validate() throws {
    try requireAtLeast(1, rows, option: "--rows")
    guard hidden >= 64, hidden % 64 == 0 else {
      throw ValidationError("--hidden is \(hidden), expected a multiple of 64")
    }
  }

  func run() throws {
    let result = OperationBenchmark.run(
      rows: rows, hidden: hidden, versions: BenchOptions.versions,
      engine: try options.makeCheckedEngine())
    try options.write(result, text: result.text)
  }
}
