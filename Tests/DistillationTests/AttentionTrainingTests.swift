// Terms on attention through whole models: every gradient of a BERT as torch has it (attention_terms.h5), and trainings.
import Foundation
import RetortStorage
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Attention of blocks through whole models")
struct AttentionTrainingTests {
  /// Weights of a fixture by Hugging Face name.
  private struct Weights: TensorSource {
    let fixture: Fixture
    let group: String
    var sourceDescription: String { group }
    var tensorNames: [String] { fixture.names(in: group) }
    func shape(ofTensor name: String) -> [Int]? { fixture.shape("\(group)/\(name)") }
    func read(tensor name: String, into values: UnsafeMutableBufferPointer<Float>) throws {
      _ = values.update(fromContentsOf: try fixture.floats("\(group)/\(name)"))
    }
  }

  private func model(_ name: String, _ fixture: Fixture) throws -> TransformerModel {
    let json = try fixture.text("\(name)_json", of: "model")
    let file = try ConfigurationFile(json: Data(json.utf8), path: "attention_terms.h5")
    let model = TransformerModel(configuration: file.configuration, heads: [])
    try model.load(
      from: Weights(fixture: fixture, group: "model/weights/\(name)"),
      names: .huggingFace(file.configuration), seed: 0)
    return model
  }

  private static func relations(
    _ relations: [AttentionRelations.WeightedRelation], _ heads: Int,
    _ teacher: Int, _ student: Int, _ average: AttentionRelations.Average
  ) -> AttentionRelations {
    AttentionRelations(
      of: relations, heads: heads,
      blocks: BlockPairs(.pairs([LayerPair(teacher: teacher, student: student)])), average: average)
  }

  static let cases: [(name: String, objective: Objective)] = [
    (
      "minilm",
      Objective(
        WeightedTerm(
          1,
          AttentionRelations(
            of: [.init(.queryKey), .init(.valueValue)], heads: 4, blocks: BlockPairs(.last),
            average: .sequences)))
    ),
    (
      "queries_and_keys",
      Objective(
        WeightedTerm(
          0.5, relations([.init(.queryQuery), .init(.keyKey)], 8, 2, 1, .rows)))
    ),
    (
      "scores_uniform",
      Objective(
        WeightedTerm(
          1,
          AttentionMaps(
            of: .scores, compare: .mse, heads: .each,
            blocks: BlockPairs(.uniform, reduction: .sum), average: .pairs)))
    ),
    (
      "maps_mean",
      Objective(
        WeightedTerm(
          1,
          AttentionMaps(
            of: .probabilities, compare: .kl, heads: .mean,
            blocks: BlockPairs(
              .pairs([LayerPair(teacher: 0, student: 0), LayerPair(teacher: 3, student: 1)]),
              reduction: .mean), average: .sequences)))
    ),
    (
      "relations_and_cosine",
      Objective(
        WeightedTerm(
          1,
          relations(
            [.init(.queryQuery), .init(.keyKey), .init(.valueValue)], 4, 1, 0, .sequences)),
        WeightedTerm(2, HiddenCosine()))
    ),
  ]

