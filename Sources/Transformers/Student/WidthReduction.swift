// How a student that is narrower than its teacher takes the teacher's weights.

/// What becomes of a teacher's weights in a student of fewer columns (C to c), heads (H to h, of size D to d) and feed-forward
/// neurons (F to f). All layers of a model share the columns of the hidden states; heads and neurons are each block's own.
///
/// Heads are kept whole where the head size is the same; otherwise d of each one's D dimensions are kept: the same of queries and
/// keys, and the same of values and the output's inputs. What is kept stays in the teacher's order.
///
/// Layer normalisation keeps neither a cut nor a turned hidden state as it is, so that no student computes what its teacher does:
/// measure what it begins with.
/// - Source: after Samragh et al. 2023 (arXiv 2312.09299), who rank neurons, cut, and scale weights to keep the variance.
public struct WidthReduction: Sendable, Hashable {
  /// What the student's columns of the hidden states are.
  public enum Method: String, Sendable, CaseIterable {
    /// c of the teacher's columns.
    case truncation
    /// Coordinates along the first c principal components P [C, c] of the teacher's word embeddings E [V, C], which are those of
    /// the covariance of E's columns. Every matrix that reads the hidden states becomes W · P, every one that writes them Pᵀ · W,
    /// every vector in them Pᵀ · b. A norm's scale γ, which no rotation leaves a vector, becomes the diagonal of
    /// Pᵀ · diag(γ) · P.
    case pca
  }

  /// Which columns (of `truncation`), heads, dimensions of heads, and neurons are kept.
  public enum Kept: String, Sendable, CaseIterable {
    /// Those with the largest share of the squared weights, in the mean over matrices: of a column the word and position
    /// embeddings, and the six matrices of every block that is copied; of a head its rows in the projections to queries, keys and
    /// values and its columns in the output's; of a dimension of heads the same two and two; of a neuron its row and its column.
    /// Of equals the first.
    case importance
    /// The first ones.
    case first
  }

  /// Factors that make up for what is left out.
  public enum Scale: String, Sendable, CaseIterable {
    /// A matrix of which n inputs become m is multiplied by √(n/m): with inputs alike and independent its outputs keep their
    /// variance. The inputs of the masked-LM decoder, which is the word embeddings, are scaled in its place: by the norm before
    /// it. With `pca` it is the scales of norms that are multiplied, by √(C/c), since a state of c columns after a norm is
    /// shorter by that; the matrices that read it are not.
    case variance
    case none
  }

  public var method: Method
  public var kept: Kept
  public var scale: Scale

  public init(by method: Method, keeping kept: Kept, scale: Scale) {
    (self.method, self.kept, self.scale) = (method, kept, scale)
  }

  /// What keeps a student of these sizes from being made.
  func problems(
    teacher: TransformerConfiguration, student: TransformerConfiguration
  ) -> [StudentInitializationError.Problem] {
    [
      ("hidden size", teacher.hiddenSize, student.hiddenSize),
      ("head count", teacher.headCount, student.headCount),
      ("head size", teacher.headSize, student.headSize),
      ("feed-forward size", teacher.feedForwardSize, student.feedForwardSize),
    ].filter { $0.1 < $0.2 }.map { .wider($0.0, teacher: $0.1, student: $0.2) }
  }
}
