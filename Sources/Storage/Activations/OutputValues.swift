// Outputs of a model on their way into a store.

/// What a model computed for a batch, in borrowed memory.
public struct OutputValues {
  /// [T, C] or [N, C], as many as the store has columns.
  public var tensors: [ModelOutput: UnsafeBufferPointer<Float>]
  /// Needed if the store keeps logits.
  public var topLogits: TopLogits?

  public init(
    _ tensors: [ModelOutput: UnsafeBufferPointer<Float>] = [:], topLogits: TopLogits? = nil
  ) {
    (self.tensors, self.topLogits) = (tensors, topLogits)
  }

  /// The largest logits of a batch.
  public struct TopLogits {
    /// [R, k], largest first.
    public let values: UnsafeBufferPointer<Float>
    /// [R, k], the vocabulary ids of `values`.
    public let ids: UnsafeBufferPointer<Int32>
    /// [R, temperatures].
    public let logNormalizers: UnsafeBufferPointer<Float>

    public init(
      values: UnsafeBufferPointer<Float>, ids: UnsafeBufferPointer<Int32>,
      logNormalizers: UnsafeBufferPointer<Float>
    ) {
      self.values = values
      self.ids = ids
      self.logNormalizers = logNormalizers
    }
  }
}

extension ActivationManifest {
  init(
    form: String, columns: [ActivationColumn], models: [ModelOutputs], source: [String: String]
  ) {
    self.init(
      form: form, columns: columns,
      parameters: models.reduce(into: [:]) { $0.merge($1.parameters) { first, _ in first } },
      source: source)
  }
}

extension ShardedActivationWriter {
  /// Puts the store of some models at its path.
  /// - Parameter attributes: of the form, beside those of the models.
  func finish(
    of models: [ModelOutputs], form: ActivationForm, attributes: [String: StoredValue]
  ) throws(ActivationStoreError) {
    var all = attributes
    all["form"] = .text(form.rawValue)
    all["overflow_count"] = .integer(Int64(overflowCount))
    var groups = ["/": all]
    for model in models {
      groups[model.group, default: [:]].merge(model.attributes) { first, _ in first }
    }
    try finish(attributes: groups)
  }

  /// Adds a batch to all columns of a model.
  /// - Parameters:
  ///   - tokens: T.
  ///   - sequences: N.
  ///   - logitRows: R.
  func append(
    _ values: OutputValues, of model: ModelOutputs, tokens: Int, sequences: Int, logitRows: Int
  ) {
    for column in model.columns {
      let rows = column.output.isOfTokens ? tokens : sequences
      guard let tensor = values.tensors[column.output], tensor.count == rows * column.width else {
        preconditionFailure("\(column.output) must be [\(rows), \(column.width)]")
      }
      append(tensor, to: self.column(model.path(of: column.output)))
    }
    guard let kept = model.topLogits else { return }
    guard let logits = values.topLogits, logits.values.count == logitRows * kept.count,
      logits.ids.count == logits.values.count,
      logits.logNormalizers.count == logitRows * kept.temperatures.count
    else { preconditionFailure("logits must be [\(logitRows), \(kept.count)]") }
    append(logits.values, to: column(model.path("logits/values")))
    append(UnsafeRawBufferPointer(logits.ids), to: column(model.path("logits/ids")))
    if !kept.temperatures.isEmpty {
      append(logits.logNormalizers, to: column(model.path("logits/log_normalizers")))
    }
  }
}
