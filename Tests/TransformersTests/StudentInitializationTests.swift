import Testing

@testable import RetortTransformers

@Suite("Student initialisation")
struct StudentInitializationTests {
  private let engine = Engine(threadCount: 1)
  private let batch = SmallBatch()

  private func states(_ model: TransformerModel, _ layers: Set<Int>) -> [Int: [Float]] {
    let scope = ComputeScope(engine: engine, recording: false)
    return model.encoder.encode(
      tokenIDs: batch.tokenIDs, layout: batch.layout,
      request: HiddenStateRequest(lastLayer: nil, layers: layers), mode: .inference, in: scope
    ).layers.mapValues { $0.copyValues() }
  }

  @Test(
    "a DistilBERT of BERT's first layers with the token type folded in computes the same",
    arguments: [StudentInitialization.TokenTypes.fold, .drop])
  func bertToDistilBert(_ tokenTypes: StudentInitialization.TokenTypes) throws {
    let teacher = TransformerModel.drawn(.small(.bert, layers: 3), heads: [.maskedLanguage])
    let student = TransformerModel(
      configuration: teacher.configuration.student(family: .distilbert, layerCount: 2),
      heads: [.maskedLanguage])
    let new = try StudentInitialization(
      layers: [0, 1], tokenTypes: tokenTypes, maskedLanguageHead: .all
    ).apply(to: student, from: teacher, seed: 1)
    #expect(new.isEmpty)
    let (expected, found) = (states(teacher, [0, 2]), states(student, [0, 2]))
    for layer in [0, 2] {
      let difference = largestDifference(expected[layer] ?? [], found[layer] ?? [])
      // Folding changes the order of three additions, nothing else.
      #expect(tokenTypes == .fold ? difference < 1e-5 : difference > 1e-2)
    }
  }

  @Test("takes the layers of the map", arguments: ModelFamily.allCases)
  func sameFamily(_ family: ModelFamily) throws {
    let teacher = TransformerModel.drawn(.small(family, layers: 5), heads: [])
    let student = TransformerModel(
      configuration: teacher.configuration.student(family: family, layerCount: 3),
      heads: [.maskedLanguage])
    let new = try StudentInitialization(
      layers: [0, 2, 4], tokenTypes: nil, maskedLanguageHead: .new
    ).apply(to: student, from: teacher, seed: 1)
    #expect(new == student.maskedLanguageHead?.parameters.map(\.path))
    for (target, layer) in [0, 2, 4].enumerated() {
      let from = teacher.encoder.blocks[layer].parameters
      for (a, b) in zip(student.encoder.blocks[target].parameters, from) {
        #expect(a.values.elementsEqual(b.values))
      }
    }
    for (a, b) in zip(student.encoder.embeddings.parameters, teacher.encoder.embeddings.parameters)
    {
      #expect(a.values.elementsEqual(b.values))
    }
    let head = try #require(student.maskedLanguageHead)
    #expect(head.dense.weight.values.contains { $0 != 0 })
    #expect(head.norm.scale.values.allSatisfy { $0 == 1 })
  }

  @Test("impossible requests are refused before anything runs, all reasons at once")
  func refusals() {
    func problems(
      _ layers: [Int], _ tokenTypes: StudentInitialization.TokenTypes?,
      teacher: TransformerConfiguration = .bertBase,
      student: TransformerConfiguration = .distilBertBase
    ) -> [StudentInitializationError.Problem] {
      do {
        try StudentInitialization(
          layers: layers, tokenTypes: tokenTypes, maskedLanguageHead: .all
        ).check(teacher: teacher, student: student)
        return []
      } catch { return error.problems }
    }
    let paper = [0, 2, 4, 7, 9, 11]
    #expect(problems(paper, .drop) == [])
    #expect(problems(paper, nil) == [.tokenTypesNotStated])
    #expect(
      problems([0, 2, 4, 7, 12], .fold) == [
        .layerCount(student: 6, found: 5), .noSuchLayer(12, teacherLayers: 12),
      ])
    #expect(
      problems([0, 1, 2, 3, 4, -1], nil, teacher: .distilBertBase)
        == [.noSuchLayer(-1, teacherLayers: 6)])
    #expect(
      problems([0, 1, 2, 3, 4, 5], .drop, teacher: .distilBertBase) == [.tokenTypesNeedless])
    var student = TransformerConfiguration.distilBertBase
    student.vocabularySize = 30_000
    student.hiddenSize = 384
    #expect(
      problems(paper, .drop, student: student) == [
        .size("vocabulary size", teacher: 30_522, student: 30_000),
        .size("hidden size", teacher: 768, student: 384),
      ])
    #expect(
      problems(Array(0..<12), nil, teacher: .distilBertBase, student: .bertBase).first
        == .families(teacher: .distilbert, student: .bert))
  }

  @Test("a teacher without a masked-language head has none to copy")
  func noHead() {
    let teacher = TransformerModel(configuration: .small(.distilbert), heads: [])
    let student = TransformerModel(configuration: .small(.distilbert), heads: [.maskedLanguage])
    #expect(throws: StudentInitializationError(problems: [.noMaskedLanguageHead])) {
      try StudentInitialization(
        layers: [0, 1, 2], tokenTypes: nil, maskedLanguageHead: .all
      ).apply(to: student, from: teacher, seed: 1)
    }
  }
}
