// BERT-base and DistilBERT at their published size against PyTorch: published_models.h5.
import Foundation
import RetortTestSupport
import Testing

@testable import RetortTransformers

/// Weights are numbers of a hash that both sides compute (Tests/Peers/integer_hash.py).
@Suite("Models of published size equal PyTorch's", .serialized)
struct PublishedModelParityTests {
  private static let reason = "float32 through the model's layers"
  private let engine = Engine(threadCount: 2)

  @Test(
    "classification: hidden states, logits, loss and all gradients",
    arguments: ModelFamily.allCases)
  func classification(_ family: ModelFamily) throws {
    let model = try HashedModel(family, head: .classification)
    let scope = ComputeScope(engine: engine, recording: true)
    try model.expectHiddenStates(engine)
    let logits = model.model.classify(
      tokenIDs: model.batch.tokenIDs, layout: model.batch.layout, mode: .inference, in: scope)
    expectClose(
      logits.copyValues(), try model.fixture.doubles("\(model.group)/logits"),
      Tolerance(relative: 1e-4, absolute: 5e-5, because: Self.reason))
    let losses = scope.crossEntropy(
      logits: logits, labels: model.batch.classes, gradientScale: 1 / Double(logits.rows))
    let loss = try model.fixture.number("loss", of: model.group)
    expectClose(
      [losses.reduce(0, +) / Double(logits.rows)], [loss],
      Tolerance(relative: 0, absolute: 2e-5, because: Self.reason), "loss")
    scope.backward()
    try model.expectGradients(model.group)
  }

  @Test(
    "masked language: loss and all gradients",
    arguments: ModelFamily.allCases)
  func maskedLanguage(_ family: ModelFamily) throws {
    let model = try HashedModel(family, head: .maskedLanguage)
    let scope = ComputeScope(engine: engine, recording: true)
    let batch = model.batch
    let head = try #require(model.model.maskedLanguageHead)
    let masked = (0..<Int32(batch.maskedLabels.count)).filter { batch.maskedLabels[Int($0)] >= 0 }
    let states = model.model.encoder.encode(
      tokenIDs: batch.tokenIDs, layout: batch.layout,
      request: HiddenStateRequest(lastLayer: .selection(masked)), mode: .inference, in: scope)
    let (rows, selection) = try #require(states.last)
    let hidden = head.transform(
      rows, placement: selection.placement, mode: .inference, in: scope)
    let sums = scope.vocabularyHead(
      hidden: hidden, decoder: head.decoder, bias: head.decoderBias,
      objectives: [
        WeightedObjective(
          MaskedLanguageObjective(
            labels: masked.map { batch.maskedLabels[Int($0)] }),
          gradientScale: 1 / Double(masked.count))
      ])
    let loss = try model.fixture.number("loss", of: model.group)
    expectClose(
      [sums[0] / Double(masked.count)], [loss],
      Tolerance(relative: 1e-5, absolute: 0, because: Self.reason), "loss")
    scope.backward()
    try model.expectGradients(model.group)
  }

  @Test("one distillation step of the paper: the three losses and all gradients of the student")
  func distillation() throws {
    let teacher = try HashedModel(.bert, head: .maskedLanguage)
    let student = try HashedModel(.distilbert, head: .maskedLanguage)
    let batch = student.batch
    let count = Double(batch.tokenIDs.count)
    func hidden(
      _ model: TransformerModel, _ scope: ComputeScope
    ) throws -> (last: Tensor, transformed: Tensor, head: MaskedLanguageHead) {
      let states = model.encoder.encode(
        tokenIDs: batch.tokenIDs, layout: batch.layout, request: .all, mode: .inference, in: scope)
      let (rows, selection) = try #require(states.last)
      let head = try #require(model.maskedLanguageHead)
      let transformed = head.transform(
        rows, placement: selection.placement, mode: .inference, in: scope)
      return (rows, transformed, head)
    }
    let teacherScope = ComputeScope(engine: engine, recording: false)
    let scope = ComputeScope(engine: engine, recording: true)
    let source = try hidden(teacher.model, teacherScope)
    let target = try hidden(student.model, scope)
    let sums = scope.vocabularyHead(
      hidden: target.transformed, decoder: target.head.decoder, bias: target.head.decoderBias,
      teacher: TeacherVocabulary(
        hidden: source.transformed, decoder: source.head.decoder, bias: source.head.decoderBias),
      objectives: [
        WeightedObjective(SoftTargetObjective(.hinton(temperature: 2)), gradientScale: 5 / count),
        WeightedObjective(
          MaskedLanguageObjective(
            labels: batch.maskedLabels), gradientScale: 2 / Double(batch.maskedCount)),
      ])
    let cosines = scope.cosineEmbeddingLoss(
      student: target.last, teacher: source.last, gradientScale: 1 / count)
    for (name, value) in [
      ("divergence", sums[0] / count), ("mlm", sums[1] / Double(batch.maskedCount)),
      ("cosine", cosines.reduce(0, +) / count),
    ] {
      let reference = try student.fixture.number(name, of: "distillation")
      expectClose(
        [value], [reference], Tolerance(relative: 2e-5, absolute: 0, because: Self.reason), name)
    }
    scope.backward()
    try student.expectGradients("distillation")
  }
}
