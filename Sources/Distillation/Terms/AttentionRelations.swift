// Self-attention relations of blocks: MiniLM and MiniLMv2.
import RetortOptions
import RetortTensorEngine

/// The divergence between self-attention relations of pairs of blocks, before dropout. X and Y of q, k and v [L, C] are cut
/// into R relation heads of d = C/R columns, whatever heads the models have:
///
///     relation of X and Y, head r:  rel_r = softmax(X_r · Y_rᵀ / √d), row by row
///     Σ over the relations of weight · 1/R Σ_r Σ_i KL(teacher's rel_r,i ‖ student's rel_r,i)
///
/// Mean over rows i, or over sequences: then 1/L of each one's rows. R must divide the width of both, which may differ.
///
/// MiniLM (Wang et al. 2020, arXiv 2002.10957, equations 5 to 8): q-k and v-v, R the number of heads, the last blocks.
/// MiniLMv2 (Wang et al. 2021, arXiv 2012.15828, equations 5 to 8): q-q, k-k and v-v, R = 48 for teachers of 12 heads. Both
/// average over sequences, as bertdistiller 0.1.2 does.
///
/// Nothing of the student after the projections of its last block in a pair is trained by this term: not the output of that
/// block's attention, its feed-forward network and layer norms, nor the blocks above (`Observations.reach`).
public struct AttentionRelations: TensorTerm, LayerMapTerm {
  public static let key = "relations"
  public static let title = "attention relations"
  public static let about =
    "The divergence between self-attention relations of blocks: of queries, keys and values among themselves."
  public static let batchKinds: Set<BatchKind> = [
    .maskedText, .text, .labelledSentences, .scoredSentences,
  ]

  /// What is related to what.
  public enum Relation: String, Sendable, CaseIterable {
    case queryKey = "q-k"
    case valueValue = "v-v"
    case queryQuery = "q-q"
    case keyKey = "k-k"

    var projections: (x: AttentionProjection, y: AttentionProjection) {
      switch self {
      case .queryKey: (.query, .key)
      case .valueValue: (.value, .value)
      case .queryQuery: (.query, .query)
      case .keyKey: (.key, .key)
      }
    }
  }

  public struct WeightedRelation: Sendable, Hashable {
    public var relation: Relation
    public var weight: Double

    public init(_ relation: Relation, weight: Double = 1) {
      precondition(weight > 0, "a relation with a weight of \(weight)")
      (self.relation, self.weight) = (relation, weight)
    }
  }

  /// Every row counts the same, or every sequence.
  public enum Average: String, Sendable, CaseIterable { case sequences, rows }

  public static let options = OptionList(
    { AttentionRelations(of: $0, heads: $1, blocks: $2.pairs, average: $3) },
    OptionField(
      "of", \.relations, relationsType,
      "Which relations: a list, or a map of relations to weights. MiniLM: q-k and v-v; MiniLMv2: q-q, k-k and v-v."
    ),
    OptionField(
      "heads", \.headCount, .integer(atLeast: 1, example: "48"),
      "Relation heads, a divisor of both hidden sizes; MiniLMv2 uses 48 for teachers of 12 heads."),
    OptionField(\.writtenPairs, BlockPairs.options),
    OptionField(
      "average", \.average, .choice,
      "sequences: every sequence counts the same, whatever its length, as in MiniLM; rows: every token does."
    ))

  public var relations: [WeightedRelation]
  /// R
  public var headCount: Int
  public var blocks: BlockPairs
  public var average: Average

  public init(
    of relations: [WeightedRelation], heads: Int, blocks: BlockPairs, average: Average
  ) {
    precondition(!relations.isEmpty && heads > 0, "no relations, or no heads")
    (self.relations, headCount, self.blocks, self.average) = (relations, heads, blocks, average)
  }

  private var writtenPairs: BlockPairs.Written { BlockPairs.Written(blocks) }

  public var rows: TermRows {
    TermRows(.all, average: average == .sequences ? .sequences : .rows)
  }

  private var reads: Set<AttentionProjection> {
    Set(relations.flatMap { [$0.relation.projections.x, $0.relation.projections.y] })
  }
  public var readsOfStudent: Observations { blocks.readsOfStudent(reads) }
  public var readsOfTeacher: Observations { blocks.readsOfTeacher(reads) }

  public var notes: [String] { [blocks.blocks.orderNote("blocks")].compactMap { $0 } }