  @Test(
    "loss and every gradient of a BERT equal torch's; parameters without one are the same",
    arguments: 0..<5)
  func parity(_ index: Int) throws {
    let name = Self.cases[index].name
    let fixture = try Fixture("attention_terms.h5")
    let (student, teacher) = (try model("student", fixture), try model("teacher", fixture))
    let objective = Self.cases[index].objective.resolved(
      student: student.dimensions, teacher: teacher.dimensions)
    let engine = Engine(threadCount: 2)
    let ids = try fixture.integers("model/ids")
    let packed = PackedBatch(
      tokenIDs: ids, offsets: try fixture.integers("batch/offsets"), examples: [0, 1, 2])
    let batch = TrainingBatch(packed, classes: [0, 0, 0])
    let counts = RowCounts([batch])
    let scope = ComputeScope(engine: engine, recording: true)
    let sums = try ObjectivePass(
      student: student, teacher: LiveTeacher(model: teacher, engine: engine), objective: objective,
      parameters: objective.terms.map { _ in [] }, weights: objective.weights(step: 0, of: 1),
      counts: counts, scope: scope
    ).run(batch, at: BatchPlace(step: 0, microBatch: 0), mode: .inference)
    scope.backward()

    let group = "model/\(name)"
    let loss = zip(objective.terms, sums.terms).reduce(0) {
      $0 + $1.0.weight.largest * counts.mean(over: $1.0.term.rows, of: $1.1)
    }
    expectClose(
      [loss], [try fixture.number("loss", of: group)],
      Tolerance(relative: 5e-5, absolute: 1e-6, because: "float32 through four layers"), name)
    let names = WeightNames.huggingFace(student.configuration).namesByPath(prefixed: true)
    let stored = Set(fixture.names(in: "\(group)/gradient"))
    var unreached: [String] = []
    for parameter in student.parameters {
      let known = try #require(names[parameter.path])
      #expect(parameter.hasGradient == stored.contains(known), "\(name): \(parameter.path)")
      guard stored.contains(known) else {
        unreached.append(parameter.path)
        continue
      }
      let reference = try fixture.doubles("\(group)/gradient/\(known)")
      let largest = reference.reduce(0) { max($0, $1.magnitude) }
      guard largest > 1e-9 else {
        expectZero(
          parameter.gradientArray, within: 1e-5, because: "softmax does not see a shift",
          parameter.path)
        continue
      }
      expectClose(
        parameter.gradientArray, reference,
        Tolerance(
          relative: 2e-4, absolute: 3e-5 * largest,
          because: "float32 sums over 16 tokens and four layers, forth and back"),
        "\(name): \(parameter.path)")
    }
    // What is said to be reached is what is reached.
    let reach = objective.readsOfStudent.reach(of: student.configuration, heads: [])
    #expect(Set(reach.unreached) == Set(unreached))
    #expect(reach.count == student.parameters.reduce(0) { $0 + $1.count })
    #expect(
      reach.reachedCount
        == student.parameters.reduce(0) { $0 + ($1.hasGradient ? $1.count : 0) })
  }

  @Test("what MiniLM does not train is said in words")
  func reach() {
    let configuration = Small.configuration(.bert, layers: 2)
    let minilm = Self.cases[0].objective.readsOfStudent
    let reach = minilm.reach(of: configuration, heads: [.maskedLanguage])
    #expect(
      reach.words.hasSuffix(
        "% of the student's weights; not encoder.layer.1.attention.output, encoder.layer.1.attention_norm, "
          + "encoder.layer.1.expansion, encoder.layer.1.contraction, encoder.layer.1.output_norm, "
          + "masked_lm.dense, masked_lm.norm, masked_lm.decoder_bias"), "\(reach.words)")
    let whole = Small.paperObjective.readsOfStudent.reach(
      of: configuration, heads: [.maskedLanguage])
    #expect(whole.words == "100 % of the student's weights" && whole.unreached.isEmpty)
    // Of a block that ends with its queries and keys, the values are not trained either.
    let keys = Observations(projections: [BlockProjection(.key, of: .number(0))])
      .reach(of: configuration, heads: [])
    #expect(keys.unreached.contains("encoder.layer.0.attention.query.weight"))
    #expect(!keys.unreached.contains("encoder.layer.0.attention.key.weight"))
  }

  // MARK: Trainings

  private static let minilm = WeightedTerm(
    2,
    AttentionRelations(
      of: [.init(.queryKey), .init(.valueValue, weight: 0.5)], heads: 8, blocks: BlockPairs(.last),
      average: .sequences))

  private func train(
    _ objective: Objective, threads: Int = 2, dropout: Double = 0.1,
    heads: Set<ModelPart> = [.maskedLanguage], observer: Onlooker? = nil
  ) throws -> (before: [String: [Float]], model: TransformerModel) {
    let engine = Engine(threadCount: threads)
    let student = Small.model(.distilbert, layers: 2, heads: heads, dropout: dropout)
    let before = student.valuesByPath
    let teacher = Small.model(.bert, layers: 4, heads: [.maskedLanguage], hidden: 32, seed: 2)
    let settings = Small.maskedLanguage(objective, .epochs(3))
    _ = try MaskedLanguageTraining(
      student: student, teacher: LiveTeacher(model: teacher, engine: engine),
      batches: Small.corpus(Small.sequences(26), settings), settings: settings, engine: engine,
      observer: observer
    ).run()
    return (before, student)
  }

  @Test(
    "a student that is trained on relations alone changes where it is reached, and decays nowhere else"
  )
  func untouched() throws {
    let observer = Onlooker()
    let objective = Objective(Self.minilm)
    let (before, model) = try train(objective, observer: observer)
    let reach = objective.readsOfStudent.reach(of: model.configuration, heads: [.maskedLanguage])
    #expect(!reach.unreached.isEmpty)
    for (path, values) in model.valuesByPath {
      let isSame = values.map(\.bitPattern) == before[path]?.map(\.bitPattern)
      #expect(isSame == reach.unreached.contains(path), "\(path)")
    }
    let values = observer.steps.compactMap { $0.losses.terms.first?.value }
    #expect(values.count == 12)
    #expect(try #require(values.last) < 0.9 * (try #require(values.first)))
  }

  @Test("the same bits at one, two and three threads, beside the other terms")
  func threads() throws {
    let objective = Objective(
      WeightedTerm(1, MaskedLanguage()), Self.minilm,
      WeightedTerm(
        1,
        AttentionMaps(
          of: .probabilities, compare: .mse, heads: .mean,
          blocks: BlockPairs(.uniform, reduction: .sum), average: .sequences)))
    let one = try train(objective, threads: 1).model
    for threads in 2...3 {
      let more = try train(objective, threads: threads).model.valuesByPath
      for (path, values) in one.valuesByPath {
        expectSameBits(more[path] ?? [], values, "\(path) at \(threads) threads")
      }
    }
  }

  @Test("maps are taken before the dropout of attention")
  func beforeDropout() throws {
    // Of the first block, whose input no dropout has touched, the student's map is the same with any attention dropout.
    func first(attention: Double) throws -> Double {
      var configuration = Small.configuration(.bert, layers: 2)
      configuration.attentionDropout = attention
      let student = TransformerModel(configuration: configuration, heads: [])
      student.initialize(seed: 1)
      let engine = Engine(threadCount: 1)
      let teacher = Small.model(.bert, layers: 2, heads: [], seed: 2)
      let batch = TrainingBatch(
        PackedBatch(tokenIDs: [2, 9, 8, 7, 3, 2, 6, 3], offsets: [0, 5, 8], examples: [0, 1]),
        classes: [0, 0])
      let term = AttentionMaps(
        of: .probabilities, compare: .kl, heads: .each,
        blocks: BlockPairs(.pairs([LayerPair(teacher: 0, student: 0)])), average: .rows)
      return try ObjectivePass(
        student: student, teacher: LiveTeacher(model: teacher, engine: engine),
        objective: Objective(WeightedTerm(1, term), WeightedTerm(1, HiddenCosine())),
        parameters: [[], []], weights: [1, 1],
        counts: RowCounts([batch]), scope: ComputeScope(engine: engine, recording: true)
      ).run(
        batch, at: BatchPlace(step: 0, microBatch: 0),
        mode: .training(dropout: CounterDropout(seed: 3, step: 1, microBatch: 0))
      ).terms[0]
    }
    #expect(try first(attention: 0.5) == first(attention: 0))
  }

  @Test("a classifier as a teacher hands out its projections beside its class logits")
  func classifierTeacher() throws {
    let engine = Engine(threadCount: 2)
    let student = Small.model(.bert, layers: 2, heads: [.classification], dropout: 0.1)
    let teacher = Small.model(.bert, layers: 4, heads: [.classification], seed: 2)
    let objective = Objective(
      WeightedTerm(1, ClassSoftTargets(temperature: 2)), WeightedTerm(1, CrossEntropy()),
      Self.minilm)
    var settings = Small.fineTuning(.epochs(2))
    settings.objective = objective
    let training = Small.labelled(30)
    let observer = Onlooker()
    _ = try FineTuning(
      model: student, training: training, validation: Small.labelled(9, place: 2),
      teacher: ClassifierTeacher(
        model: teacher, training: training.sequences, reads: objective.readsOfTeacher,
        engine: engine),
      settings: settings, selectBest: .last, engine: engine, observer: observer
    ).run()
    #expect(
      observer.steps.allSatisfy { step in
        step.losses.terms.allSatisfy { $0.value.isFinite && $0.value > 0 }
      })
    #expect(student.parameters.allSatisfy { $0.valueArray.allSatisfy(\.isFinite) })
  }
}
