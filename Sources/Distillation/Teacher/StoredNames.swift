// Under which names a store has what terms read.
import RetortStorage
import RetortTransformers

extension HiddenLayer {
  /// Of a column `hidden/<layer>`.
  init?(storedName: String) {
    if storedName == ModelOutput.lastLayer {
      self = .last
    } else if let number = Int(storedName) {
      self = .number(number)
    } else {
      return nil
    }
  }
}

extension BlockProjection {
  /// Its column, if its block has a number.
  var stored: ModelOutput {
    guard case .number(let block) = block else {
      preconditionFailure("a block without a number has no column")
    }
    return .projection(projection.rawValue, block: block)
  }

  /// With its number in an encoder of `layerCount` blocks.
  func of(layerCount: Int) -> BlockProjection {
    BlockProjection(projection, of: .number(block.number(layerCount: layerCount)))
  }
}

extension Observations {
  /// What columns are of.
  init(_ outputs: [ModelOutput]) {
    self.init()
    for output in outputs {
      switch output {
      case .hiddenState(let layer):
        if let layer = HiddenLayer(storedName: layer) { hiddenStates.insert(layer) }
      case .projection(let name, let block):
        if let projection = AttentionProjection(rawValue: name) {
          projections.insert(BlockProjection(projection, of: .number(block)))
        }
      case .pooled(let pooling):
        if let pooling = Pooling(rawValue: pooling) { pooled.insert(pooling) }
      case .classLogits: classLogits = true
      }
    }
  }

  /// The columns that it takes, for an encoder of `layerCount` blocks. Vocabulary logits, which are computed again from the
  /// last hidden states, take those.
  public func outputs(layerCount: Int, keepsLogits: Bool = false) -> [ModelOutput] {
    let computes = vocabularyLogits != nil && !keepsLogits
    let layers = Set(
      hiddenStates.union(computes ? [.last] : []).map { $0.of(layerCount: layerCount) })
    return layers.sorted().map { .hiddenState($0.description) }
      + Set(projections.map { $0.of(layerCount: layerCount).stored })
      + pooled.map { .pooled($0.rawValue) } + (classLogits ? [.classLogits] : [])
  }
}

extension ModelOutputs {
  /// What is kept of a model for terms that read `outputs` of it.
  /// - Parameters:
  ///   - dimensions: its sizes; those that the outputs take are known.
  ///   - precision: of all columns but class logits; nil for binary16 a token and float32 a sequence.
  public init(
    _ outputs: [ModelOutput], topLogits: TopLogits?, name: String?, dimensions: ModelDimensions,
    precision: ActivationPrecision?
  ) {
    let columns = outputs.map { output in
      switch output {
      case .classLogits:
        Column(output, width: dimensions.classCount ?? 0, precision: .f32)
      case .hiddenState, .projection:
        Column(output, width: dimensions.hiddenSize ?? 0, precision: precision ?? .f16)
      case .pooled:
        Column(output, width: dimensions.hiddenSize ?? 0, precision: precision ?? .f32)
      }
    }
    self.init(
      columns, topLogits: topLogits, name: name, layerCount: dimensions.layerCount,
      headCount: dimensions.headCount)
  }

  /// The column of a hidden state: the last one may stand under its number.
  func column(of layer: HiddenLayer) -> Column? {
    var names = [layer]
    if let layerCount {
      names.append(layer == .last ? .number(layerCount) : layer.of(layerCount: layerCount))
    }
    return names.lazy.compactMap { self[.hiddenState($0.description)] }.first
  }

  /// The column of a block's queries, keys or values.
  func column(of projection: BlockProjection) -> Column? {
    if projection.block == .last, layerCount == nil { return nil }
    return self[projection.of(layerCount: layerCount ?? 0).stored]
  }

  /// The column of vectors of whole sequences; nil where they are pooled from the last hidden states.
  func column(of pooling: Pooling) -> Column? { self[.pooled(pooling.rawValue)] }

  /// Where the logits of all words are computed again.
  var needsHead: Bool { topLogits == nil }
}
