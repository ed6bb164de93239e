// Fine-tuning on a teacher's answers: the loss by its formula, and what it comes down to at its ends.
import Foundation
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Fine-tuning with a teacher")
struct ClassTeachingTests {
  private let engine = Engine(threadCount: 2)
  private let data = Small.labelled(30)

  private func model(_ seed: UInt64, layers: Int = 1) -> TransformerModel {
    Small.model(.bert, layers: layers, heads: [.classification], seed: seed)
  }

  /// What a student learns of a teacher, and the teacher.
  private struct Teaching {
    let teacher: TransformerModel
    let objective: Objective
  }

  private func teaching(
    _ teacher: TransformerModel, soft: Double, labels: Double, temperature: Double
  ) -> Teaching {
    Teaching(
      teacher: teacher,
      objective: Objective(
        WeightedTerm(soft, ClassSoftTargets(temperature: temperature)),
        WeightedTerm(labels, CrossEntropy())))
  }

  /// - Returns: the losses of each step, and the weights that it ends with.
  private func train(
    _ student: TransformerModel, _ teaching: Teaching?, threads: Int = 2
  ) throws -> (steps: [StepLosses], values: [[Float]]) {
    let observer = Onlooker()
    var settings = Small.fineTuning(.steps(6))
    if let teaching { settings.objective = teaching.objective }
    _ = try FineTuning(
      model: student, training: data, validation: Small.labelled(5, place: 2),
      teacher: try teaching.map {
        try ClassifierTeacher(
          model: $0.teacher, training: data.sequences, reads: $0.objective.readsOfTeacher,
          engine: engine)
      }, settings: settings, selectBest: .last, engine: Engine(threadCount: threads),
      observer: observer
    ).run()
    return (observer.steps.map(\.losses), student.parameters.map { Array($0.values) })
  }

  private func logits(_ model: TransformerModel, _ examples: [Int]) throws -> [[Double]] {
    let values = try ClassificationEvaluation.evaluate(
      model, on: data.examples(examples), in: ComputeScope(engine: engine, recording: false)
    ).logits.map(Double.init)
    return examples.indices.map { Array(values[2 * $0..<2 * $0 + 2]) }
  }

  private func softmax(_ logits: [Double], _ temperature: Double) -> [Double] {
    let powers = logits.map { exp($0 / temperature) }
    return powers.map { $0 / powers.reduce(0, +) }
  }

