// What benchmarks say to people.
import Benchmarks

extension TimedRun {
  fileprivate var heading: String {
    "\(job), \(model), \(weights) weights, batches of \(batchSize) from \(data), "
      + "\(threads) thread\(threads == 1 ? "" : "s")"
  }

  fileprivate func lines(unit: String) -> [String] {
    let fastest = seconds.min() ?? .nan
    return [
      "time           \(milliseconds(p50Seconds)) median, \(milliseconds(fastest)) to "
        + "\(milliseconds(seconds.max() ?? .nan)), 95 % below \(milliseconds(p95Seconds)); "
        + "\(steps) measured after \(warmup)",
      "\(unit.padded(to: 13))  \(decimal(secondsPerThousandSentences, digits: 3)) s per thousand, "
        + "\(grouped(Int(Double(tokens) / seconds.reduce(0, +)))) tokens/s",
      "peak memory    \(gigabytes(peakResidentBytes))",
    ]
  }
}

extension StepResult {
  var text: String {
    var lines = [run.heading]
    if let teacher, let targets, let length {
      lines.append("taught by \(teacher), \(targets) targets, sequences of \(length) tokens")
    }
    lines.append("optimizer      \(state)")
    lines += run.lines(unit: "sentences")
    lines.append("activations    \(gigabytes(peakActivationBytes)) at the most")
    lines.append(
      "page faults    \(decimal(pageFaultsPerStep, digits: 0)) in a warm step")
    lines.append("check loss     \(decimal(checkLoss, digits: 6))")
    lines.append(
      "products       \(decimal(flopsPerStep / 1e9, digits: 1)) GFLOP a step at "
        + "\(decimal(productGflops, digits: 0)) GFLOP/s by themselves: "
        + "\(milliseconds(productSecondsPerStep)); a step takes "
        + "\(decimal(stepOverProducts, digits: 2)) times that")
    lines.append(ceilingText([ceilings]))
    lines.append("")
    lines.append(
      operationTable(operations, steps: run.steps, total: run.seconds.reduce(0, +)))
    return lines.joined(separator: "\n")
  }
}

extension InferenceResult {
  var text: String {
    ([run.heading, "order          \(order == "file" ? "as they come" : "by length")"]
      + run.lines(unit: "sentences") + [""]
      + [operationTable(operations, steps: run.steps, total: run.seconds.reduce(0, +))])
      .joined(separator: "\n")
  }
}

extension TokenizingResult {
  var text: String {
    let rate = Double(bytes) / run.p50Seconds / 1e6
    return [
      "\(run.job), \(run.model), \(run.threads) thread\(run.threads == 1 ? "" : "s"), "
        + "\(grouped(run.sentencesOfSteps.first ?? 0)) sentences from \(run.data)",
      "time           \(milliseconds(run.p50Seconds)) median of \(run.steps), "
        + "\(milliseconds(run.seconds.min() ?? .nan)) to \(milliseconds(run.seconds.max() ?? .nan))",
      "rate           \(decimal(rate, digits: 1)) MB/s, "
        + "\(grouped(Int(Double(run.tokensOfSteps.first ?? 0) / run.p50Seconds))) tokens/s",
      "digest         \(checkDigest)",
    ].joined(separator: "\n")
  }
}

extension OperationResult {
  var text: String {
    [
      "\(rows) tokens, hidden size \(hidden), \(threads) thread\(threads == 1 ? "" : "s")",
      ceilingText(ceilings), "",
      table(
        header: ["operation", "phase", "ms", "GFLOP/s", "GB/s", "of ceiling"],
        rows: lines.map { line in
          [
            line.name, line.phase, decimal(line.seconds * 1e3, digits: 3),
            line.flops == 0 ? "" : decimal(line.gflops, digits: 1),
            decimal(line.bytesPerSecond / 1e9, digits: 1),
            "\(decimal(line.shareOfCeiling * 100, digits: 0)) %",
          ]
        }, rightAligned: [2, 3, 4, 5]),
    ].joined(separator: "\n")
  }
}

private func milliseconds(_ seconds: Double) -> String {
  "\(decimal(seconds * 1e3, digits: seconds < 0.1 ? 2 : 1)) ms"
}

private func ceilingText(_ ceilings: [StepResult.Ceilings]) -> String {
  ceilings.map {
    "ceilings       \(decimal($0.gflops, digits: 0)) GFLOP/s, "
      + "\(decimal($0.bytesPerSecond / 1e9, digits: 1)) GB/s with \($0.threads) "
      + "thread\($0.threads == 1 ? "" : "s")"
  }.joined(separator: "\n")
}

/// Where the time of a step goes; what no operation accounts for comes last.
private func operationTable(
  _ operations: [StepResult.Operation], steps: Int, total: Double
) -> String {
  var rows = operations.map { operation in
    [
      operation.name, operation.phase, decimal(operation.seconds / Double(steps) * 1e3, digits: 2),
      "\(decimal(operation.seconds / total * 100, digits: 1)) %",
      operation.flops == 0
        ? "" : decimal(Double(operation.flops) / operation.seconds / 1e9, digits: 0),
      decimal(Double(operation.bytes) / operation.seconds / 1e9, digits: 1),
    ]
  }
  let rest = total - operations.reduce(0) { $0 + $1.seconds }
  rows.append([
    "(between)", "", decimal(rest / Double(steps) * 1e3, digits: 2),
    "\(decimal(rest / total * 100, digits: 1)) %", "", "",
  ])
  return table(
    header: ["operation", "phase", "ms a step", "share", "GFLOP/s", "GB/s"], rows: rows,
    rightAligned: [2, 3, 4, 5])
}
