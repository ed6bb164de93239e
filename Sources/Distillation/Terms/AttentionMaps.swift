// The attention maps of blocks.
import RetortOptions
import RetortTensorEngine

/// The difference between the attention of pairs of blocks, before dropout: S = q · kᵀ / √D of every head, or
/// A = softmax(S) row by row.
///
///     mse, each head            1/H Σₐ Σᵢⱼ (Xₐ - X'ₐ)², X = S or A: mean over the pairs of tokens i, j
///     mse, mean or sum          Σᵢⱼ (f Σₐ Xₐ - f' Σₐ X'ₐ)², f = 1/H or 1
///     kl, each head             1/H Σₐ Σᵢ KL(A'ₐ ‖ Aₐ): mean over the rows i
///     kl, mean of scores        Σᵢ KL(softmax(mean S') ‖ softmax(mean S))
///     kl, mean of probabilities Σᵢ KL(mean A' ‖ mean A)
///
/// Sources: Jiao et al. 2020 (arXiv 1909.10351), equation 7 (scores, mse, each); `att_mse_loss`, `att_mse_sum_loss`,
/// `att_ce_loss` and `att_ce_mean_loss` of TextBrewer 0.2.1, the cross-entropies of which differ from the divergence by the
/// teacher's entropy, a constant.
public struct AttentionMaps: TensorTerm, LayerMapTerm {
  public static let key = "attention"
  public static let title = "attention maps"
  public static let about =
    "The difference between the attention maps of blocks, taken before dropout."
  public static let batchKinds: Set<BatchKind> = [
    .maskedText, .text, .labelledSentences, .scoredSentences,
  ]

  public enum Quantity: String, Sendable, CaseIterable { case scores, probabilities }
  public enum Comparison: String, Sendable, CaseIterable { case mse, kl }
  public enum Heads: String, Sendable, CaseIterable { case each, mean, sum }
  /// Every pair of tokens counts the same, every row of a map, or every sequence.
  public enum Average: String, Sendable, CaseIterable { case pairs, rows, sequences }

  public static let options = OptionList(
    {
      AttentionMaps(
        of: $0, compare: $1, heads: $2, blocks: $3.pairs, average: $4, checked: false)
    },
    OptionField(
      "of", \.quantity, .choice,
      "scores: q · k / √(head size), before the softmax, as TinyBERT compares them; probabilities: after it. With kl and "
        + "the mean of heads it says which of the two is averaged."),
    OptionField(
      "compare", \.comparison, .choice,
      "mse: the squared difference of the entries; kl: the divergence of the student's rows from the teacher's."
    ),
    OptionField(
      "heads", \.heads, .choice,
      "each: head by head, which takes as many heads in both; mean or sum: one map of all heads."),
    OptionField(\.writtenPairs, BlockPairs.options),
    OptionField(
      "average", \.average, .choice,
      "pairs: every entry of a map counts the same (mse); rows: every row of a map (kl); sequences: every sequence, "
        + "whatever its length.")
  ).checked(["of", "compare", "heads", "average"]) { term, map in
    for (key, expected, found, advice) in term.contradictions {
      map.report(
        Diagnostic(
          map.node(key)?.origin ?? map.node.origin, map.pathOf(key), expected: expected,
          found: found, advice: advice), key)
    }
  }

  public var quantity: Quantity
  public var comparison: Comparison
  public var heads: Heads
  public var blocks: BlockPairs
  public var average: Average

  public init(
    of quantity: Quantity, compare comparison: Comparison, heads: Heads, blocks: BlockPairs,
    average: Average
  ) {
    self.init(
      of: quantity, compare: comparison, heads: heads, blocks: blocks, average: average,
      checked: true)
  }

  private init(
    of quantity: Quantity, compare comparison: Comparison, heads: Heads, blocks: BlockPairs,
    average: Average, checked: Bool
  ) {
    (self.quantity, self.comparison, self.heads) = (quantity, comparison, heads)
    (self.blocks, self.average) = (blocks, average)
    precondition(!checked || contradictions.isEmpty, "\(contradictions)")
  }

  private var writtenPairs: BlockPairs.Written { BlockPairs.Written(blocks) }