  public var formula: String {
    let parts = relations.map { item in
      (item.weight == 1 ? "" : "\(PlainNumber.text(item.weight)) · ")
        + "KL(teacher ‖ student) of \(item.relation.rawValue)"
    }
    return
      "(\(parts.joined(separator: " + "))), \(headCount) relation heads, \(blocks.words), mean over "
      + "\(average.rawValue)"
  }

  public static let layers = LayerMap.Layers.blocks
  public var layerMap: LayerMap {
    get { blocks.blocks }
    set { blocks.blocks = newValue }
  }

  public func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] {
    var problems = blocks.problems(student: student, teacher: teacher)
    let sizes = [("teacher", teacher.hiddenSize), ("student", student.hiddenSize)]
    let undivided = sizes.compactMap { role, size -> String? in
      guard let size, size % headCount != 0 else { return nil }
      return "\(size) of the \(role)"
    }
    if !undivided.isEmpty {
      let known = sizes.compactMap(\.1)
      let common = (1...headCount).last { heads in known.allSatisfy { $0 % heads == 0 } } ?? 1
      problems.append(
        TermProblem(
          key: "heads",
          expected: "a divisor of the hidden size " + undivided.joined(separator: " and "),
          found: "\(headCount)", advice: "the next smaller one that divides both is \(common)"))
    }
    return problems
  }

  private static let comparison = ScoreComparison(
    of: .probabilities, by: .divergence, heads: .each)

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    let layout = batch.layout
    let weights = (0..<layout.sequenceCount).map { n in
      1 / Double(headCount * (average == .sequences ? layout.length(of: n) : 1))
    }
    func factors(
      _ tensors: ObservedTensors, _ block: EncoderBlock, _ relation: Relation
    ) -> ScoreFactors {
      let (x, y) = relation.projections
      let (left, right) = (
        tensors.projection(BlockProjection(x, of: block)),
        tensors.projection(BlockProjection(y, of: block))
      )
      return ScoreFactors(
        left.columns, right.columns, size: left.size, headCount: headCount)
    }
    return relations.reduce(0) { total, item in
      let sum = blocks.sum(weights: weights, gradientScale: gradientScale * item.weight) {
        teacher, student, scales in
        scope.attentionScoreLoss(
          student: factors(batch.student, student, item.relation),
          teacher: factors(batch.teacher, teacher, item.relation), comparison: Self.comparison,
          layout: layout, gradientScales: scales)
      }
      return total + item.weight * sum
    }
  }
}

// MARK: - In a definition

extension AttentionRelations {
  /// `[q-q, k-k]`, or `{q-q: 0.5, k-k: 0.5}`.
  private static let relationsType: OptionType<[WeightedRelation]> = {
    let names = OptionType<[Relation]>.list(
      of: .choice, ListRule(least: 1, isDistinct: true), tooFew: "at least one relation")
    let weight = OptionType<Double>.number(.positive, example: "0.5")
    let words = "a list of relations, or a map of relations to weights"
    return OptionType(
      schema: .any([
        names.schema,
        .map(
          Relation.allCases.map {
            OptionDescription(
              key: $0.rawValue, schema: weight.schema, about: "Its weight.", presence: .optional,
              example: weight.example)
          }),
      ]),
      words: words, example: "[q-q, k-k, v-v]", standIn: [WeightedRelation(.queryKey)],
      read: { node, key, map in
        if node.items != nil {
          return names.read(node, key, map).map { $0.map { WeightedRelation($0) } }
        }
        guard node.entries?.isEmpty == false,
          let below = MapReader(node, at: map.pathOf(key), map.collector)
        else {
          map.reportWrong(node, key, expected: words, advice: "as in \(key): [q-q, k-k, v-v]")
          return nil
        }
        defer { below.finish() }
        // In the order in which they are written.
        let order = (node.entries ?? []).compactMap { Relation(rawValue: $0.key) }
        for relation in Relation.allCases { _ = below.has(relation.rawValue) }
        let read = order.compactMap { relation in
          below.value(relation.rawValue, weight).map { WeightedRelation(relation, weight: $0) }
        }
        return read.isEmpty ? nil : read
      },
      write: { relations in
        relations.allSatisfy { $0.weight == 1 }
          ? names.write(relations.map(\.relation))
          : .map(relations.map { ($0.relation.rawValue, weight.write($0.weight)) })
      })
  }()
}
