// Multi-head self-attention with its four projections.

/// o = W_o · Attention(W_q · x, W_k · x, W_v · x) + b_o; queries only for the rows that are asked for.
///
/// The projections to queries, keys and values lie one after another in memory: one product computes all
/// three, or keys and values alone where only some rows have queries.
/// - Source: Vaswani et al. 2017, section 3.2; transformers 4.44.2 `BertSelfAttention`.
public final class SelfAttention: Module, Sendable {
  public let query: Linear
  public let key: Linear
  public let value: Linear
  public let output: Linear
  private let all: AdjacentLinears
  private let keyAndValue: AdjacentLinears
  private let headCount: Int
  private let headSize: Int
  private let site: DropoutSite

  init(path: String, configuration: TransformerConfiguration, site: DropoutSite) {
    let size = configuration.hiddenSize
    let inputs = Linear.adjacent(
      paths: ["query", "key", "value"].map { "\(path).\($0)" }, inputSize: size, outputSize: size)
    (query, key, value) = (inputs[0], inputs[1], inputs[2])
    output = Linear(path: "\(path).output", inputSize: size, outputSize: size)
    all = AdjacentLinears(inputs)
    keyAndValue = AdjacentLinears([inputs[1], inputs[2]])
    (headCount, headSize) = (configuration.headCount, configuration.headSize)
    self.site = site
  }

  /// - Parameters:
  ///   - x: [T, C].
  ///   - selected: the rows of x that are asked for [R, C]; x itself if all are.
  ///   - selection: which those are.
  /// - Returns: o [R, C].
  func callAsFunction(
    _ x: Tensor, selected: Tensor, selection: RowSelection, layout: SequenceLayout,
    mode: ForwardMode, in scope: ComputeScope
  ) -> Tensor {
    let size = headCount * headSize
    let queries: TensorColumns
    let keys: TensorColumns
    let values: TensorColumns
    if selection.isEveryRow {
      let projected = all(x, in: scope)  // [T, 3C]
      queries = TensorColumns(projected)
      keys = TensorColumns(projected, from: size)
      values = TensorColumns(projected, from: 2 * size)
    } else {
      queries = TensorColumns(query(selected, in: scope))  // [R, C]
      let projected = keyAndValue(x, in: scope)  // [T, 2C]
      keys = TensorColumns(projected)
      values = TensorColumns(projected, from: size)
    }
    let context = scope.attention(
      queries: queries, keys: keys, values: values, layout: layout, selection: selection,
      headCount: headCount, headSize: headSize, site: site, mode: mode)  // [R, C]
    return output(context, in: scope)
  }

  public func visitParameters(_ visit: (Parameter) -> Void) {
    query.visitParameters(visit)
    key.visitParameters(visit)
    value.visitParameters(visit)
    output.visitParameters(visit)
  }
}