  /// What does not go together: key, what is expected there, what is found, what to do.
  private var contradictions: [(String, String, String, String)] {
    var found: [(String, String, String, String)] = []
    switch comparison {
    case .mse where average == .rows:
      found.append(
        (
          "average", "pairs or sequences with mse", "rows",
          "a map's entries are its pairs of tokens"
        )
      )
    case .kl where average == .pairs:
      found.append(
        ("average", "rows or sequences with kl", "pairs", "a divergence is one of a whole row"))
    default: break
    }
    if comparison == .kl, heads == .sum {
      found.append(
        ("heads", "each or mean with kl", "sum", "a sum of probabilities is no distribution"))
    }
    if comparison == .kl, heads == .each, quantity == .scores {
      found.append(
        (
          "of", "probabilities with kl of each head", "scores",
          "a divergence is taken of probabilities"
        ))
    }
    return found
  }

  public var rows: TermRows {
    switch average {
    case .pairs: TermRows(.all, average: .pairs)
    case .rows: TermRows(.all, average: .rows)
    case .sequences: TermRows(.all, average: .sequences)
    }
  }

  private static let reads: Set<AttentionProjection> = [.query, .key]
  public var readsOfStudent: Observations { blocks.readsOfStudent(Self.reads) }
  public var readsOfTeacher: Observations { blocks.readsOfTeacher(Self.reads) }

  public var notes: [String] { [blocks.blocks.orderNote("blocks")].compactMap { $0 } }

  public var formula: String {
    let which: String =
      switch heads {
      case .each: "\(quantity.rawValue) of each head"
      case .mean: "mean of all heads' \(quantity.rawValue)"
      case .sum: "sum of all heads' \(quantity.rawValue)"
      }
    let difference =
      comparison == .mse ? "MSE(attention \(which))" : "KL(teacher ‖ student) of attention \(which)"
    let over: String =
      switch average {
      case .pairs: "pairs of tokens"
      case .rows: "rows"
      case .sequences: "sequences"
      }
    return "\(difference), \(blocks.words), mean over \(over)"
  }

  public static let layers = LayerMap.Layers.blocks
  public var layerMap: LayerMap {
    get { blocks.blocks }
    set { blocks.blocks = newValue }
  }

  public func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] {
    var problems = blocks.problems(student: student, teacher: teacher)
    if heads == .each, let a = teacher.headCount, let b = student.headCount, a != b {
      problems.append(
        TermProblem(
          key: "heads", expected: "as many heads in the student as in the teacher",
          found: "\(a) in the teacher, \(b) in the student",
          advice: comparison == .kl ? "write mean" : "write mean or sum"))
    }
    return problems
  }

  private var engineComparison: ScoreComparison {
    let heads: ScoreComparison.Heads =
      switch heads {
      case .each: .each
      case .mean: .mean
      case .sum: .sum
      }
    return ScoreComparison(
      of: quantity == .scores ? .scores : .probabilities,
      by: comparison == .mse ? .squaredError : .divergence, heads: heads)
  }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    func queriesAndKeys(_ tensors: ObservedTensors, _ block: EncoderBlock) -> ScoreFactors {
      let queries = tensors.projection(BlockProjection(.query, of: block))
      let keys = tensors.projection(BlockProjection(.key, of: block))
      return ScoreFactors(
        queries.columns, keys.columns, size: queries.size, headCount: queries.headCount)
    }
    let layout = batch.layout
    func count(_ block: EncoderBlock) -> Double {
      heads == .each
        ? Double(batch.student.projection(BlockProjection(.query, of: block)).headCount) : 1
    }
    let entries = (0..<layout.sequenceCount).map { n -> Double in
      let length = Double(layout.length(of: n))
      guard average == .sequences else { return 1 }
      return comparison == .mse ? length * length : length
    }
    return blocks.sum(weights: entries.map { 1 / $0 }, gradientScale: gradientScale) {
      teacher, student, scales in
      let heads = count(student)
      return scope.attentionScoreLoss(
        student: queriesAndKeys(batch.student, student),
        teacher: queriesAndKeys(batch.teacher, teacher), comparison: engineComparison,
        layout: layout, gradientScales: scales.map { $0 / heads }
      ).map { $0 / heads }
    }
  }
}
