// Where the time of a training step goes, operation by operation.

/// Of the run whose step was the median one; sums are over all its measured steps.
struct StepProfile: Codable, Sendable, Equatable {
  var steps: Int
  var stepSeconds: Double
  var tokensOfStep: Double
  /// Rate of the step's own matrix products, measured at their shapes in the same run.
  var productGflops: Double
  var productSecondsOfStep: Double
  /// What the machine reaches with large matrices, and from memory.
  var ceilingGflops: Double
  var ceilingBytesPerSecond: Double
  var operations: [Operation]

  struct Operation: Codable, Sendable, Equatable {
    var name: String
    var phase: String
    var calls: Int
    var seconds: Double
    var flops: Double
    var bytes: Double
  }
}

extension StepProfile {
  /// Whether everything is that others are divided by.
  var isPositive: Bool {
    [
      Double(steps), stepSeconds, tokensOfStep, productGflops, productSecondsOfStep, ceilingGflops,
      ceilingBytesPerSecond,
    ].allSatisfy { $0.isFinite && $0 > 0 }
      && operations.flatMap { [$0.seconds, $0.flops, $0.bytes] }
        .allSatisfy { $0.isFinite && $0 >= 0 }
  }

  /// A section of the page.
  func text() -> String {
    var table = MarkdownTable([
      .init("Operation", .left), .init("Phase", .left), .init("Calls a step"), .init("ms a step"),
      .init("Share"), .init("GFLOP/s"), .init("GB/s"),
    ])
    let perStep = 1 / Double(steps)
    func rate(_ amount: Double, _ seconds: Double) -> String {
      amount > 0 && seconds > 0 ? (amount / seconds / 1e9).fixed(1) : "-"
    }
    for operation in operations.sorted(by: { ($0.seconds, $1.name) > ($1.seconds, $0.name) }) {
      table.add([
        operation.name, operation.phase, (Double(operation.calls) * perStep).significant(3),
        (operation.seconds * perStep * 1e3).fixed(2),
        "\((100 * operation.seconds * perStep / stepSeconds).fixed(1)) %",
        rate(operation.flops, operation.seconds), rate(operation.bytes, operation.seconds),
      ])
    }
    let told = operations.map(\.seconds).reduce(0, +) * perStep
    return """
      ## Where a fine-tuning step's time goes

      DistilBERT's size, \(tokensOfStep.fixed(0)) tokens a step, \((stepSeconds * 1e3).fixed(1)) ms; \
      \((100 * told / stepSeconds).fixed(1)) % of it is told apart below. The step's matrix products \
      by themselves, at the same shapes, take \((productSecondsOfStep * 1e3).fixed(1)) ms \
      (\(productGflops.fixed(0)) GFLOP/s); large matrices reach \(ceilingGflops.fixed(0)) GFLOP/s \
      here, and memory gives \((ceilingBytesPerSecond / 1e9).fixed(1)) GB/s.

      \(table.text)
      """
  }
}
