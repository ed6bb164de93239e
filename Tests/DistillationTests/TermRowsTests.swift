// What a term is a mean over, from the sequences of a step.
import RetortTensorEngine
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("What a term is a mean over") struct TermRowsTests {
  /// Sequences of 7, 4, 5 and 2 tokens; words 1, 3 and 4 of the first and 2 of the third are masked.
  private static let lengths = [7, 4, 5, 2]
  private static let offsets: [Int32] = [0, 7, 11, 16, 18]
  private static let words: [Int32] = (0..<18).map { [1, 3, 4, 13].contains($0) ? 5 : -1 }

  private func counts(secondStarts: [Int32]? = nil) -> RowCounts {
    var packed = PackedBatch(
      tokenIDs: [Int32](repeating: 9, count: 18), offsets: Self.offsets, examples: [0, 1, 2, 3])
    packed.secondStarts = secondStarts
    return RowCounts([
      TrainingBatch(MaskedBatch(packed: packed, labels: Self.words, maskedCount: 4))
    ])
  }

  private static let cases: [(TermPositions, [Int])] = [
    (.all, [7, 4, 5, 2]), (.masked, [3, 0, 1, 0]), (.first, [1, 1, 1, 1]), (.inner, [5, 2, 3, 0]),
  ]

  @Test("a sum is divided by what the average says", arguments: cases)
  func divisors(_ positions: TermPositions, _ rows: [Int]) {
    let counts = counts()
    func of(_ average: TermAverage) -> Double { counts.of(TermRows(positions, average: average)) }
    #expect(of(.tokens) == Double(rows.reduce(0, +)))
    #expect(of(.rows) == of(.tokens))
    #expect(of(.sequences) == Double(rows.count { $0 > 0 }))
    #expect(of(.pairs) == Double(rows.reduce(0) { $0 + $1 * $1 }))
  }

  @Test("a batch's rows and what they count agree with the counts", arguments: cases)
  func rows(_ positions: TermPositions, _ rows: [Int]) {
    let batch = TermBatch(
      student: ObservedTensors(), teacher: ObservedTensors(), words: Self.words,
      layout: SequenceLayout(offsets: Self.offsets))
    for average in TermAverage.allCases {
      let chosen = batch.rows(TermRows(positions, average: average))
      #expect(chosen.count == rows.reduce(0, +))
      for n in Self.lengths.indices {
        let own = chosen.rows.indices.filter {
          (Self.offsets[n]..<Self.offsets[n + 1]).contains(chosen.rows[$0])
        }
        #expect(own.count == rows[n])
        for row in own {
          let weight = chosen.weights?[row] ?? 1
          #expect(weight == (average == .sequences ? 1 / Double(rows[n]) : 1))
        }
      }
    }
    #expect(batch.rows(TermRows(.inner, average: .tokens)).rows.prefix(7) == [1, 2, 3, 4, 5, 8, 9])
    #expect(batch.rows(TermRows(.masked, average: .tokens)).rows == [1, 3, 4, 13])
    #expect(batch.rows(TermRows(.all, average: .tokens)).weights == nil)
  }

  @Test("between [CLS] and [SEP] a pair has no middle [SEP] either")
  func pairs() {
    // [CLS] a b [SEP] c d [SEP] and [CLS] a [SEP] b [SEP]; the second is a single text, the fourth has no word.
    let starts: [Int32] = [4, 4, 3, 2]
    let inner = TermRows(.inner, average: .tokens)
    #expect(counts(secondStarts: starts).of(inner) == 4 + 2 + 2)
    let batch = TermBatch(
      student: ObservedTensors(), teacher: ObservedTensors(),
      layout: SequenceLayout(offsets: Self.offsets, secondStarts: starts))
    #expect(batch.rows(inner).rows == [1, 2, 4, 5, 8, 9, 12, 14])
  }

  @Test("soft targets that average over sequences count a short one as much as a long one")
  func vocabulary() throws {
    let model = Small.model(.bert, layers: 1, heads: [.maskedLanguage])
    let teacher = Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: 2)
    let engine = Engine(threadCount: 2)
    let batch = TrainingBatch(
      MaskedBatch(
        packed: PackedBatch(
          tokenIDs: (0..<18).map { Int32(5 + $0) }, offsets: Self.offsets, examples: [0, 1, 2, 3]),
        labels: Self.words, maskedCount: 4))
    func mean(_ average: TermAverage, _ batch: TrainingBatch) throws -> Double {
      let term = SoftTargets(
        SoftTargetSettings(temperature: 2), positions: .masked, average: average)
      let counts = RowCounts([batch])
      let sums = try ObjectivePass(
        student: model, teacher: LiveTeacher(model: teacher, engine: engine),
        objective: Objective(WeightedTerm(1, term)),
        parameters: [[]], weights: [1], counts: counts,
        scope: ComputeScope(engine: engine, recording: true)
      ).run(batch, at: BatchPlace(step: 0, microBatch: 0), mode: .inference)
      return counts.mean(over: term.rows, of: sums.terms[0])
    }
    /// The first and the third sequence alone.
    let alone = [0, 2].map { n in
      let range = Int(Self.offsets[n])..<Int(Self.offsets[n + 1])
      return TrainingBatch(
        MaskedBatch(
          packed: PackedBatch(
            tokenIDs: Array(batch.packed.tokenIDs[range]), offsets: [0, Int32(range.count)],
            examples: [n]), labels: Array(Self.words[range]), maskedCount: 0))
    }
    let values = try alone.map { try mean(.tokens, $0) }
    let bySequence = (values[0] + values[1]) / 2
    let byToken = (3 * values[0] + values[1]) / 4
    #expect(abs(bySequence - byToken) > 1e-3)
    #expect(abs(try mean(.sequences, batch) - bySequence) < 1e-5)
    #expect(abs(try mean(.tokens, batch) - byToken) < 1e-5)
  }
}