  @Test(
    "the first step's terms are their formulas' means over its eight sentences",
    arguments: [1.0, 2, 4])
  func formula(temperature: Double) throws {
    let (teacher, student) = (model(3, layers: 2), model(4))
    let order = EpochOrder.shuffled(count: 30, batchSize: 4, seed: 5, epoch: 0)
    let examples = order.prefix(2).flatMap { $0 }
    let (t, s) = (try logits(teacher, examples), try logits(student, examples))
    var (divergence, entropy) = (0.0, 0.0)
    for (index, example) in examples.enumerated() {
      let q: [Double] = softmax(t[index], temperature)
      let p: [Double] = softmax(s[index], temperature)
      for k in 0..<2 { divergence += temperature * temperature * q[k] * log(q[k] / p[k]) }
      let label = Int(data.labels?[example] ?? 0)
      entropy -= log(softmax(s[index], 1)[label])
    }
    let taught = try train(
      student, teaching(teacher, soft: 0.3, labels: 0.7, temperature: temperature))
    let first = try #require(taught.steps.first)
    #expect(first.terms.map(\.name) == ["soft_targets", "cross_entropy"])
    #expect(abs(first.terms[0].value - divergence / 8) <= 1e-5 * divergence)
    #expect(abs(first.terms[1].value - entropy / 8) <= 1e-5 * entropy)
    #expect(
      abs(first.total - 0.3 * first.terms[0].value - 0.7 * first.terms[1].value) <= 1e-12)
  }

  @Test(
    "sentences count by what the teacher says of them, over both batches of a step",
    arguments: [ExampleWeighting.teacherConfidence, .teacherCorrect])
  func examples(_ weighting: ExampleWeighting) throws {
    let (teacher, student) = (model(3, layers: 2), model(4))
    let order = EpochOrder.shuffled(count: 30, batchSize: 4, seed: 5, epoch: 0)
    let examples = order.prefix(2).flatMap { $0 }
    let (t, s) = (try logits(teacher, examples), try logits(student, examples))
    var (sum, weights) = (0.0, 0.0)
    for (index, example) in examples.enumerated() {
      let q: [Double] = softmax(t[index], 2)
      let p: [Double] = softmax(s[index], 2)
      let answer = t[index][1] > t[index][0] ? 1 : 0
      let isRight = answer == Int(data.labels?[example] ?? 0)
      let weight: Double =
        weighting == .teacherConfidence
        ? softmax(t[index], 1).max() ?? 0 : isRight ? 1 : 0
      weights += weight
      for k in 0..<2 {
        let divergence: Double = q[k] * log(q[k] / p[k])
        sum += weight * 4 * divergence
      }
    }
    try #require(weights > 0 && weights != 8)
    let term = ClassSoftTargets(SoftTargetSettings(temperature: 2), examples: weighting)
    #expect(term.formula.hasSuffix("mean over \(weighting.words)"))
    let taught = try train(
      student, Teaching(teacher: teacher, objective: Objective(WeightedTerm(1, term))))
    let first = try #require(taught.steps.first).terms[0].value
    #expect(abs(first - sum / weights) <= 1e-5 * first)
  }

  @Test("temperatures of sentences are about the mean of their own batch, not of the step")
  func temperatures() throws {
    let (teacher, student) = (model(3, layers: 2), model(4))
    let batches = EpochOrder.shuffled(count: 30, batchSize: 4, seed: 5, epoch: 0).prefix(2)
    var sum = 0.0
    for examples in batches {
      let (t, s) = (try logits(teacher, examples), try logits(student, examples))
      let weights = s.map { 1 / ((softmax($0, 1).max() ?? 0) + 1e-3) }
      let mean = weights.reduce(0, +) / Double(weights.count)
      for (index, weight) in weights.enumerated() {
        let temperature = max(1.5, 2 + 30 * (mean - weight))
        let (q, p) = (softmax(t[index], temperature), softmax(s[index], temperature))
        for k in 0..<2 {
          let divergence: Double = q[k] * log(q[k] / p[k])
          sum += temperature * temperature * divergence
        }
      }
    }
    let temperature = RowTemperature(.confidence, base: 2, beta: 30, least: 1.5)
    let objective = Objective(
      WeightedTerm(
        1, ClassSoftTargets(SoftTargetSettings(temperature: .bySentence(temperature)))))
    let results = try [1, 3].map {
      try train(model(4), Teaching(teacher: teacher, objective: objective), threads: $0)
    }
    let first = try #require(results[0].steps.first).terms[0].value
    #expect(abs(first - sum / 8) <= 1e-5 * first)
    #expect(results[0].values == results[1].values)
  }

  @Test("a student that is its teacher has nothing to learn from it")
  func sameModel() throws {
    let first = try #require(
      try train(model(3), teaching(model(3), soft: 1, labels: 0, temperature: 2)).steps.first)
    #expect(abs(first.terms[0].value) <= 1e-6 && first.total == first.terms[0].value)
  }

  @Test("without a weight on the teacher's answers it is plain fine-tuning, bit by bit")
  func plain() throws {
    let plain = try train(model(4), nil)
    let taught = try train(model(4), teaching(model(3), soft: 0, labels: 1, temperature: 2))
    #expect(plain.values == taught.values)
    #expect(plain.steps.map(\.total) == taught.steps.map(\.total))
    #expect(plain.steps[0].terms.map(\.name) == ["cross_entropy"])
    let other = try train(model(4), teaching(model(3), soft: 1, labels: 1, temperature: 2))
    #expect(plain.values != other.values)
  }

  @Test("on the teacher's answers alone the student comes to agree with it; threads change nothing")
  func learning() throws {
    let teacher = model(3, layers: 2)
    let results = try [1, 3].map {
      try train(
        model(4), teaching(teacher, soft: 1, labels: 0, temperature: 2), threads: $0)
    }
    #expect(results[0].values == results[1].values)
    let steps = results[0].steps.map(\.total)
    #expect(steps[5] < steps[0])
  }

  @Test("hidden states teach a classifier as they do a language model")
  func hiddenStates() throws {
    func cosines(_ teacher: TransformerModel) throws -> [Double] {
      try train(
        model(4),
        Teaching(
          teacher: teacher,
          objective: Objective(
            WeightedTerm(1, HiddenCosine()), WeightedTerm(0, CrossEntropy())))
      ).steps.map { $0.terms[0].value }
    }
    #expect(abs(try cosines(model(4))[0]) < 1e-6)
    let other = try cosines(model(3, layers: 2))
    #expect(other[0] > 0.1 && other[5] < other[0])
  }
}
