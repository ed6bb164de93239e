// Every kind of HDF5 file that the program writes, a small one of each.
import Testing

@testable import RetortStorage

enum WrittenFile: String, CaseIterable, Sendable {
  case checkpoint
  /// What `retort import` makes: no optimizer, no progress, no random streams.
  case weightsOnly = "checkpoint of weights alone"
  case textStore = "activations of a text"
  case hiddenStore = "hidden states of a stage"
  case logitStore = "largest logits of a stage"

  /// Some arrays it must have.
  var arrays: Set<String> {
    switch self {
    case .checkpoint:
      ["/model/head.weight", "/optimizer/second_moment/head.weight", "/files/vocab.txt"]
    case .weightsOnly: ["/model/head.weight", "/files/config.json"]
    case .textStore: ["/tokens", "/offsets", "/hidden/0", "/hidden/3"]
    case .hiddenStore: ["/tokens", "/labels", "/batches", "/hidden/last"]
    case .logitStore: ["/logits/values", "/logits/ids", "/logits/log_normalizers"]
    }
  }

  func write(to path: String) throws {
    switch self {
    case .checkpoint: try SmallCheckpoint(step: 3).write(to: path)
    case .weightsOnly:
      let small = SmallCheckpoint()
      (small.content.optimizer, small.content.progress, small.content.random) = ([:], [:], [:])
      try small.write(to: path)
    case .textStore: try writeText(to: path)
    case .hiddenStore:
      try writeStage(
        StageActivationLayout(
          ModelOutputs([.init(.hiddenState("last"), width: 4, precision: .f16)])), to: path)
    case .logitStore:
      try writeStage(
        StageActivationLayout(
          ModelOutputs(
            topLogits: .init(count: 2, temperatures: [1, 2], positions: .all, precision: .f32))),
        to: path)
    }
  }

  /// Values that binary16 rounds, its largest and its smallest among them.
  private var hidden: [Float] {
    (0..<20).map { Float($0) / 7 - 1 }.dropLast(2) + [65504, 0x1p-24]
  }

  private func writeText(to path: String) throws {
    let writer = try ExampleActivationWriter(
      path: path,
      layout: ExampleActivationLayout(
        ModelOutputs(
          ["0", "3"].map { .init(.hiddenState($0), width: 4, precision: .f16) }, layerCount: 3)),
      source: ["text": "ä"])
    for sequence: [Int32] in [[2, 7, 3], [2, 3]] {
      let values = Array(hidden.suffix(sequence.count * 4))
      try sequence.withUnsafeBufferPointer { tokens in
        try values.withUnsafeBufferPointer { values in
          try writer.append(
            tokenIDs: tokens, offsets: [0, Int32(sequence.count)],
            outputs: [OutputValues([.hiddenState("0"): values, .hiddenState("3"): values])])
        }
      }
    }
    try writer.finish()
  }

  private func writeStage(_ layout: StageActivationLayout, to path: String) throws {
    let writer = try StageActivationWriter(path: path, layout: layout, source: ["stage": "distil"])
    let tokens: [Int32] = [2, 7, 3, 2, 3]
    let logits = (values: (0..<10).map { 1 / Float($0 + 3) }, ids: (0..<10).map(Int32.init))
    for step in 0..<3 {
      try tokens.withUnsafeBufferPointer { tokens in
        try hidden.withUnsafeBufferPointer { hidden in
          try logits.values.withUnsafeBufferPointer { values in
            try logits.ids.withUnsafeBufferPointer { ids in
              try writer.append(
                StageActivationBatch(
                  place: BatchPlace(epoch: 0, step: step, microBatch: 0), tokenIDs: tokens,
                  labels: tokens, offsets: [0, 3, 5], examples: [2 * step, 2 * step + 1]),
                outputs: [
                  OutputValues(
                    [.hiddenState("last"): hidden],
                    topLogits: .init(values: values, ids: ids, logNormalizers: values))
                ])
            }
          }
        }
      }
    }
    try writer.finish()
  }
}
