// Trainings at a temperature that changes, of several teachers, over sequences: the same bits however they are interrupted.
import RetortStorage
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Trainings at a changing temperature")
struct ChangingTemperatureTests {
  private func soft(
    _ temperature: SoftTargetTemperature, kept: Int? = nil
  ) -> WeightedTerm {
    var term = WeightedTerm(
      5,
      SoftTargets(
        SoftTargetSettings(temperature: temperature), positions: .all, average: .sequences,
        keptLogits: kept))
    (term.teachers, term.combination) = (["a", "b"], .probabilities)
    return term
  }

  /// What a training of eight steps leaves: its losses and its weights.
  private func train(
    _ terms: [WeightedTerm], threads: Int = 2, checkpointing: TrainingCheckpointing? = nil,
    stopsAt: Int? = nil
  ) throws -> (losses: [StepLosses], weights: [String: [UInt32]]) {
    let engine = Engine(threadCount: threads)
    let student = Small.model(
      .distilbert, layers: 1, heads: [.maskedLanguage], dropout: 0.1)
    let teachers = try TeacherGroup.of(
      [("a", 2), ("b", 3)].map { (name: String?.some($0.0), UInt64($0.1)) }
    ) { _, seed in
      LiveTeacher(
        model: Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: seed), engine: engine)
    }
    var one = WeightedTerm(
      1, SoftTargets(temperature: 1, positions: .masked), name: "alone")
    one.teachers = ["b"]
    let settings = Small.maskedLanguage(
      Objective(terms + [one, WeightedTerm(2, MaskedLanguage())]), .epochs(2))
    let onlooker = Onlooker()
    if let stopsAt { onlooker.stopsAt = stopsAt }
    let training = MaskedLanguageTraining(
      student: student, teacher: teachers,
      batches: try Small.corpus(Small.sequences(26), settings), settings: settings, engine: engine,
      checkpointing: checkpointing, observer: onlooker)
    if stopsAt == nil {
      _ = try training.run()
    } else {
      #expect(throws: TrainingError.self) { try training.run() }
    }
    return (
      onlooker.steps.map(\.losses),
      student.valuesByPath.mapValues { $0.map(\.bitPattern) }
    )
  }

  @Test("a step has the temperature that holds before it, whatever way that is written")
  func values() throws {
    let warm = try train([soft(.constant(4))])
    #expect(warm.losses.count == 8)
    let same = try train(
      [soft(.byStep(.steps([.init(step: 0, value: 4), .init(step: 3, value: 4)])))])
    #expect(same.weights == warm.weights && same.losses == warm.losses)
    let cooling = try train(
      [soft(.byStep(.steps([.init(step: 0, value: 4), .init(step: 3, value: 1)])))])
    #expect(Array(cooling.losses.prefix(3)) == Array(warm.losses.prefix(3)))
    #expect(cooling.losses[3].terms[0] != warm.losses[3].terms[0])
    // At the same weights, the other terms are the same.
    #expect(cooling.losses[3].terms[1...] == warm.losses[3].terms[1...])
    #expect(warm.losses[0].terms.map(\.name) == ["soft_targets", "alone", "masked_lm"])
  }

  @Test("each term is given its own combination of the teachers' logits")
  func combinations() throws {
    let terms = zip(
      ["first", "other", "again", "turned"],
      [TeacherCombination.probabilities, .logits, .probabilities, .probabilities]
    ).map { name, combination in
      var term = WeightedTerm(1, SoftTargets(temperature: 3, positions: .all), name: name)
      (term.teachers, term.combination) = (["a", "b"], combination)
      if name == "turned" { term.teachers = ["b", "a"] }
      return term
    }
    let first = try train(terms).losses[0]
    let values = first.terms.map(\.value)
    #expect(values[0] == values[2] && abs(values[0] - values[1]) > 1e-4)
    expectClose(
      [values[3]], [values[0]],
      Tolerance(relative: 1e-5, absolute: 0, because: "float32 logarithms in another order"))
  }

  @Test("on 1, 2 and 3 threads, stopped and gone on with: the same bits", arguments: [nil, 6])
  func bits(kept: Int?) throws {
    let term = [soft(.byStep(.linear(from: 4, to: 1, share: 1)), kept: kept)]
    let whole = try train(term)
    for threads in [1, 3] {
      let other = try train(term, threads: threads)
      #expect(other.weights == whole.weights && other.losses == whole.losses)
    }
    for step in [1, 5] {
      let folder = try TemporaryFolder()
      _ = try train(term, checkpointing: Small.checkpointing(folder), stopsAt: step)
      let rest = try train(
        term, checkpointing: Small.checkpointing(folder, resumes: true))
      #expect(rest.weights == whole.weights, "stopped after step \(step)")
      #expect(rest.losses == Array(whole.losses.dropFirst(step)))
    }
  }

  @Test("what was kept at one temperature teaches none that changes")
  func store() throws {
    let changing = WeightedTerm(
      1,
      SoftTargets(
        SoftTargetSettings(temperature: .byStep(.linear(from: 4, to: 1, share: 1))),
        positions: .all, keptLogits: 3))
    let error = #expect(throws: Objective.NeedsAllLogits.self) {
      try Objective(changing).keeping(logits: 8)
    }
    #expect(error?.least == nil && error?.description.contains("store hidden states") == true)
  }
}
