// Terms on attention in trainings.
import Foundation
import RetortStorage
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Attention of blocks in trainings")
struct AttentionTrainingTests {
  @Test("what MiniLM does not train is said in words")
  func reach() {
    let configuration = Small.configuration(.bert, layers: 2)
    let minilm = Objective(Self.minilm).readsOfStudent
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
