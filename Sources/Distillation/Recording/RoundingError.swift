// What binary16 changes in what a teacher says.
import RetortStorage
import RetortText
import RetortTransformers

/// How far outputs that were rounded to binary16 are from the computed ones, on some batch.
public struct RoundingError: Sendable, Equatable {
  /// Tokens of the batch.
  public let tokens: Int
  /// KL(computed ‖ rounded) in nats, mean over rows and the model's own heads, of the attention relation that differs most.
  public private(set) var relation: (name: String, divergence: Double)?
  /// KL(computed ‖ rounded) in nats of the vocabulary's distribution at a temperature of 1, mean over tokens, where it is
  /// computed from the last hidden states.
  public private(set) var softTargets: Double?
  /// ‖rounded - computed‖ / ‖computed‖, the largest of a row of hidden states or vectors of sequences.
  public private(set) var states: Double?

  public static func == (a: RoundingError, b: RoundingError) -> Bool {
    a.tokens == b.tokens && a.relation?.name == b.relation?.name
      && a.relation?.divergence == b.relation?.divergence && a.softTargets == b.softTargets
      && a.states == b.states
  }

  private static let relations: [(String, AttentionProjection, AttentionProjection)] = [
    ("q-k", .query, .key), ("q-q", .query, .query), ("k-k", .key, .key), ("v-v", .value, .value),
  ]

  /// - Parameters:
  ///   - model: with a masked-LM head where logits are computed from its last hidden states.
  ///   - computesLogits: whether they are.
  /// - Returns: nil for outputs that are not rounded.
  public init?(
    of outputs: ModelOutputs, model: TransformerModel, computesLogits: Bool, on batch: PackedBatch,
    engine: Engine
  ) throws {
    let columns = outputs.columns.filter { $0.precision == .f16 }
    guard !columns.isEmpty else { return nil }
    tokens = batch.tokenCount
    let layout = SequenceLayout(batch)
    let computation = OutputComputation(
      model, ModelOutputs(columns, headCount: outputs.headCount), engine: engine)
    let scope = computation.scope
    scope.reset()
    let computed = try computation.tensors(of: batch, layout: layout)
    var rounded: [ModelOutput: Tensor] = [:]
    for (output, tensor) in computed {
      rounded[output] = scope.input(
        ActivationPrecision.f16.rounded(tensor.values), rows: tensor.rows, columns: tensor.columns)
    }
    for column in columns {
      guard let exact = computed[column.output], let other = rounded[column.output] else {
        continue
      }
      switch column.output {
      case .hiddenState, .pooled: states = max(states ?? 0, Self.distance(other, from: exact))
      case .projection, .classLogits: break
      }
    }
    for block in Set(columns.compactMap(\.output.block)).sorted() {
      for (name, x, y) in Self.relations {
        let (left, right) = (
          ModelOutput.projection(x.rawValue, block: block),
          ModelOutput.projection(y.rawValue, block: block)
        )
        guard let a = computed[left], let b = computed[right], let c = rounded[left],
          let d = rounded[right]
        else { continue }
        func factors(_ x: Tensor, _ y: Tensor) -> ScoreFactors {
          ScoreFactors(
            TensorColumns(x), TensorColumns(y), size: x.columns,
            headCount: outputs.headCount ?? 1)
        }
        let sums = scope.attentionScoreLoss(
          student: factors(c, d), teacher: factors(a, b),
          comparison: ScoreComparison(of: .probabilities, by: .divergence, heads: .each),
          layout: layout, gradientScales: [Double](repeating: 0, count: layout.sequenceCount))
        let divergence =
          sums.reduce(0, +) / Double(tokens * (outputs.headCount ?? 1))
        if divergence >= relation?.divergence ?? 0 {
          relation = ("\(name) of block \(block)", divergence)
        }
      }
    }
    let last = ModelOutput.hiddenState(HiddenLayer.last.description)
    if computesLogits, let head = model.maskedLanguageHead, let exact = computed[last],
      let other = rounded[last]
    {
      let rows = layout.allRows
      let sums = scope.vocabularyHead(
        hidden: head.transform(other, placement: rows.placement, mode: .inference, in: scope),
        decoder: head.decoder, bias: head.decoderBias,
        teacher: head.teaching(hidden: exact, rows: rows, wanted: rows, in: scope),
        objectives: [
          WeightedObjective(SoftTargetObjective(.hinton(temperature: 1)), gradientScale: 0)
        ])
      softTargets = sums[0] / Double(tokens)
    }
  }

  /// The largest of a row.
  private static func distance(_ rounded: Tensor, from computed: Tensor) -> Double {
    let (x, y) = (computed.values, rounded.values)
    return (0..<computed.rows).reduce(0) { largest, row in
      var (error, length) = (0.0, 0.0)
      for place in row * computed.columns..<(row + 1) * computed.columns {
        let difference = Double(y[place]) - Double(x[place])
        error += difference * difference
        length += Double(x[place]) * Double(x[place])
      }
      return max(largest, length > 0 ? (error / length).squareRoot() : 0)
    }
  }
}

extension ModelOutput {
  /// The block of a projection.
  fileprivate var block: Int? { if case .projection(_, let block) = self { block } else { nil } }
}
