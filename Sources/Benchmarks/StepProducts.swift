// The matrix products of one step, by arithmetic and by themselves.
import RetortLayers
import RetortTensorEngine
import RetortTransformers

/// The products that a step consists of: the floor under its time.
///
/// Which they are follows from the models' shapes and the batch's lengths alone, written down here without asking the
/// engine, so that what the engine counts can be compared with it.
public struct StepProducts {
  /// x [rows, inner] · Wᵀ, and what its gradients take.
  struct Projection {
    let weight: ParameterSpan
    let rows: Int
    /// Whether ∂x and ∂W follow.
    let isTrained: Bool

    var flops: Int { (isTrained ? 3 : 1) * 2 * rows * weight.rows * weight.columns }
  }

  private(set) var projections: [Projection] = []
  /// Of the attention's own products.
  private(set) var attentionFLOPs = 0

  /// Floating-point operations of all products.
  public var flops: Int { projections.reduce(attentionFLOPs) { $0 + $1.flops } }

  /// Of the classification of sentences.
  /// - Parameters:
  ///   - lengths: tokens of each sentence.
  ///   - trains: whether a backward pass follows.
  public static func classification(
    _ model: TransformerModel, lengths: [Int], trains: Bool
  ) -> StepProducts {
    var products = StepProducts()
    products.addEncoder(model, lengths: lengths, readsAll: false, trains: trains)
    for dense in [model.pooler?.dense, model.classificationHead?.dense] {
      if let dense { products.add(dense.weight, rows: lengths.count, trains: trains) }
    }
    if let head = model.classificationHead {
      products.add(head.output.weight, rows: lengths.count, trains: trains)
    }
    return products
  }

  /// Of logits over the vocabulary at every position.
  public static func maskedLanguage(
    _ model: TransformerModel, lengths: [Int], trains: Bool
  ) -> StepProducts {
    var products = encoder(model, lengths: lengths, trains: trains)
    products.addHead(model, rows: lengths.reduce(0, +), trains: trains)
    return products
  }

  /// Of those logits from stored hidden states.
  public static func maskedLanguageHead(
    _ model: TransformerModel, lengths: [Int], trains: Bool
  ) -> StepProducts {
    var products = StepProducts()
    products.addHead(model, rows: lengths.reduce(0, +), trains: trains)
    return products
  }

  /// Of the encoder and of every token's state.
  public static func encoder(
    _ model: TransformerModel, lengths: [Int], trains: Bool
  ) -> StepProducts {
    var products = StepProducts()
    products.addEncoder(model, lengths: lengths, readsAll: true, trains: trains)
    return products
  }

  public static func + (left: StepProducts, right: StepProducts) -> StepProducts {
    var sum = left
    sum.projections += right.projections
    sum.attentionFLOPs += right.attentionFLOPs
    return sum
  }

  private mutating func add(_ weight: Parameter, rows: Int, trains: Bool) {
    add(ParameterSpan(weight), rows: rows, trains: trains)
  }

  private mutating func add(_ weight: ParameterSpan, rows: Int, trains: Bool) {
    projections.append(Projection(weight: weight, rows: rows, isTrained: trains))
  }

  /// - Parameter readsAll: whether every row of the last layer is read, or the first of each sequence.
  private mutating func addEncoder(
    _ model: TransformerModel, lengths: [Int], readsAll: Bool, trains: Bool
  ) {
    let tokens = lengths.reduce(0, +)
    let size = model.configuration.hiddenSize
    for (index, block) in model.encoder.blocks.enumerated() {
      let isWhole = readsAll || index < model.encoder.blocks.count - 1
      let rows = isWhole ? tokens : lengths.count
      let attention = block.attention
      let (query, key, value) = (
        attention.query.weight, attention.key.weight, attention.value.weight
      )
      if isWhole || rows == tokens {
        add(ParameterSpan(contiguous: [query, key, value]), rows: tokens, trains: trains)
      } else {
        add(query, rows: rows, trains: trains)
        add(ParameterSpan(contiguous: [key, value]), rows: tokens, trains: trains)
      }
      add(attention.output.weight, rows: rows, trains: trains)
      add(block.expansion.weight, rows: rows, trains: trains)
      add(block.contraction.weight, rows: rows, trains: trains)
      // Two products forward and four backward, each of queries x length x head size for every head.
      let area = lengths.reduce(0) { $0 + (isWhole ? $1 : 1) * $1 }
      attentionFLOPs += (trains ? 6 : 2) * 2 * area * size
    }
  }

  private mutating func addHead(_ model: TransformerModel, rows: Int, trains: Bool) {
    guard let head = model.maskedLanguageHead else { return }
    add(head.dense.weight, rows: rows, trains: trains)
    // In pieces: the logits of all rows at once would take more memory than the step itself.
    for start in stride(from: 0, to: rows, by: Self.decoderRows) {
      add(head.decoder, rows: min(Self.decoderRows, rows - start), trains: trains)
    }
  }

  private static let decoderRows = 512
}

extension StepProducts {
  /// Seconds of the projections' products and nothing else, in a step's own order: all of them forward, then those
  /// of the gradients back from the last. The models' own weights are read, so that memory is met as in a step;
  /// gradients are left in the parameters.
  /// - Parameter rounds: passes whose median is taken, after one that is not measured.
  func measureSeconds(on engine: Engine, rounds: Int) -> Double {
    let scope = ComputeScope(engine: engine, recording: true)
    let before = engine.meter
    defer { engine.meter = before }
    var seconds: [Double] = []
    for round in 0...rounds {
      engine.meter.clear()
      engine.meter.measuresTime = true
      // A whole vocabulary's outputs are too large to be kept till the end: each goes back by itself.
      for isLarge in [false, true] {
        scope.reset()
        for projection in projections where projection.isLarge == isLarge {
          projection.apply(in: scope)
          if isLarge {
            scope.backward()
            scope.reset()
          }
        }
        scope.backward()
      }
      for projection in projections { projection.weight.parameters.forEach { $0.clearGradient() } }
      let total = engine.meter.totals.filter { $0.operation == .linear }.reduce(0) {
        $0 + $1.seconds
      }
      if round > 0 { seconds.append(total) }
    }
    return Sample(seconds).median
  }

  /// Of the projections alone.
  var projectionFLOPs: Int { projections.reduce(0) { $0 + $1.flops } }
}

extension StepProducts.Projection {
  var isLarge: Bool { rows * weight.rows > 1 << 22 }

  /// Forward, with the seed of what follows.
  func apply(in scope: ComputeScope) {
    func values(_ count: Int) -> [Float] { (0..<count).map { Float($0 % 17) / 16 - 0.5 } }
    let x = scope.input(
      values(rows * weight.columns), rows: rows, columns: weight.columns,
      differentiable: isTrained)
    let y = scope.linear(x, weight: weight, bias: nil)
    if isTrained { scope.seedGradient(of: y, with: values(rows * weight.rows)) }
  }
}
