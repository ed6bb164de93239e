// Options of every benchmark.
import ArgumentParser
import RetortBenchmarks
import RetortExperimentPlan
import RetortSelfCheck
import RetortTensorEngine

/// `--threads N --json`.
struct BenchOptions: ParsableArguments {
  @OptionGroup var computing: ComputingOptions

  @Flag(help: "Write JSON.")
  var json = false

  /// An engine that computes right.
  /// - Throws: what it computes wrong; then nothing is timed.
  func makeCheckedEngine() throws -> Engine {
    let engine = computing.makeEngine()
    let check = SelfCheckResult(engine: engine, golden: .embedded)
    guard check.state.failures.isEmpty else {
      let wrong = check.state.failures.map { "\($0.operation), \($0.quantity)" }
      throw CommandFailure(
        "nothing is timed on a machine that computes wrong: \(wrong.prefix(3).joined(separator: "; "))"
          + "; `retort doctor` says more")
    }
    return engine
  }

  /// Versions that a result names.
  static let versions = ["retort": ProgramVersion.current]

  /// Writes a result, and makes what was found wrong in it a failure.
  func write(_ result: some Encodable, text: String, failures: [String] = []) throws {
    try StandardOutput.shared.write(
      line: json ? JSONText.document(result, keys: .snakeCase) : text)
    guard failures.isEmpty else { throw CommandFailure(failures.joined(separator: "\n")) }
  }
}

extension OptimizerAge: ExpressibleByArgument {}
extension TargetSource: ExpressibleByArgument {}
extension InferenceBenchmark.Order: ExpressibleByArgument {}
extension BenchmarkedModel.Weights: ExpressibleByArgument {}

/// Refuses counts that leave nothing to measure.
func requireAtLeast(_ least: Int, _ value: Int?, option: String) throws {
  guard let value, value < least else { return }
  throw ValidationError("\(option) is \(value), expected at least \(least)")
}
