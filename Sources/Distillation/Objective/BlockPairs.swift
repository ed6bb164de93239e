// What terms on the attention of blocks share: which blocks are compared, and how their values become one.
import RetortOptions
import RetortTensorEngine

/// Pairs of blocks and how their values become one.
public struct BlockPairs: Sendable, Hashable {
  public var blocks: LayerMap
  /// Nil only where there is one pair.
  public var reduction: PairReduction?

  public init(_ blocks: LayerMap, reduction: PairReduction? = nil) {
    precondition(reduction != nil || !blocks.mayHaveSeveral, "several pairs without a reduction")
    (self.blocks, self.reduction) = (blocks, reduction)
  }

  /// The keys `blocks` and `over_pairs`.
  static let options = OptionList(
    { Written(blocks: $0, reduction: $1) },
    OptionField(
      "blocks", \.blocks, LayerMap.type(example: "last"),
      "Which blocks are compared, counted from 0, as pairs [teacher, student]; uniform: every block of the student with "
        + "one of the teacher at even distances, the last with the last; last: the last of both."),
    OptionField(
      optional: "over_pairs", \.reduction, .choice,
      "Whether the values of several pairs are added up or averaged; it is written wherever there may be several."
    )
  ).checked(["blocks", "over_pairs"]) { written, map in
    guard written.blocks.mayHaveSeveral, written.reduction == nil else { return }
    map.report(
      Diagnostic(
        map.node("blocks")?.origin ?? map.node.origin, map.pathOf("over_pairs"),
        expected: "sum or mean for several pairs of blocks", found: "nothing",
        advice: "TinyBERT adds its blocks up: over_pairs: sum"), "over_pairs")
  }

  /// The two keys before they are known to go together.
  struct Written: Sendable {
    var blocks: LayerMap
    var reduction: PairReduction?

    init(blocks: LayerMap, reduction: PairReduction?) {
      (self.blocks, self.reduction) = (blocks, reduction)
    }

    init(_ pairs: BlockPairs) { self.init(blocks: pairs.blocks, reduction: pairs.reduction) }

    /// A map with a mistake is never used.
    var pairs: BlockPairs {
      BlockPairs(blocks, reduction: reduction ?? (blocks.mayHaveSeveral ? .sum : nil))
    }
  }

  // MARK: With models

  func resolved(student: ModelDimensions, teacher: ModelDimensions) -> BlockPairs {
    guard blocks == .uniform,
      let pairs = blocks.pairs(of: .blocks, student: student, teacher: teacher)
    else { return self }
    return BlockPairs(.pairs(pairs), reduction: reduction)
  }

  /// The blocks as they are observed. Of `uniform`, until the models are known, only the last is.
  private var observed: [(teacher: EncoderBlock, student: EncoderBlock)] {
    guard case .pairs(let pairs) = blocks else { return [(.last, .last)] }
    return pairs.map { (.number($0.teacher), .number($0.student)) }
  }

  func readsOfStudent(_ projections: Set<AttentionProjection>) -> Observations {
    reads(observed.map(\.student), projections)
  }

  func readsOfTeacher(_ projections: Set<AttentionProjection>) -> Observations {
    reads(observed.map(\.teacher), projections)
  }

  private func reads(
    _ blocks: [EncoderBlock], _ projections: Set<AttentionProjection>
  ) -> Observations {
    Observations(
      projections: Set(
        blocks.flatMap { block in projections.map { BlockProjection($0, of: block) } }))
  }

  func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] {
    guard case .pairs(let pairs) = blocks else {
      return blocks.problems(key: "blocks", student: student, teacher: teacher)
    }
    return pairs.enumerated().flatMap { index, pair in
      [
        ("teacher", pair.teacher, teacher.layerCount),
        ("student", pair.student, student.layerCount),
      ]
      .enumerated().compactMap { place, side -> TermProblem? in
        let (role, number, count) = side
        guard let count, number >= count else { return nil }
        return TermProblem(
          key: "blocks.\(index).\(place)",
          expected: "a block of the \(role) from 0 to \(count - 1)", found: "\(number)",
          advice: "blocks are counted from 0; a pair is [teacher, student]")
      }
    }
  }

  /// "blocks 1→0 + 3→1".
  var words: String {
    let several: String =
      switch reduction {
      case nil: ""
      case .sum: ", added up"
      case .mean: ", averaged"
      }
    switch blocks {
    case .pairs(let pairs):
      return "\(pairs.count == 1 ? "block" : "blocks") "
        + pairs.map(\.words).joined(separator: ", ") + (pairs.count == 1 ? "" : several)
    case .uniform: return "blocks uniform\(several)"
    case .last: return "the last block of both"
    }
  }

  // MARK: Computing

  /// The sum over all pairs of what `value` gives, which is handed the gradient scale of each sequence.
  /// - Parameters:
  ///   - weights: what each sequence's value counts.
  ///   - value: of each sequence.
  func sum(
    weights: [Double], gradientScale: Double,
    _ value: (_ teacher: EncoderBlock, _ student: EncoderBlock, _ scales: [Double]) -> [Double]
  ) -> Double {
    let pairs = observed
    precondition(blocks != .uniform, "uniform pairs of blocks are settled before a batch is")
    let factor = reduction?.factor(of: pairs.count) ?? 1
    return pairs.reduce(0) { sum, pair in
      let values = value(
        pair.teacher, pair.student, weights.map { $0 * factor * gradientScale })
      return zip(weights, values).reduce(sum) { $0 + $1.0 * factor * $1.1 }
    }
  }
}
