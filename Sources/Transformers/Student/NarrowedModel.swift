// A teacher's weights in fewer columns, heads and neurons.

/// Fills parts of a student with those of a wider teacher: `WidthReduction` says how.
struct NarrowedModel {
  private let reduction: WidthReduction
  private let teacher: TransformerConfiguration
  private let student: TransformerConfiguration
  /// C → c, the columns of the hidden states.
  private let columns: ReducedAxis

  /// - Parameter layers: those of the teacher that the student gets.
  init(
    _ reduction: WidthReduction, of model: TransformerModel, layers: [Int],
    student: TransformerConfiguration
  ) throws(StudentInitializationError) {
    (self.reduction, self.student) = (reduction, student)
    teacher = model.configuration
    let (size, count) = (teacher.hiddenSize, student.hiddenSize)
    switch (reduction.method, reduction.kept) {
    case (.pca, _):
      guard let components = PrincipalComponents(of: model.encoder.embeddings.words, count: count)
      else { throw StudentInitializationError(problems: [.tooFewComponents(count)]) }
      columns = .components(components)
    case (.truncation, .first): columns = .all(count)
    case (.truncation, .importance):
      var shares = WeightShares(count: size)
      shares.add(model.encoder.embeddings.words, rows: false)
      shares.add(model.encoder.embeddings.positions, rows: false)
      for block in layers.map({ model.encoder.blocks[$0] }) {
        let attention = block.attention
        for linear in [attention.query, attention.key, attention.value, block.expansion] {
          shares.add(linear.weight, rows: false)
        }
        for linear in [attention.output, block.contraction] {
          shares.add(linear.weight, rows: true)
        }
      }
      columns = .kept(shares.largest(count))
    }
  }

  // MARK: Factors

  /// For n inputs of which m are left.
  private func factor(_ n: Int, _ m: Int) -> Double {
    reduction.scale == .variance ? (Double(n) / Double(m)).squareRoot() : 1
  }

  /// Of matrices that read hidden states.
  private var readingFactor: Double {
    reduction.method == .truncation ? factor(teacher.hiddenSize, student.hiddenSize) : 1
  }

  /// Of the scales of norms, after which hidden states are as long as they are wide.
  private var normFactor: Double {
    reduction.method == .pca ? factor(teacher.hiddenSize, student.hiddenSize) : 1
  }

  // MARK: Parts

  /// Words, positions, norm, and token types if both have them.
  /// - Returns: the teacher's token types in the student's columns; nil if it has none.
  func fill(
    _ target: TransformerEmbeddings, from source: TransformerEmbeddings
  ) -> Parameter? {
    target.words.take(source.words, rows: .all(source.words.rows), columns: columns)
    target.positions.take(source.positions, rows: .all(source.positions.rows), columns: columns)
    fill(target.norm, from: source.norm)
    guard let types = source.tokenTypes else { return nil }
    let narrowed = Parameter(
      path: types.path, kind: types.kind, shape: [types.rows, columns.count])
    narrowed.take(types, rows: .all(types.rows), columns: columns)
    return narrowed
  }

  func fill(_ target: TransformerBlock, from source: TransformerBlock) {
    let (attention, own) = (source.attention, target.attention)
    let (ofScores, ofValues) = headDimensions(of: attention)
    fill(own.query, from: attention.query, rows: ofScores, columns: columns, readingFactor)
    fill(own.key, from: attention.key, rows: ofScores, columns: columns, readingFactor)
    fill(own.value, from: attention.value, rows: ofValues, columns: columns, readingFactor)
    fill(
      own.output, from: attention.output, rows: columns, columns: ofValues,
      factor(teacher.hiddenSize, student.hiddenSize))
    fill(target.attentionNorm, from: source.attentionNorm)
    let neurons = neurons(of: source)
    fill(target.expansion, from: source.expansion, rows: neurons, columns: columns, readingFactor)
    fill(
      target.contraction, from: source.contraction, rows: columns, columns: neurons,
      factor(teacher.feedForwardSize, student.feedForwardSize))
    fill(target.outputNorm, from: source.outputNorm)
  }

  func fill(_ target: Pooler, from source: Pooler) {
    fill(target.dense, from: source.dense, rows: columns, columns: columns, readingFactor)
  }

  func fill(_ target: MaskedLanguageHead, from source: MaskedLanguageHead) {
    fill(target.dense, from: source.dense, rows: columns, columns: columns, readingFactor)
    target.norm.scale.takeScale(
      source.norm.scale, columns: columns, factor: normFactor * readingFactor)
    target.norm.shift.take(source.norm.shift, columns: columns, factor: readingFactor)
    target.decoderBias.take(source.decoderBias, columns: .all(source.decoderBias.count))
  }

  private func fill(
    _ target: Linear, from source: Linear, rows: ReducedAxis, columns: ReducedAxis, _ factor: Double
  ) {
    target.weight.take(source.weight, rows: rows, columns: columns, factor: factor)
    target.bias.take(source.bias, columns: rows)
  }

  private func fill(_ target: LayerNorm, from source: LayerNorm) {
    target.scale.takeScale(source.scale, columns: columns, factor: normFactor)
    target.shift.take(source.shift, columns: columns)
  }

  // MARK: Heads and neurons

  private func neurons(of block: TransformerBlock) -> ReducedAxis {
    guard reduction.kept == .importance else { return .all(student.feedForwardSize) }
    var shares = WeightShares(count: teacher.feedForwardSize)
    shares.add(block.expansion.weight, rows: true)
    shares.add(block.contraction.weight, rows: false)
    return .kept(shares.largest(student.feedForwardSize))
  }

  /// Which of the H · D dimensions are kept: of queries and keys, and of values.
  private func headDimensions(
    of attention: SelfAttention
  ) -> (ofScores: ReducedAxis, ofValues: ReducedAxis) {
    let (heads, count) = (keptHeads(of: attention), student.headSize)
    func dimensions(_ shares: (_ head: Range<Int>) -> WeightShares) -> ReducedAxis {
      .kept(
        heads.flatMap { head -> [Int] in
          let first = head * teacher.headSize
          guard reduction.kept == .importance else { return (0..<count).map { first + $0 } }
          return shares(first..<first + teacher.headSize).largest(count).map { first + $0 }
        })
    }
    let empty = WeightShares(count: teacher.headSize)
    return (
      dimensions { head in
        var shares = empty
        shares.add(attention.query.weight, rows: true, within: head)
        shares.add(attention.key.weight, rows: true, within: head)
        return shares
      },
      dimensions { head in
        var shares = empty
        shares.add(attention.value.weight, rows: true, within: head)
        shares.add(attention.output.weight, rows: false, within: head)
        return shares
      }
    )
  }

  private func keptHeads(of attention: SelfAttention) -> [Int] {
    guard reduction.kept == .importance else { return Array(0..<student.headCount) }
    var shares = WeightShares(count: teacher.headCount)
    for linear in [attention.query, attention.key, attention.value] {
      shares.add(linear.weight, rows: true)
    }
    shares.add(attention.output.weight, rows: false)
    return shares.largest(student.headCount)
  }
}
