// What a term is a mean over: its rows and what each of them counts.
import RetortStorage
import RetortTensorEngine

/// The positions of a sequence at which a term is taken.
public enum TermPositions: String, Sendable, Hashable, CaseIterable {
  case all
  /// Those whose word was masked.
  case masked
  /// [CLS] alone.
  case first
  /// All but [CLS] and each [SEP].
  case inner

  public init(_ positions: TokenPositions) {
    switch positions {
    case .all: self = .all
    case .masked: self = .masked
    }
  }

  fileprivate var words: String {
    switch self {
    case .all: "all positions"
    case .masked: "masked positions"
    case .first: "first positions"
    case .inner: "positions between [CLS] and [SEP]"
    }
  }

  /// The same of one sequence.
  fileprivate var wordsOfSequence: String {
    switch self {
    case .all: "all its positions"
    case .masked: "its masked positions"
    case .first: "its first position"
    case .inner: "its positions between [CLS] and [SEP]"
    }
  }
}

/// What the values at a term's positions are averaged over, in all batches of a step together. A sequence n with rₙ of the
/// positions has rₙ rows, and rₙ² pairs of them.
public enum TermAverage: String, Sendable, Hashable, CaseIterable {
  /// Every position counts 1: the sum is divided by Σ rₙ.
  case tokens
  /// Every sequence counts 1, whatever its length: each row counts 1/rₙ, and the sum is divided by the number of sequences that
  /// have any.
  case sequences
  /// The rows of the sequences' [rₙ, rₙ] matrices count 1 each: the sum is divided by Σ rₙ.
  case rows
  /// The entries of those matrices count 1 each: the sum is divided by Σ rₙ².
  case pairs
}

/// What a term is a mean over, in all batches of a step together.
public struct TermRows: Sendable, Hashable {
  public var positions: TermPositions
  public var average: TermAverage
  /// By class, where each sequence counts as much as its class; nil for 1 each. The term multiplies its values by them itself.
  public var classWeights: [Double]?
  /// What each sequence counts by its teacher's logits. The term multiplies its values by it itself.
  public var examples: ExampleWeighting

  public init(
    _ positions: TermPositions, average: TermAverage, classWeights: [Double]? = nil,
    examples: ExampleWeighting = .uniform
  ) {
    precondition(
      classWeights == nil && examples == .uniform || average == .sequences && positions == .first,
      "weights of classes and examples belong to terms with one row a sequence")
    precondition(classWeights == nil || examples == .uniform, "two kinds of weights")
    (self.positions, self.average) = (positions, average)
    (self.classWeights, self.examples) = (classWeights, examples)
  }

  /// One row a sequence, as class logits have.
  public static let sentences = TermRows(.first, average: .sequences)

  /// What a formula says after "mean over".
  public var words: String {
    switch average {
    case .tokens: positions.words
    case .sequences where classWeights != nil: "sentences by the weights of their classes"
    case .sequences where positions == .first: examples.words
    case .sequences: "sequences, of each the mean over \(positions.wordsOfSequence)"
    case .rows: "rows of a sequence's matrix, \(positions.words)"
    case .pairs: "pairs of a sequence's tokens, \(positions.words)"
    }
  }

  /// What each row of a batch counts, [T]: 0 where the term is not taken. Nil where every row counts 1.
  /// - Parameters:
  ///   - layout: of the batch.
  ///   - words: [T], the word that was masked, -1 where none was; empty where nothing is ever masked.
  public func weights(layout: SequenceLayout, words: [Int32]) -> [Double]? {
    if positions == .all, average != .sequences { return nil }
    var weights = [Double](repeating: 0, count: layout.tokenCount)
    for n in 0..<layout.sequenceCount {
      let rows = positions.rows(ofSequence: n, layout: layout, words: words)
      for row in rows { weights[row] = average == .sequences ? 1 / Double(rows.count) : 1 }
    }
    return weights
  }
}

extension TermPositions {
  /// The rows of a batch that are a sequence's positions, in order.
  fileprivate func rows(
    ofSequence n: Int, layout: SequenceLayout, words: [Int32]
  ) -> [Int] {
    let all = Int(layout.offsets[n])..<Int(layout.offsets[n + 1])
    switch self {
    case .all: return Array(all)
    case .masked: return words.isEmpty ? [] : all.filter { words[$0] >= 0 }
    case .first: return [all.lowerBound]
    case .inner:
      return all.dropFirst().dropLast().filter { row in
        // The last token of a pair's first text is a [SEP] too.
        layout.tokenTypes.map { $0[row] == $0[row + 1] } ?? true
      }
    }
  }
}

/// The rows of a batch on which a term is taken.
public struct BatchRows: Sendable {
  /// [R], ascending.
  public let rows: [Int32]
  /// [R], what each counts; nil for 1 each.
  public let weights: [Double]?
  private let isEveryRow: Bool

  init(_ weights: [Double]?, tokenCount: Int) {
    let rows = (0..<Int32(tokenCount)).filter { row in weights.map { $0[Int(row)] != 0 } ?? true }
    let chosen = weights.map { all in rows.map { all[Int($0)] } }
    self.rows = rows
    self.weights = chosen?.allSatisfy { $0 == 1 } ?? true ? nil : chosen
    isEveryRow = rows.count == tokenCount
  }

  /// R; a batch may have none.
  public var count: Int { rows.count }

  /// Those rows [R, C] of a tensor [T, C] of the batch, which may be the tensor itself. There must be one.
  public func of(_ tensor: Tensor, in scope: ComputeScope) -> Tensor {
    isEveryRow ? tensor : scope.rows(rows, of: tensor)
  }
}
