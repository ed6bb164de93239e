/// One recorded operation: what its backward pass needs.
enum TapeNode {
  case embedding(EmbeddingNode)
  case linear(LinearNode)
  case attention(AttentionNode)
  case layerNorm(LayerNormNode)
  case dropout(DropoutNode)
  case activation(ActivationNode)
  case rows(RowsNode)
  case meanOfSequences(MeanOfSequencesNode)
  case unitRows(UnitRowsNode)

  /// The tensor the operation made.
  var output: Tensor {
    switch self {
    case .embedding(let node): node.output
    case .linear(let node): node.output
    case .attention(let node): node.output
    case .layerNorm(let node): node.output
    case .dropout(let node): node.output
    case .activation(let node): node.output
    case .rows(let node): node.output
    case .meanOfSequences(let node): node.output
    case .unitRows(let node): node.output
    }
  }

  /// Adds this operation's contributions to the gradients of its inputs and parameters.
  /// - Parameter upstream: gradient of the output, [rows, columns] of `output`.
  func backward(in scope: ComputeScope, upstream: UnsafeMutablePointer<Float>) {
    switch self {
    case .embedding(let node): node.backward(in: scope, upstream: upstream)
    case .linear(let node): node.backward(in: scope, upstream: upstream)
    case .attention(let node): node.backward(in: scope, upstream: upstream)
    case .layerNorm(let node): node.backward(in: scope, upstream: upstream)
    case .dropout(let node): node.backward(in: scope, upstream: upstream)
    case .activation(let node): node.backward(in: scope, upstream: upstream)
    case .rows(let node): node.backward(in: scope, upstream: upstream)
    case .meanOfSequences(let node): node.backward(in: scope, upstream: upstream)
    case .unitRows(let node): node.backward(in: scope, upstream: upstream)
    }
  }
}
