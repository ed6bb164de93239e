// Measures against torch, scipy and scikit-learn: measures.h5.
import Foundation
import RetortEvaluation
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("What models are measured by equals torch, scipy and scikit-learn")
struct MeasureParityTests {
  private let engine = Engine(threadCount: 2)
  private let fixture: Fixture
  private static let close = Tolerance(
    relative: 1e-5, absolute: 1e-6, because: "logits of float32 against float64")

  init() throws { fixture = try Fixture("measures.h5") }

  /// The model of tiny_models.h5.
  private func model(_ family: ModelFamily) throws -> TransformerModel {
    let models = try Fixture("tiny_models.h5")
    let json = try models.text("config_json", of: family.rawValue)
    let configuration = try ConfigurationFile(
      json: Data(json.utf8), path: "tiny_models.h5"
    ).configuration
    let model = TransformerModel(configuration: configuration, heads: [.maskedLanguage])
    try model.load(
      from: FixtureWeights(fixture: models, group: "\(family.rawValue)/weights"),
      names: .huggingFace(configuration),
      ignoring: Set(ModelPart.allCases).subtracting(model.parts), seed: 0)
    return model
  }

  private func sequences(_ ids: String) throws -> TokenSequences {
    let ids = try fixture.integers("words/\(ids)")
    let offsets = try fixture.integers("words/offsets").map { Int($0) }
    var sequences = TokenSequences()
    for (start, end) in zip(offsets, offsets.dropFirst()) { sequences.append(ids[start..<end]) }
    return sequences
  }

  @Test("masked words: loss, entropies, divergences and agreement of every sequence")
  func words() throws {
    let (student, teacher) = (try model(.distilbert), try model(.bert))
    let text = try sequences("ids")
    let labels = try fixture.integers("words/labels")
    let measurement = WordMeasurement(text: text, unigram: []) { batch, _ in
      let labels = batch.examples.flatMap { labels[text.offsets[$0]..<text.offsets[$0 + 1]] }
      return MaskedBatch(packed: batch, labels: labels, maskedCount: labels.count { $0 >= 0 })
    }
    let figures: [(String, WordFigure)] = [
      ("loss", .loss), ("entropy_1", .entropy(temperature: 1)),
      ("entropy_2", .entropy(temperature: 2)), ("kl_1", .divergence(temperature: 1)),
      ("kl_2", .divergence(temperature: 2)), ("same", .agreement),
    ]
    let estimates = try measurement.estimates(
      of: student, teacher: teacher, figures.map(\.1), engine: engine)
    let masked = Double(labels.count { $0 >= 0 })
    for ((name, figure), estimate) in zip(figures, estimates) {
      let wanted = try fixture.doubles("words/\(name)")
      if figure == .agreement {
        #expect(estimate.parts == wanted)
      } else {
        expectClose(estimate.parts, wanted, Self.close, name)
      }
      #expect(estimate.count == masked)
      #expect(abs(estimate.value - wanted.reduce(0, +) / masked) < 1e-5)
      #expect(estimate.method == (figure == .agreement ? .share : .ratio))
    }
    // Two models of random weights never agree; a model always does with itself.
    let itself = try measurement.estimates(
      of: teacher, teacher: teacher, [.agreement, .divergence(temperature: 1)], engine: engine)
    #expect(itself[0].value == 1 && itself[1].value.magnitude < 1e-7)

    let whole = WordMeasurement(text: try sequences("true_ids"), unigram: [], mask: nil)
    let all = try whole.estimates(
      of: student, teacher: teacher, [.divergence(temperature: 1), .agreement], engine: engine)
    for (name, estimate) in zip(["all_kl", "all_same"], all) {
      let wanted = try fixture.doubles("words/\(name)")
      if estimate.method == .share {
        #expect(estimate.parts == wanted)
      } else {
        expectClose(estimate.parts, wanted, Self.close, name)
      }
      #expect(estimate.count == Double(text.tokenCount))
    }
  }

