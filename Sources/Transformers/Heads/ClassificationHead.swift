// From [CLS] to the logits of classes, in each family's own form.

/// BERT's pooler:  p = tanh(W · x + b). Part of the published model rather than of a head.
public final class Pooler: Module, Sendable {
  public let dense: Linear

  init(path: String, configuration: TransformerConfiguration) {
    let size = configuration.hiddenSize
    dense = Linear(path: "\(path).dense", inputSize: size, outputSize: size)
  }

  /// - Parameter x: [N, C], the first row of each sequence.
  /// - Returns: p [N, C].
  public func callAsFunction(_ x: Tensor, in scope: ComputeScope) -> Tensor {
    scope.activation(.tanh, dense(x, in: scope))
  }

  public func visitParameters(_ visit: (Parameter) -> Void) { dense.visitParameters(visit) }
}

/// BERT:        logits = W · Drop(pooled) + b, pooled by the model's `Pooler`.
/// DistilBERT:  logits = W · Drop(ReLU(W₁ · x + b₁)) + b, its first projection part of the head.
/// - Source: transformers 4.44.2 `BertForSequenceClassification`, `DistilBertForSequenceClassification`.
public final class ClassificationHead: Module, Sendable {
  /// DistilBERT's `pre_classifier`; nil in families whose base model has a pooler instead.
  public let dense: Linear?
  public let output: Linear
  private let site: DropoutSite

  init(path: String, configuration: TransformerConfiguration, site: DropoutSite) {
    let size = configuration.hiddenSize
    dense =
      configuration.structure.projectsBeforeClassifier
      ? Linear(path: "\(path).dense", inputSize: size, outputSize: size) : nil
    output = Linear(
      path: "\(path).output", inputSize: size, outputSize: configuration.labels.count)
    self.site = site
  }

  /// - Parameters:
  ///   - x: [N, C]: pooled (BERT), or the first row of each sequence (DistilBERT).
  ///   - placement: one row a sequence.
  /// - Returns: logits [N, K].
  public func callAsFunction(
    _ x: Tensor, placement: RowPlacement, mode: ForwardMode, in scope: ComputeScope
  ) -> Tensor {
    var features = x
    if let dense { features = scope.activation(.relu, dense(x, in: scope)) }
    features = scope.dropout(features, site: site, placement: placement, mode: mode)
    return output(features, in: scope)
  }

  public func visitParameters(_ visit: (Parameter) -> Void) {
    dense?.visitParameters(visit)
    output.visitParameters(visit)
  }
}
