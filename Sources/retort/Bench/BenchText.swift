// What benchmarks say to people.
import RetortBenchmarks
import RetortFormatting

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
      "\(unit.padded(to: 13))  \(secondsPerThousandSentences.fixed(3)) s per thousand, "
        + "\(Int(Double(tokens) / seconds.reduce(0, +)).grouped) tokens/s",
      "peak memory    \(peakResidentBytes.memoryText)",
    ]
  }
}

extension StepResult {
  var text: String {
    var lines = [run.heading]
    if let teacher, let targets, let length {
      lines.append("taught by \(teacher), \(targets) targets, sequences of \(length) tokens")
    }
    if let loss { lines.append("loss           \(loss)") }
    lines.append("optimizer      \(state)")
    lines += run.lines(unit: "sentences")
    lines.append("activations    \(peakActivationBytes.memoryText) at the most")
    lines.append(
      "page faults    \(pageFaultsPerStep.fixed(0)) in a warm step")
    lines.append("check loss     \(checkLoss.fixed(6))")
    lines.append(
      "products       \((flopsPerStep / 1e9).fixed(1)) GFLOP a step at "
        + "\(productGflops.fixed(0)) GFLOP/s by themselves: "
        + "\(milliseconds(productSecondsPerStep)); a step takes "
        + "\(stepOverProducts.fixed(2)) times that")
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
        + "\((run.sentencesOfSteps.first ?? 0).grouped) sentences from \(run.data)",
      "time           \(milliseconds(run.p50Seconds)) median of \(run.steps), "
        + "\(milliseconds(run.seconds.min() ?? .nan)) to \(milliseconds(run.seconds.max() ?? .nan))",
      "rate           \(rate.fixed(1)) MB/s, "
        + "\(Int(Double(run.tokensOfSteps.first ?? 0) / run.p50Seconds).grouped) tokens/s",
      "digest         \(checkDigest)",
    ].joined(separator: "\n")
  }
}

extension OperationResult {
  var text: String {
    [
      "\(rows) tokens, hidden size \(hidden), \(threads) thread\(threads == 1 ? "" : "s")",
      ceilingText(ceilings), "",
      TextTable(
        header: ["operation", "phase", "ms", "GFLOP/s", "GB/s", "of ceiling"],
        rows: lines.map { line in
          [
            line.name, line.phase, (line.seconds * 1e3).fixed(3),
            line.flops == 0 ? "" : line.gflops.fixed(1),
            (line.bytesPerSecond / 1e9).fixed(1),
            "\((line.shareOfCeiling * 100).fixed(0)) %",
          ]
        }, rightAligned: [2, 3, 4, 5]
      ).text(width: StandardOutput.shared.width),
    ].joined(separator: "\n")
  }
}

private func milliseconds(_ seconds: Double) -> String {
  "\((seconds * 1e3).fixed(seconds < 0.1 ? 2 : 1)) ms"
}

private func ceilingText(_ ceilings: [StepResult.Ceilings]) -> String {
  ceilings.map {
    "ceilings       \($0.gflops.fixed(0)) GFLOP/s, "
      + "\(($0.bytesPerSecond / 1e9).fixed(1)) GB/s with \($0.threads) "
      + "thread\($0.threads == 1 ? "" : "s")"
  }.joined(separator: "\n")
}

/// Where the time of a step goes; what no operation accounts for comes last.
private func operationTable(
  _ operations: [StepResult.Operation], steps: Int, total: Double
) -> String {
  var rows = operations.map { operation in
    [
      operation.name, operation.phase, (operation.seconds / Double(steps) * 1e3).fixed(2),
      "\((operation.seconds / total * 100).fixed(1)) %",
      operation.flops == 0
        ? "" : (Double(operation.flops) / operation.seconds / 1e9).fixed(0),
      (Double(operation.bytes) / operation.seconds / 1e9).fixed(1),
    ]
  }
  let rest = total - operations.reduce(0) { $0 + $1.seconds }
  rows.append([
    "(between)", "", (rest / Double(steps) * 1e3).fixed(2),
    "\((rest / total * 100).fixed(1)) %", "", "",
  ])
  return TextTable(
    header: ["operation", "phase", "ms a step", "share", "GFLOP/s", "GB/s"], rows: rows,
    rightAligned: [2, 3, 4, 5]
  ).text(width: StandardOutput.shared.width)
}
