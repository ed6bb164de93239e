// A term that reads a teacher's kept logits without any temperature.
import RetortOptions
import RetortStorage
import RetortTensorEngine
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

/// The mean squared difference of the logits, of the kept words alone where the teacher's logits were kept.
private struct KeptDifference: VocabularyTerm {
  static let key = "kept_difference"
  static let title = "kept difference"
  static let about = "The mean squared difference of the kept logits."
  static let batchKinds: Set<BatchKind> = [.maskedText]
  static let options = OptionList.none(KeptDifference())

  var positions = TokenPositions.masked
  var keptLogits: Int?
  var readsTeacher: Bool { true }
  var formula: String { "MSE of \(keptLogits.map(String.init) ?? "all") logits" }

  func keeping(logits count: Int) -> KeptDifference? {
    KeptDifference(positions: positions, keptLogits: count)
  }

  func objective(of rows: VocabularyRows) -> any VocabularyObjective {
    guard keptLogits != nil else {
      return SoftTargets(
        SoftTargetSettings(.init(LogitMSE()), temperature: 1), positions: positions
      ).objective(of: rows)
    }
    guard let kept = rows.teacherLogits else { preconditionFailure("no logits were handed over") }
    return Kept(teacher: kept)
  }

  private struct Kept: VocabularyObjective {
    let teacher: TopLogits
    let readsTeacher = false

    func applies(toRow row: Int) -> Bool { true }

    func evaluate(_ row: VocabularyRow) -> Double {
      if let gradient = row.gradient, !row.adds { gradient.update(repeating: 0, count: row.count) }
      let places = row.index * teacher.count..<(row.index + 1) * teacher.count
      return places.reduce(0) { sum, place in
        let word = Int(teacher.ids[place])
        let difference = Double(row.student[word]) - Double(teacher.values[place])
        row.gradient?[word] += Float(2 * row.gradientScale * difference / Double(teacher.count))
        return sum + difference * difference / Double(teacher.count)
      }
    }
  }
}

@Suite("Terms on kept logits") struct KeptLogitsTests {
  private let engine = Engine(threadCount: 2)
  private let teacher = Small.model(
    .bert, layers: 2, heads: [.maskedLanguage], hidden: 16, dropout: 0.1, seed: 2)

  private func losses(
    _ objective: Objective, stored layout: StageActivationLayout? = nil
  ) throws -> [StepLosses] {
    var settings = Small.maskedLanguage(objective, .epochs(1))
    let batches = try Small.corpus(Small.sequences(26), settings)
    let folder = try TemporaryFolder()
    var source: any TeacherSource = LiveTeacher(model: teacher, engine: engine)
    if let layout {
      let path = folder.file("outputs.h5")
      let writer = try StageActivationWriter(path: path, layout: layout, source: [:])
      try StageActivationRecording(
        teachers: [teacher], batches: batches, settings: settings, engine: engine
      ).run(into: writer)
      try writer.finish()
      let store = try StageActivationStore(path: path)
      #expect(store.layout == layout)
      settings.objective = try objective.taught(from: store.outputs.models)
      source = try StoredTeacher(
        store: store, identity: [:], objective: settings.objective, head: nil, vocabularySize: 40,
        engine: engine)
    }
    let onlooker = Onlooker()
    _ = try MaskedLanguageTraining(
      student: Small.model(.distilbert, layers: 1, heads: [.maskedLanguage], dropout: 0.1),
      teacher: source, batches: batches, settings: settings, engine: engine, observer: onlooker
    ).run()
    return onlooker.steps.map(\.losses)
  }

  private func layout(
    _ count: Int, temperatures: [Double], positions: TokenPositions = .masked
  ) -> StageActivationLayout {
    StageActivationLayout(
      ModelOutputs(
        topLogits: .init(
          count: count, temperatures: temperatures, positions: positions, precision: .f32)))
  }

  @Test("a term without a temperature is handed the kept logits and their words")
  func withoutTemperature() throws {
    let objective = Objective(WeightedTerm(3, KeptDifference()))
    #expect(try objective.keeping(logits: 4).temperaturesOfKeptLogits.isEmpty)
    let live = try losses(objective)
    #expect(live.count == 4)
    for (temperatures, positions) in [([], .masked), ([], .all), ([2], .masked)]
      as [([Double], TokenPositions)]
    {
      let stored = try losses(
        objective, stored: layout(40, temperatures: temperatures, positions: positions))
      expectClose(
        stored.map(\.total), live.map(\.total),
        Tolerance(
          relative: 1e-4, absolute: 0, because: "products of other numbers of rows, steps of AdamW"
        ))
    }
  }

  @Test("beside soft targets each term is handed its own reading of the same logits")
  func besideSoftTargets() throws {
    let objective = Objective(
      .soft(weight: 5, temperature: 2, positions: .masked), WeightedTerm(3, KeptDifference()))
    let live = try losses(objective)
    let stored = try losses(objective, stored: layout(40, temperatures: [2]))
    expectClose(
      stored.map(\.total), live.map(\.total),
      Tolerance(
        relative: 1e-4, absolute: 0, because: "float32 log-normalisers, steps of AdamW"))
  }

  @Test("soft targets from a store without log-normalisers are refused")
  func noTemperature() throws {
    let objective = Objective(.soft(weight: 5, temperature: 2, positions: .masked))
    let error = #expect(throws: StoredTeacherError.self) {
      try losses(objective, stored: layout(3, temperatures: []))
    }
    #expect(
      error?.description.contains(
        "expected temperature 2.0, found 3 largest logits of masked positions, f32; write them with"
      ) == true)
  }
}
