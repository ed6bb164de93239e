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
  private let queryAndKey: AdjacentLinears
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
    queryAndKey = AdjacentLinears([inputs[0], inputs[1]])
    keyAndValue = AdjacentLinears([inputs[1], inputs[2]])
    (headCount, headSize) = (configuration.headCount, configuration.headSize)
    self.site = site
  }

  /// Projections of every row. Those that are not asked for are not computed, so that their parameters get no gradient.
  /// - Parameters:
  ///   - x: [T, C].
  ///   - asked: at least one.
  /// - Returns: [T, C] each.
  func project(
    _ x: Tensor, to asked: Set<AttentionProjection>, in scope: ComputeScope
  ) -> [AttentionProjection: TensorColumns] {
    let (order, tensors): ([AttentionProjection], [Tensor]) =
      switch asked {
      case [.query, .key]: ([.query, .key], [queryAndKey(x, in: scope)])
      case [.key, .value]: ([.key, .value], [keyAndValue(x, in: scope)])
      case [.query, .value]: ([.query, .value], [query(x, in: scope), value(x, in: scope)])
      case [.query]: ([.query], [query(x, in: scope)])
      case [.key]: ([.key], [key(x, in: scope)])
      case [.value]: ([.value], [value(x, in: scope)])
      default: (AttentionProjection.allCases, [all(x, in: scope)])  // [T, 3C]
      }
    // One tensor with all of them side by side, or one each.
    let size = headCount * headSize
    let columns = order.indices.map { index in
      tensors.count == 1
        ? TensorColumns(tensors[0], from: index * size) : TensorColumns(tensors[index])
    }
    return Dictionary(uniqueKeysWithValues: zip(order, columns))
  }

  /// - Parameters:
  ///   - x: [T, C].
  ///   - projected: all three projections of x, if they are there already; then all rows are asked for.
  ///   - selected: the rows of x that are asked for [R, C]; x itself if all are.
  ///   - selection: which those are.
  /// - Returns: o [R, C].
  func callAsFunction(
    _ x: Tensor, projected: [AttentionProjection: TensorColumns]? = nil, selected: Tensor,
    selection: RowSelection, layout: SequenceLayout, mode: ForwardMode, in scope: ComputeScope
  ) -> Tensor {
    var projections =
      projected
      ?? project(
        x, to: selection.isEveryRow ? Set(AttentionProjection.allCases) : [.key, .value], in: scope)
    if !selection.isEveryRow {
      precondition(projected == nil, "projections of every row for some rows of a block")
      projections[.query] = TensorColumns(query(selected, in: scope))  // [R, C]
    }
    guard let queries = projections[.query], let keys = projections[.key],
      let values = projections[.value]
    else { preconditionFailure("attention takes queries, keys and values") }
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
