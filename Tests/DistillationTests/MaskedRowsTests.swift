// A term on hidden states where a word was masked.
import RetortOptions
import RetortTensorEngine
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

/// The squared difference of the last hidden states where a word was masked.
private struct MaskedHidden: TensorTerm {
  static let key = "masked_hidden"
  static let title = "masked hidden"
  static let about = "The squared difference of hidden states where a word was masked."
  static let batchKinds: Set<BatchKind> = [.maskedText]
  static let options = OptionList.none(MaskedHidden())

  var rows: TermRows { TermRows(.masked, average: .tokens) }
  var readsOfStudent: Observations { Observations(hiddenStates: [.last]) }
  var readsOfTeacher: Observations { Observations(hiddenStates: [.last]) }
  var formula: String { "Σ (h_student - h_teacher)², mean over \(rows.words)" }

  func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    let rows = batch.rows(rows)
    guard rows.count > 0 else { return 0 }
    return scope.squaredError(
      student: rows.of(batch.student.hiddenState(.last), in: scope),
      teacher: rows.of(batch.teacher.hiddenState(.last), in: scope),
      gradientScale: gradientScale, rowWeights: rows.weights
    ).reduce(0, +)
  }
}

@Suite("Terms on masked rows") struct MaskedRowsTests {
  @Test(
    "a tensor term knows which rows are masked: its mean is over them, and it falls when trained on"
  )
  func mean() throws {
    let engine = Engine(threadCount: 2)
    let student = Small.model(.distilbert, layers: 1, heads: [.maskedLanguage])
    let teacher = Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: 2)
    let settings = Small.maskedLanguage(Objective(WeightedTerm(1, MaskedHidden())), .epochs(6))
    let corpus = try Small.corpus(Small.sequences(26), settings)

    // The first step by hand, from both models' hidden states.
    var (sum, count) = (0.0, 0)
    for microBatch in 0..<settings.accumulation {
      let place = BatchPlace(step: 0, microBatch: microBatch)
      let batch = corpus.batch(corpus.order(ofEpoch: 0)[microBatch], at: place)
      let layout = SequenceLayout(offsets: batch.packed.offsets)
      let states = try [student, teacher].map { model in
        let source = LiveTeacher(model: model, engine: engine)
        return try source.targets(
          for: batch.packed, layout: layout, at: place,
          request: TeacherRequest(hiddenStates: [.last])
        ).tensors.hiddenState(.last).copyValues()
      }
      let width = states[0].count / batch.labels.count
      for row in batch.labels.indices where batch.labels[row] >= 0 {
        count += 1
        for i in row * width..<(row + 1) * width {
          let difference = Double(states[0][i]) - Double(states[1][i])
          sum += difference * difference
        }
      }
      #expect(batch.labels.contains(-1))
    }
    #expect(count > 0)

    let observer = Onlooker()
    let training = MaskedLanguageTraining(
      student: student, teacher: LiveTeacher(model: teacher, engine: engine), batches: corpus,
      settings: settings, engine: engine, observer: observer)
    expectClose(
      [try training.trainer.initialLosses().total], [sum / Double(count)],
      Tolerance(relative: 1e-5, absolute: 0, because: "sums of float32 in another order"))
    _ = try training.run()
    let totals = observer.steps.map(\.losses.total)
    #expect(try #require(totals.last) < 0.7 * (try #require(totals.first)))
  }
}
