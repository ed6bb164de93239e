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
        + "one of the teacher at even distances, the last with the last; skip: the same without the last; last: the last of "
        + "both; nearest: each of the student with the one that its output is most like, by linear CKA."
    ),
    PairReduction.option(\.reduction)
  ).checked(["blocks"]) { written, map in
    PairReduction.check(ofSeveral: written.blocks.mayHaveSeveral, map)
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
      BlockPairs(
        blocks, reduction: PairReduction.read(reduction, ofSeveral: blocks.mayHaveSeveral))
    }
  }

  // MARK: With models

  /// The blocks as they are observed. Until the models are known, only the last is.
  private var observed: [(teacher: EncoderBlock, student: EncoderBlock)] {
    guard let pairs = blocks.settledPairs else { return [(.last, .last)] }
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
      return blocks.problems(key: "blocks", of: .blocks, student: student, teacher: teacher)
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

  /// In a formula: "blocks 1→0 3→1, sum over pairs".
  var words: String {
    guard blocks != .last else { return "the last block of both" }
    let several = blocks.mayHaveSeveral
    return "\(several ? "blocks" : "block") \(blocks.words)"
      + PairReduction.words(reduction, ofSeveral: several)
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
    precondition(!blocks.isOpen, "which blocks are compared is settled before a batch is")
    let factor = reduction?.factor(of: pairs.count) ?? 1
    return pairs.reduce(0) { sum, pair in
      let values = value(
        pair.teacher, pair.student, weights.map { $0 * factor * gradientScale })
      return zip(weights, values).reduce(sum) { $0 + $1.0 * factor * $1.1 }
    }
  }
}
