import Foundation
import RetortTransformers
import Testing

@Suite("Heads")
struct HeadTests {
  private let engine = Engine(threadCount: 1)
  private let batch = SmallBatch()

  @Test("classification equals the formulas", arguments: ModelFamily.allCases)
  func classification(_ family: ModelFamily) {
    let model = TransformerModel.drawn(.small(family), heads: [.classification])
    let scope = ComputeScope(engine: engine, recording: false)
    let logits = model.classify(
      tokenIDs: batch.tokenIDs, layout: batch.layout, mode: .inference, in: scope)
    let reference = ReferenceEncoder(model)
    let first = (0..<3).map { n in
      let rows = Int(batch.layout.offsets[n])..<Int(batch.layout.offsets[n + 1])
      return reference.hiddenStates(Array(batch.tokenIDs[rows]))[3][0]
    }
    let features =
      family.structure.hasPooler
      ? reference.linear(first, "pooler.dense").map { $0.map(tanh) }
      : reference.linear(first, "classifier.dense").map { $0.map { max($0, 0) } }
    let expected = reference.linear(features, "classifier.output").flatMap { $0 }.map(Float.init)
    #expect(largestDifference(logits.copyValues(), expected) < 2e-5)
  }

  @Test("a new classification head is its seed's alone, whatever lies under it")
  func newHead() throws {
    func head(seed: UInt64, encoderSeed: UInt64) throws -> [Float] {
      let model = TransformerModel(
        configuration: .small(.distilbert), heads: [.classification])
      model.initialize([.encoder], seed: encoderSeed)
      model.initialize([.classification], seed: seed)
      return try #require(model.classificationHead).parameters.flatMap { Array($0.values) }
    }
    let first = try head(seed: 1, encoderSeed: 7)
    #expect(try head(seed: 1, encoderSeed: 8) == first)
    #expect(try head(seed: 2, encoderSeed: 7) != first)
  }

  @Test("masked-language logits equal the formulas, with the decoder tied to the words")
  func maskedLanguage() throws {
    let model = TransformerModel.drawn(.small(.distilbert), heads: [.maskedLanguage])
    let head = try #require(model.maskedLanguageHead)
    #expect(head.decoder === model.encoder.embeddings.words)
    let scope = ComputeScope(engine: engine, recording: false)
    let states = model.encoder.encode(
      tokenIDs: batch.tokenIDs, layout: batch.layout,
      request: HiddenStateRequest(lastLayer: .selection([1, 3, 9])), mode: .inference, in: scope)
    let (rows, selection) = try #require(states.last)
    let logits = head.logits(rows, placement: selection.placement, mode: .inference, in: scope)
    #expect(logits.shape == Shape(3, 40))

    let reference = ReferenceEncoder(model)
    let sequences = [Array(batch.tokenIDs[0..<4]), Array(batch.tokenIDs[5..<12])]
      .map { reference.hiddenStates($0)[3] }
    let hidden = reference.linear(
      [sequences[0][1], sequences[0][3], sequences[1][4]], "masked_lm.dense"
    ).map { row in row.map { (x: Double) -> Double in 0.5 * x * (1 + erf(x / 2.0.squareRoot())) } }
    let (words, bias) = (head.decoder.values, head.decoderBias.values)
    let expected = reference.norm(hidden, "masked_lm.norm").flatMap { (row: [Double]) -> [Float] in
      (0..<40).map { (v: Int) -> Float in
        var sum = Double(bias[v])
        for i in 0..<16 { sum += row[i] * Double(words[v * 16 + i]) }
        return Float(sum)
      }
    }
    #expect(largestDifference(logits.copyValues(), expected) < 5e-5)
  }
}
