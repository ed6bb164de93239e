// Attention maps and self-attention relations in definitions.
import RetortOptions
import Testing

@testable import RetortDistillation

@Suite("Terms on the attention of blocks")
struct AttentionTermsTests {
  // MARK: In a definition

  /// Reads a term from keys and values; a list is written in brackets, a map in braces.
  private func read<Term: LossTerm>(
    _: Term.Type, _ entries: [(String, DefinitionNode)]
  ) -> (Term?, [String]) {
    let collector = DiagnosticCollector()
    let node = DefinitionNode.map(entries, .standard)
    let term = MapReader(node, at: "loss.\(Term.key)", collector).flatMap { map -> Term? in
      defer { map.finish() }
      return Term.options.read(map)
    }
    return (term, collector.diagnostics.map(\.problem))
  }

  private func text(_ value: String) -> DefinitionNode { .text(value, .standard) }
  private func list(_ items: [DefinitionNode]) -> DefinitionNode {
    DefinitionNode(content: .list(items), origin: .standard)
  }
  private func pairs(_ pairs: [(Int, Int)]) -> DefinitionNode {
    list(pairs.map { list([text("\($0.0)"), text("\($0.1)")]) })
  }

  @Test("maps are read as they are written")
  func mapOptions() {
    let term = AttentionMaps(
      of: .scores, compare: .mse, heads: .each,
      blocks: BlockPairs(
        .pairs([LayerPair(teacher: 1, student: 0), LayerPair(teacher: 3, student: 1)]),
        reduction: .sum), average: .pairs)
    #expect(
      CanonicalText.write(.map(AttentionMaps.options.write(term)), sorted: false)
        == "of: scores\ncompare: mse\nheads: each\nblocks:\n  - [1, 0]\n  - [3, 1]\n"
        + "over_pairs: sum\naverage: pairs\n")
    let (found, problems) = read(
      AttentionMaps.self,
      [
        ("of", text("scores")), ("compare", text("mse")), ("heads", text("each")),
        ("blocks", pairs([(1, 0), (3, 1)])), ("over_pairs", text("sum")),
        ("average", text("pairs")),
      ])
    #expect(found == term && problems.isEmpty, "\(problems)")
    #expect(
      term.formula
        == "MSE(attention scores of each head), blocks 1→0 3→1, sum over pairs, mean over pairs of tokens"
    )
  }

  @Test("settings that contradict each other are mistakes at their keys")
  func contradictions() {
    func problems(_ of: String, _ compare: String, _ heads: String, _ average: String) -> [String] {
      read(
        AttentionMaps.self,
        [
          ("of", text(of)), ("compare", text(compare)), ("heads", text(heads)),
          ("blocks", text("last")), ("average", text(average)),
        ]
      ).1
    }
    #expect(problems("probabilities", "kl", "each", "rows").isEmpty)
    #expect(problems("scores", "kl", "mean", "sequences").isEmpty)
    #expect(
      problems("probabilities", "kl", "mean", "pairs").map { $0.prefix(22) } == [
        "loss.attention.average"
      ])
    #expect(
      problems("scores", "mse", "mean", "rows").map { $0.prefix(22) } == ["loss.attention.average"])
    #expect(
      problems("probabilities", "kl", "sum", "rows").map { $0.prefix(20) } == [
        "loss.attention.heads"
      ])
    #expect(problems("scores", "kl", "each", "rows").map { $0.prefix(17) } == ["loss.attention.of"])
    // Several pairs of blocks do not say by themselves how they become one number.
    let (_, missing) = read(
      AttentionRelations.self,
      [
        ("of", list([text("q-q")])), ("heads", text("4")), ("blocks", text("uniform")),
        ("average", text("rows")),
      ])
    #expect(missing == ["loss.relations has no 'over_pairs'"])
  }

  @Test("relations are a list, or a map with weights")
  func relationOptions() {
    func term(_ relations: [AttentionRelations.WeightedRelation]) -> AttentionRelations {
      AttentionRelations(
        of: relations, heads: 48, blocks: BlockPairs(.last), average: .sequences)
    }
    func found(_ of: DefinitionNode) -> (AttentionRelations?, [String]) {
      read(
        AttentionRelations.self,
        [
          ("of", of), ("heads", text("48")), ("blocks", text("last")),
          ("average", text("sequences")),
        ])
    }
    let plain = term([.init(.queryKey), .init(.valueValue)])
    #expect(found(list([text("q-k"), text("v-v")])) == (plain, []))
    #expect(
      CanonicalText.write(.map(AttentionRelations.options.write(plain)), sorted: false)
        == "of: [q-k, v-v]\nheads: 48\nblocks: last\naverage: sequences\n")
    let weighted = term([.init(.keyKey, weight: 0.25), .init(.queryQuery, weight: 0.75)])
    let map = DefinitionNode.map([("k-k", text("0.25")), ("q-q", text("0.75"))], .standard)
    #expect(found(map) == (weighted, []))
    #expect(
      weighted.formula
        == "(0.25 · KL(teacher ‖ student) of k-k + 0.75 · KL(teacher ‖ student) of q-q), 48 relation heads, "
        + "the last block of both, mean over sequences")
    #expect(found(list([])).1.count == 1)
    #expect(found(text("q-q")).1.count == 1)
    #expect(found(DefinitionNode.map([("q-v", text("1"))], .standard)).1.count >= 1)
    #expect(found(DefinitionNode.map([("q-q", text("0"))], .standard)).1.count == 1)
    #expect(
      found(list([text("q-q"), text("q-q")])).1 == ["loss.relations.of.1: q-q is given twice"])
  }

  // MARK: With models

  @Test("heads that differ, heads that do not divide and blocks that are not there do not fit")
  func problems() {
    let student = ModelDimensions(layerCount: 3, hiddenSize: 24, headCount: 4)
    let teacher = ModelDimensions(layerCount: 6, hiddenSize: 36, headCount: 6)
    func keys(
      _ term: some LossTerm, _ student: ModelDimensions = student,
      _ teacher: ModelDimensions = teacher
    ) -> [String?] {
      Objective(WeightedTerm(1, term)).problems(student: student, teacher: teacher)
        .map(\.problem.key)
    }
    func maps(_ heads: AttentionMaps.Heads, _ blocks: LayerMap) -> AttentionMaps {
      AttentionMaps(
        of: .scores, compare: .mse, heads: heads, blocks: BlockPairs(blocks, reduction: .mean),
        average: .pairs)
    }
    #expect(keys(maps(.each, .uniform)) == ["heads"])
    #expect(keys(maps(.mean, .uniform)).isEmpty && keys(maps(.sum, .last)).isEmpty)
    let missing = LayerMap.pairs([
      LayerPair(teacher: 5, student: 2), LayerPair(teacher: 6, student: 3),
    ])
    #expect(keys(maps(.mean, missing)) == ["blocks.1.0", "blocks.1.1"])
    var five = teacher
    five.layerCount = 5
    #expect(keys(maps(.mean, .uniform), student, five) == ["blocks"])
    #expect(keys(maps(.each, missing), ModelDimensions(), ModelDimensions()).isEmpty)

    func relations(_ heads: Int) -> AttentionRelations {
      AttentionRelations(
        of: [.init(.queryQuery)], heads: heads, blocks: BlockPairs(.last), average: .rows)
    }
    #expect(keys(relations(12)).isEmpty && keys(relations(1)).isEmpty)
    #expect(keys(relations(18)) == ["heads"] && keys(relations(5)) == ["heads"])
    let problem = relations(18).problems(student: student, teacher: teacher).first
    #expect(problem?.expected == "a divisor of the hidden size 24 of the student")
    #expect(problem?.advice == "the next smaller one that divides both is 12")
  }

  @Test("uniform blocks are TinyBERT's")
  func uniform() {
    let term = AttentionRelations(
      of: [.init(.queryKey)], heads: 4, blocks: BlockPairs(.uniform, reduction: .sum),
      average: .rows)
    let fitted = term.resolved(
      student: ModelDimensions(layerCount: 4), teacher: ModelDimensions(layerCount: 12))
    #expect(
      fitted.blocks.blocks
        == .pairs(
          [(2, 0), (5, 1), (8, 2), (11, 3)].map { LayerPair(teacher: $0.0, student: $0.1) }))
    #expect(
      fitted.readsOfTeacher.projections
        == Set(
          [2, 5, 8, 11].flatMap {
            [BlockProjection(.query, of: .number($0)), BlockProjection(.key, of: .number($0))]
          }))
    #expect(Objective(WeightedTerm(1, term)).needsTeacher)
  }
}
