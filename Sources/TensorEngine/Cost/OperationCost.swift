/// What one piece of an operation's work comes to by arithmetic: a function of shapes alone, the same on every
/// machine and at any number of threads.
public struct OperationCost: Sendable, Hashable {
  /// The operations that are told apart, most named by the file that holds it.
  public enum Operation: Int, Sendable, CaseIterable {
    case input, embedding, linear, gelu, attention, layerNorm, dropout, activation, rows, pooling
    /// Products of the vocabulary head, and what is done with its rows of logits.
    case vocabularyHead, vocabularyObjectives
    /// Losses of hidden states, of attention scores and of class logits.
    case losses
    case crossProduct
    case gradientNorm, adamW
    /// The update of any other optimizer.
    case optimizer
    /// Loops that measure what the machine can do.
    case probe

    /// In results, such as `layer_norm`.
    public var name: String {
      switch self {
      case .input: "input"
      case .embedding: "embedding"
      case .linear: "linear"
      case .gelu: "gelu"
      case .attention: "attention"
      case .layerNorm: "layer_norm"
      case .dropout: "dropout"
      case .activation: "activation"
      case .rows: "rows"
      case .pooling: "pooling"
      case .vocabularyHead: "vocabulary_head"
      case .vocabularyObjectives: "vocabulary_objectives"
      case .losses: "losses"
      case .crossProduct: "cross_product"
      case .gradientNorm: "gradient_norm"
      case .adamW: "adamw"
      case .optimizer: "optimizer"
      case .probe: "probe"
      }
    }
  }

  /// What a step's work is for. A loss that gives its gradient along with its value counts as forward.
  public enum Phase: Int, Sendable, CaseIterable {
    case forward, backward, update

    public var name: String {
      switch self {
      case .forward: "forward"
      case .backward: "backward"
      case .update: "update"
      }
    }
  }

  public let operation: Operation
  public let phase: Phase
  /// Floating-point operations of its matrix products, a multiplication and an addition each for one; what
  /// is done element by element is not counted.
  public let flops: Int
  /// Memory it must read and write at the least: each value of its operands once.
  public let bytes: Int

  /// - Parameters:
  ///   - flops: of its matrix products.
  ///   - values: float32 values read and written.
  init(_ operation: Operation, _ phase: Phase, flops: Int = 0, values: Int) {
    self.operation = operation
    self.phase = phase
    self.flops = flops
    bytes = values * MemoryLayout<Float>.stride
  }

  /// Of a product [rows, inner] · [inner, columns].
  @inline(__always)
  static func flops(rows: Int, columns: Int, inner: Int) -> Int { 2 * rows * columns * inner }
}
