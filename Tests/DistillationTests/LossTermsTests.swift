// What follows from the terms alone: names, needs, formulas, options.
import RetortOptions
import RetortTensorEngine
import Testing

@testable import RetortDistillation

@Suite("Terms of a loss")
struct LossTermsTests {
  @Test("one type a key, kind of batch and kind of logits", arguments: BatchKind.allCases)
  func keys(_ kind: BatchKind) {
    let types = LossTerms.types(for: kind)
    let keys = types.map { "\($0.key) \($0.on?.rawValue ?? "")" }
    #expect(Set(keys).count == keys.count && !keys.isEmpty)
    for type in types {
      let same = types.filter { $0.key == type.key }
      #expect(same.count == 1 || same.allSatisfy { $0.on != nil }, "\(type.key) needs an `on`")
    }
  }

  @Test("options are read back as they are written, without the weight")
  func options() throws {
    let term = SoftTargets(temperature: 2, positions: .masked)
    #expect(
      CanonicalText.write(.map(SoftTargets.options.write(term)), sorted: false)
        == "temperature: 2.0\npositions: masked\n")
    let collector = DiagnosticCollector()
    let node = DefinitionNode.map(
      [("temperature", .text("2", .standard)), ("positions", .text("masked", .standard))],
      .standard)
    let map = try #require(MapReader(node, at: "loss.soft_targets", collector))
    #expect(SoftTargets.options.read(map) == term && collector.diagnostics.isEmpty)
    func keys<Term: LossTerm>(_: Term.Type) -> [String] { Term.options.descriptions.map(\.key) }
    #expect(LossTerms.all.allSatisfy { !keys($0).contains("weight") })
  }

  @Test("what is read of student and teacher is what the terms read together")
  func observations() {
    let objective = Objective(
      softTargets: .soft(weight: 5, temperature: 2, positions: .masked), maskedLanguage: 2,
      cosine: 1)
    #expect(
      objective.readsOfStudent
        == Observations(vocabularyLogits: .masked, hiddenStates: [.last]))
    #expect(objective.readsOfTeacher == objective.readsOfStudent)
    #expect(Small.paperObjective.readsOfTeacher.vocabularyLogits == .all)
    #expect(!objective.alone("masked_lm").needsTeacher)
    #expect(objective.alone("cosine") == Objective(WeightedTerm(1, HiddenCosine())))
  }

  @Test("kept logits make soft targets another loss, and are refused by a term that needs all")
  func keptLogits() throws {
    let kept = try Small.paperObjective.keeping(logits: 3)
    #expect(kept.names == ["soft_targets_top_k", "masked_lm", "cosine"])
    #expect(kept.temperaturesOfKeptLogits == [2])
    func objective(_ settings: SoftTargetSettings, keeping count: Int? = nil) -> Objective {
      Objective(WeightedTerm(1, SoftTargets(settings, positions: .masked, keptLogits: count)))
    }
    // Of a store of eight: five of them, and not nine; hard targets need one and no log-normaliser.
    let five = objective(SoftTargetSettings(temperature: 2), keeping: 5)
    #expect(try five.keeping(logits: 8) == five && five.terms[0].keptLogits == 5)
    let nine = objective(SoftTargetSettings(temperature: 2), keeping: 9)
    let error = #expect(throws: Objective.NeedsAllLogits.self) { try nine.keeping(logits: 8) }
    #expect(
      error?.description.contains("9 largest logits; keep at least as many: --top-k 9") == true)
    let hard = objective(SoftTargetSettings(temperature: 2, targets: .hard))
    #expect(try hard.keeping(logits: 8) == hard && hard.temperaturesOfKeptLogits.isEmpty)
    for divergence in Divergences.all.dropFirst() {
      let settings = SoftTargetSettings(
        .init(divergence.init(numbers: divergence.numbers.map { _ in 0.5 })), temperature: 2)
      #expect(throws: Objective.NeedsAllLogits(term: "soft_targets")) {
        try objective(settings).keeping(logits: 8)
      }
    }
  }

  @Test("terms of different widths or classes do not fit, and layers beyond the last are not there")
  func problems() {
    let (wide, narrow) = (
      ModelDimensions(layerCount: 2, hiddenSize: 16, classCount: 3),
      ModelDimensions(layerCount: 1, hiddenSize: 8, classCount: 2)
    )
    let cosine = Objective(WeightedTerm(1, HiddenCosine()))
    #expect(cosine.problems(student: narrow, teacher: wide).map(\.term) == ["cosine"])
    #expect(cosine.problems(student: wide, teacher: wide).isEmpty)
    #expect(cosine.problems(student: ModelDimensions(), teacher: wide).isEmpty)
    let classes = Objective(WeightedTerm(1, ClassSoftTargets(temperature: 1)))
    #expect(
      classes.problems(student: narrow, teacher: wide).map(\.problem.found)
        == ["3 taught to a student of 2"])
  }

  @Test("a weight of 0 is not in the formula")
  func formula() {
    let objective = Objective(
      WeightedTerm(0.4, ClassSoftTargets(temperature: 4)), WeightedTerm(0, CrossEntropy()))
    #expect(
      objective.formulaLines == [
        "loss = 0.4 · 4² · KL(softmax(teacher / 4) ‖ softmax(student / 4)), mean over sentences"
      ])
  }
}
