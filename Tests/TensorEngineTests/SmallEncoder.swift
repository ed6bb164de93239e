import RetortTensorEngine
import RetortTestSupport

/// A small post-norm encoder made of the engine's operations, for tests of what a whole step does: threads,
/// accumulation, memory. Query, key and value projections are one product.
struct SmallEncoder {
  static let vocabularySize = 197
  var headCount = 3
  var headSize = 12
  var hiddenSize: Int { headCount * headSize }

  struct Block {
    let projections: [Parameter]
    let projectionBiases: [Parameter]
    let output, outputBias, attentionScale, attentionShift: Parameter
    let up, upBias, down, downBias, scale, shift: Parameter

    var parameters: [Parameter] {
      projections + projectionBiases
        + [output, outputBias, attentionScale, attentionShift]
        + [up, upBias, down, downBias, scale, shift]
    }
  }

  let words, positions, scale, shift: Parameter
  let blocks: [Block]
  let pooler, poolerBias, classifier, classifierBias, decoderBias: Parameter
  let dropout: Double

  init(random: inout RandomInputs, layers: Int = 2, dropout: Double) {
    self.dropout = dropout
    let (c, f) = (3 * 12, 100)
    func vector(_ path: String, _ count: Int, mean: Double = 0) -> Parameter {
      Parameter(
        random.normal(count, scale: 0.1, mean: mean), path: path,
        kind: mean == 1 ? .normScale : .bias, shape: [count])
    }
    func matrix(_ path: String, _ rows: Int, _ columns: Int, scale: Double? = nil) -> Parameter {
      let scale = scale ?? 1 / Double(columns).squareRoot()
      return Parameter(
        random.normal(rows * columns, scale: scale), path: path, shape: [rows, columns])
    }
    words = matrix("words", Self.vocabularySize, c, scale: 0.5)
    positions = matrix("positions", 64, c, scale: 0.5)
    scale = vector("scale", c, mean: 1)
    shift = vector("shift", c)
    blocks = (0..<layers).map { layer in
      let names = ["query", "key", "value"].map { "\(layer).\($0)" }
      let weights = Parameter.contiguous(names.map { ("\($0).weight", .weight, [c, c]) })
      let biases = Parameter.contiguous(names.map { ("\($0).bias", .bias, [c]) })
      for weight in weights {
        weight.set(random.normal(c * c, scale: 1 / Double(c).squareRoot()))
      }
      for bias in biases { bias.set(random.normal(c, scale: 0.1)) }
      return Block(
        projections: weights, projectionBiases: biases, output: matrix("\(layer).output", c, c),
        outputBias: vector("\(layer).output.bias", c),
        attentionScale: vector("\(layer).attention.scale", c, mean: 1),
        attentionShift: vector("\(layer).attention.shift", c), up: matrix("\(layer).up", f, c),
        upBias: vector("\(layer).up.bias", f), down: matrix("\(layer).down", c, f),
        downBias: vector("\(layer).down.bias", c), scale: vector("\(layer).scale", c, mean: 1),
        shift: vector("\(layer).shift", c))
    }
    pooler = matrix("pooler", c, c)
    poolerBias = vector("pooler.bias", c)
    classifier = matrix("classifier", 2, c)
    classifierBias = vector("classifier.bias", 2)
    decoderBias = vector("decoder.bias", Self.vocabularySize)
  }

  var parameters: [Parameter] {
    [words, positions, scale, shift] + blocks.flatMap(\.parameters)
      + [pooler, poolerBias, classifier, classifierBias]
  }

  /// - Returns: the last hidden states of the rows selected.
  func encode(
    in scope: ComputeScope, ids: [Int32], layout: SequenceLayout, selection: RowSelection,
    mode: ForwardMode
  ) -> Tensor {
    var site = 0
    func next() -> DropoutSite {
      defer { site += 1 }
      return DropoutSite(index: site, probability: dropout)
    }
    let embedded = scope.embedding(
      tokenIDs: ids, layout: layout, words: words, positions: positions, tokenTypes: nil,
      paddingID: nil)
    var x = scope.dropout(
      scope.layerNorm(
        embedded, scale: scale, shift: shift, epsilon: 1e-12, placement: layout.placement,
        mode: mode), site: next(), placement: layout.placement, mode: mode)
    for (index, block) in blocks.enumerated() {
      let isLast = index == blocks.count - 1 && !selection.isEveryRow
      let rows = isLast ? selection : layout.allRows
      let queries: TensorColumns
      let (keys, values): (TensorColumns, TensorColumns)
      if isLast {
        let others = scope.linear(
          x, weight: ParameterSpan(contiguous: Array(block.projections[1...])),
          bias: ParameterSpan(contiguous: Array(block.projectionBiases[1...])))
        x = scope.rows(selection.rows, of: x)
        queries = TensorColumns(
          scope.linear(
            x, weight: ParameterSpan(block.projections[0]),
            bias: ParameterSpan(block.projectionBiases[0])))
        (keys, values) = (TensorColumns(others), TensorColumns(others, from: hiddenSize))
      } else {
        let all = scope.linear(
          x, weight: ParameterSpan(contiguous: block.projections),
          bias: ParameterSpan(contiguous: block.projectionBiases))
        queries = TensorColumns(all)
        keys = TensorColumns(all, from: hiddenSize)
        values = TensorColumns(all, from: 2 * hiddenSize)
      }
      let attended = scope.attention(
        queries: queries, keys: keys, values: values, layout: layout, selection: rows,
        headCount: headCount, headSize: headSize, site: next(), mode: mode)
      x = scope.layerNorm(
        x, adding: linear(attended, block.output, block.outputBias, in: scope),
        scale: block.attentionScale, shift: block.attentionShift, epsilon: 1e-12, site: next(),
        placement: rows.placement, mode: mode)
      let inner = scope.linear(
        x, weight: ParameterSpan(block.up), bias: ParameterSpan(block.upBias), activation: .gelu)
      x = scope.layerNorm(
        x, adding: linear(inner, block.down, block.downBias, in: scope), scale: block.scale,
        shift: block.shift, epsilon: 1e-12, site: next(), placement: rows.placement, mode: mode)
    }
    return x
  }

  /// Classification of each sequence by its first row, forward and backward.
  /// - Returns: the sequences' losses.
  func forwardBackward(
    in scope: ComputeScope, ids: [Int32], lengths: [Int], labels: [Int32], gradientScale: Double,
    mode: ForwardMode
  ) -> [Double] {
    let layout = Self.layout(lengths)
    let first = encode(
      in: scope, ids: ids, layout: layout, selection: layout.firstRows, mode: mode)
    let pooled = scope.activation(.tanh, linear(first, pooler, poolerBias, in: scope))
    let dropped = scope.dropout(
      pooled, site: DropoutSite(index: 99, probability: dropout),
      placement: layout.pooledPlacement, mode: mode)
    let logits = linear(dropped, classifier, classifierBias, in: scope)
    let losses = scope.crossEntropy(logits: logits, labels: labels, gradientScale: gradientScale)
    scope.backward()
    return losses
  }

  func linear(
    _ x: Tensor, _ weight: Parameter, _ bias: Parameter, in scope: ComputeScope
  ) -> Tensor {
    scope.linear(x, weight: ParameterSpan(weight), bias: ParameterSpan(bias))
  }

  static func layout(_ lengths: [Int]) -> SequenceLayout {
    SequenceLayout(offsets: lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + Int32($1)) })
  }
}
