// Times the steps of a training as the product runs it.
import RetortDistillation
import RetortTensorEngine
import RetortTransformers

/// What the two jobs have in common once the training has run.
struct StepBenchmark {
  let settings: StepSettings
  let engine: Engine
  let monitor: StepMonitor
  let job: String
  let timed: BenchmarkedModel
  let checkLoss: Double
  /// Whether `products` are all that the engine must have counted: not where a loss has products of its own, or leaves out
  /// layers that it does not read.
  var countsAll = true
  /// The products of the step of measured number `step`.
  let products: (_ step: Int) -> StepProducts

  /// What was found, with everything that is measured after the steps: the products by themselves and the ceilings.
  func result(failures found: [String]) -> StepResult {
    var failures = found
    let steps = monitor.steps
    if steps.count != settings.steps {
      failures.append("\(steps.count) steps were measured, expected \(settings.steps)")
    }
    let expected = steps.indices.reduce(0) { $0 + products($1).flops }
    if countsAll, expected != monitor.work.flops {
      failures.append(
        "the engine counts \(monitor.work.flops) floating-point operations of products, "
          + "the models' shapes come to \(expected)")
    }
    let run = TimedRun(
      job: job, model: timed.name, weights: timed.weights.rawValue, data: settings.data,
      threads: engine.threadCount, batchSize: settings.batchSize, warmup: settings.warmup,
      steps: steps.map { ($0.sentences, $0.tokens, $0.seconds) },
      peakResidentBytes: monitor.peakResidentBytes, versions: settings.versions)
    let rate = productRate()
    let flopsPerStep = Double(monitor.work.flops) / Double(steps.count)
    let meanSeconds = Sample(run.seconds).mean
    return StepResult(
      run: run, checkLoss: checkLoss, state: settings.age.rawValue,
      operations: monitor.work.totals.map(StepResult.Operation.init), flops: monitor.work.flops,
      flopsPerStep: flopsPerStep, productGflops: rate / 1e9,
      productSecondsPerStep: flopsPerStep / rate,
      stepOverProducts: meanSeconds / (flopsPerStep / rate),
      ceilings: StepResult.Ceilings(MachineCeilings(measuredOn: engine)),
      pageFaultsPerStep: monitor.pageFaultsPerStep,
      peakActivationBytes: monitor.peakActivationBytes, failures: failures)
  }

  /// Floating-point operations a second of the products of the step that is in the middle by tokens.
  private func productRate() -> Double {
    let byTokens = monitor.steps.indices.sorted {
      (monitor.steps[$0].tokens, $0) < (monitor.steps[$1].tokens, $1)
    }
    let products = products(byTokens[byTokens.count / 2])
    return Double(products.projectionFLOPs) / products.measureSeconds(on: engine, rounds: 3)
  }

  /// What is wrong if a value computed with one thread is not the same with all, or is no number at all.
  static func failures(of name: String, oneThread: [Double], all: [Double]) -> [String] {
    var failures: [String] = []
    if !all.allSatisfy(\.isFinite) { failures.append("\(name) is not finite: \(all)") }
    if zip(oneThread, all).contains(where: { $0.bitPattern != $1.bitPattern }) {
      failures.append("\(name) is \(oneThread) with one thread, \(all) with all")
    }
    return failures
  }
}