  @Test("sentence vectors: cosines, rank correlation and shared neighbours; pairs that are drawn")
  func vectors() throws {
    let (student, teacher) = (try model(.distilbert), try model(.bert))
    let text = try sequences("true_ids")
    func figures(_ pairs: SentenceAgreement.Pairs, _ neighbours: [Int], _ threads: Int) throws
      -> SentenceAgreement.Figures
    {
      var found: SentenceAgreement.Figures?
      try SentenceAgreement(
        over: text, SentencePooling(.mean, isNormalised: true), pairs: pairs,
        neighbours: neighbours, seed: 1, engine: Engine(threadCount: threads)
      ).compare(with: teacher, 1, model: { _ in student }) { found = $1 }
      return try #require(found)
    }
    let all = try figures(.all, [1, 5], 2)
    let cosine = try #require(all.cosine)
    expectClose(cosine.parts, try fixture.doubles("vectors/cosine"), Self.close)
    let rank = try #require(all.rank)
    // Float32 exchanges a few of 2,415 neighbouring similarities, each of which moves ρ = 1 - 6 Σd²/(n³ - n) by at most
    // 6 · 2n/n³ = 2e-6.
    let difference = rank.value - (try fixture.number("spearman", of: "vectors"))
    #expect(difference.magnitude < 1e-5)
    for (k, shared) in zip([1, 5], all.neighbours) {
      expectClose(
        shared.parts, try fixture.doubles("vectors/shared_\(k)"),
        Tolerance(relative: 0, absolute: 1e-12, because: "counts"), "\(k)")
    }
    let interval = try #require(rank.interval)
    #expect(interval.low < rank.value && rank.value < interval.high)
    #expect(try figures(.all, [1, 5], 1).rank == rank)

    let streamed = try figures(.none, [], 2)
    #expect(streamed.cosine == cosine && streamed.rank == nil && streamed.neighbours.isEmpty)
    let drawn = try #require(try figures(.drawn(5_000), [], 2).rank)
    #expect(abs(drawn.value - rank.value) < 0.05 && drawn.value != rank.value)
    #expect(
      throws: MeasureError.tooFew(what: "sentences for 69 nearest neighbours", found: 70, least: 71)
    ) {
      try figures(.all, [69], 1)
    }
  }

  @Test(
    "class logits: the divergence from a teacher, its direction and temperature, and answers in common"
  )
  func classes() throws {
    let text = try sequences("true_ids")
    func classifier(_ seed: UInt64) throws -> TransformerModel {
      var configuration = try model(.distilbert).configuration
      configuration.labels = ["a", "b", "c"]
      configuration.initializerRange = 0.5
      let model = TransformerModel(configuration: configuration, heads: [.classification])
      model.initialize(seed: seed)
      return model
    }
    let (student, teacher) = (try classifier(1), try classifier(2))
    func logits(_ model: TransformerModel) throws -> [[Double]] {
      let all = try ClassificationEvaluation.logits(
        of: model, on: text, in: ComputeScope(engine: engine, recording: false))
      return stride(from: 0, to: all.count, by: 3).map { all[$0..<$0 + 3].map { Double($0) } }
    }
    func softmax(_ x: [Double], _ temperature: Double) -> [Double] {
      let powers = x.map { exp($0 / temperature) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    let (s, t) = (try logits(student), try logits(teacher))
    for temperature in [1.0, 3.0] {
      let found = try ClassAgreement(
        with: teacher, on: text, temperature: temperature, engine: engine
      ).estimates(of: student)
      let wanted = zip(s, t).map { s, t in
        let (p, q) = (softmax(s, temperature), softmax(t, temperature))
        return zip(q, p).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
      }
      expectClose(found.divergence.parts, wanted, Self.close, "T = \(temperature)")
      #expect(wanted.contains { $0 > 0.1 })
      let same = zip(s, t).map {
        ($0.firstIndex(of: $0.max() ?? 0) == $1.firstIndex(of: $1.max() ?? 0)) ? 1.0 : 0
      }
      #expect(found.agreement.parts == same && same.contains(0) && same.contains(1))
    }
  }

  @Test("calibration: bins of 10 and 15")
  func calibration() throws {
    let logits = try fixture.floats("classes/logits")
    let labels = try fixture.integers("classes/labels")
    var confidences: [Double] = []
    var correct: [Bool] = []
    for (row, label) in labels.enumerated() {
      let x = logits[row * 3..<row * 3 + 3].map { Double($0) }
      let highest = try #require(x.max())
      confidences.append(1 / x.reduce(0) { $0 + exp($1 - highest) })
      correct.append(x[Int(label)] == highest)
    }
    for bins in [10, 15] {
      let estimate = CalibrationError(confidences: confidences, correct: correct, binCount: bins)
        .estimate
      let wanted = try fixture.number("ece_\(bins)", of: "classes")
      #expect(abs(estimate.value - wanted) < 1e-12)
      #expect(estimate.parts.count == 2_000 && estimate.interval != nil)
    }
    let mean = confidences.reduce(0, +) / 200
    #expect(abs(mean - (try fixture.number("mean_confidence", of: "classes"))) < 1e-12)
    #expect(Double(correct.count { $0 }) / 200 == (try fixture.number("accuracy", of: "classes")))
    // A confidence on a bin's upper end belongs to it, and none to the first.
    let ends = CalibrationError(
      confidences: [0.5, 0.75, 0], correct: [true, false, false], binCount: 2)
    #expect(ends.estimate.value == (0.5 + 0.75) / 3)
  }

  @Test(
    "logistic regression: weights, biases and predictions of two and of three classes",
    arguments: [2, 3])
  func regression(classes: Int) throws {
    let group = "regression_\(classes)"
    let regression = try LogisticRegression(
      features: try fixture.floats("\(group)/features"), columns: 6,
      labels: try fixture.integers("\(group)/labels"), classCount: classes,
      inversePenalty: try fixture.number("inverse_penalty", of: group))
    var found = regression.weights
    var wanted = try fixture.doubles("\(group)/coefficients")
    // Of several classes a shift of all biases changes nothing.
    for place in 0..<2 where classes > 2 {
      var weights = place == 0 ? found : wanted
      let biases = stride(from: 6, to: weights.count, by: 7)
      let mean = biases.reduce(0) { $0 + weights[$1] } / Double(classes)
      for bias in biases { weights[bias] -= mean }
      if place == 0 { found = weights } else { wanted = weights }
    }
    expectClose(
      found, wanted, Tolerance(relative: 0, absolute: 2e-6, because: "a gradient of 1e-8 a row"))
    let predicted = regression.predictions(of: try fixture.floats("\(group)/tested"))
    #expect(predicted == (try fixture.integers("\(group)/predicted").map { Int($0) }))
  }
}
