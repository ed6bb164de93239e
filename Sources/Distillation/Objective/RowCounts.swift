// How many rows each term of a step is the mean over.

/// The sequences of all batches of a step together: known before the first forward pass, so that gradients are scaled once.
public struct RowCounts: Sendable, Equatable {
  public var sequences: [SequenceRows]

  public init(_ sequences: [SequenceRows]) { self.sequences = sequences }

  /// The rows of one sequence.
  public struct SequenceRows: Sendable, Equatable {
    /// Tokens, [CLS] and [SEP] included.
    public var length: Int
    /// Those whose word was masked.
    public var maskedCount: Int
    /// Those that are neither [CLS] nor [SEP].
    public var innerCount: Int
    /// The number of its class; nil where sequences have none.
    public var label: Int?
    /// The teacher's class logits of it; nil where no term weighs sequences by them.
    public var teacherLogits: [Float]?

    public init(
      length: Int, maskedCount: Int, innerCount: Int, label: Int? = nil,
      teacherLogits: [Float]? = nil
    ) {
      (self.length, self.maskedCount) = (length, maskedCount)
      (self.innerCount, self.label) = (innerCount, label)
      self.teacherLogits = teacherLogits
    }

    func count(of positions: TermPositions) -> Int {
      switch positions {
      case .all: length
      case .masked: maskedCount
      case .first: 1
      case .inner: innerCount
      }
    }
  }

  /// What a sum is divided by to make the mean.
  public func of(_ rows: TermRows) -> Double {
    if let weights = rows.classWeights { return sum(ofClassWeights: weights) }
    if rows.examples != .uniform { return sum(of: rows.examples) }
    let counts = sequences.lazy.map { $0.count(of: rows.positions) }
    return switch rows.average {
    case .tokens, .rows: Double(counts.reduce(0, +))
    case .sequences: Double(counts.count { $0 > 0 })
    case .pairs: Double(counts.reduce(0) { $0 + $1 * $1 })
    }
  }

  private func sum(of weighting: ExampleWeighting) -> Double {
    sequences.reduce(0) { sum, sequence in
      guard let logits = sequence.teacherLogits else {
        preconditionFailure("a sequence without the teacher's logits by which it is weighted")
      }
      return sum + weighting.weight(logits: logits, label: sequence.label)
    }
  }

  private func sum(ofClassWeights weights: [Double]) -> Double {
    var counts = [Int](repeating: 0, count: weights.count)
    for sequence in sequences {
      guard let label = sequence.label, weights.indices.contains(label) else {
        preconditionFailure(
          "a sequence of class \(sequence.label.map(String.init) ?? "none") with weights of \(weights.count) classes"
        )
      }
      counts[label] += 1
    }
    return zip(counts, weights).reduce(0) { $0 + Double($1.0) * $1.1 }
  }

  /// A term without rows (nothing was masked) is 0.
  public func mean(over rows: TermRows, of sum: Double) -> Double {
    let count = of(rows)
    return count == 0 ? 0 : sum / count
  }

  /// What the gradient of each row's loss is multiplied by, besides the row's own weight.
  public func gradientScale(over rows: TermRows, weight: Double) -> Double {
    mean(over: rows, of: weight)
  }
}
