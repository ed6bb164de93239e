// Trainings from stores of outputs by example beside the same trainings with live teachers.
import Foundation
import RetortStorage
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

/// A text that is read as it is, a teacher of all heads, and what it says to each sequence.
private struct StoredText {
  static let identity = ["teacher": "t", "text": "x"]
  let folder: TemporaryFolder
  let teacher = Small.model(
    .bert, layers: 4, heads: [.maskedLanguage, .classification], hidden: 16, dropout: 0.1, seed: 2)
  let sequences: TokenSequences
  let labelled: LabelledSequences

  init(_ count: Int = 26) throws {
    folder = try TemporaryFolder()
    (sequences, labelled) = (Small.sequences(count), Small.labelled(count))
  }

  /// Everything that a term can read, whatever loss it is written for.
  func everything(_ objectives: [Objective], _ precision: ActivationPrecision?) -> ModelOutputs {
    var reads = objectives.reduce(Observations.nothing) { $0.union($1.readsOfTeacher) }
    reads.hiddenStates.formUnion([.number(1), .last])
    return ModelOutputs(
      reads.outputs(layerCount: 4), topLogits: nil, name: nil, dimensions: teacher.dimensions,
      precision: precision)
  }

  func record(
    _ outputs: ModelOutputs, name: String = "a.h5", threads: Int = 2,
    limit: ShardLimit = ShardLimit(),
    observer: (any RecordingObserver)? = nil
  ) throws -> ExampleActivationStore {
    let writer = try ExampleActivationWriter(
      path: folder.file(name), layout: ExampleActivationLayout(outputs), source: Self.identity,
      limit: limit)
    try ExampleActivationRecording(models: [teacher], engine: Engine(threadCount: threads))
      .run(over: sequences, into: writer, observer: observer)
    try writer.finish()
    return try ExampleActivationStore(path: folder.file(name))
  }

  func stored(
    _ store: ExampleActivationStore, _ objective: Objective, _ engine: Engine,
    identity: [String: String] = identity
  ) throws -> StoredTeacher {
    try StoredTeacher(
      store: store, identity: identity, objective: objective, head: teacher.maskedLanguageHead,
      vocabularySize: 40, engine: engine)
  }

  func live(_ objective: Objective, _ engine: Engine) throws -> any TeacherSource {
    try ClassifierTeacher(
      model: teacher, training: sequences, reads: objective.readsOfTeacher, engine: engine)
  }

  /// Losses of every step, and the weights at the end.
  func train(
    _ objective: Objective, settings variant: Int, threads: Int,
    _ teacher: (Engine) throws -> any TeacherSource
  ) throws -> (losses: [StepLosses], weights: [Float]) {
    let engine = Engine(threadCount: threads)
    var settings = Small.maskedLanguage(objective, .epochs(2))
    settings.batchSize = [4, 5, 7][variant]
    settings.seed = UInt64(variant + 5)
    let readsWords = objective.readsOfStudent.vocabularyLogits != nil
    let student = Small.model(
      .distilbert, layers: 2, heads: [readsWords ? .maskedLanguage : .classification], dropout: 0.1)
    let observer = Onlooker()
    if objective.terms.contains(where: { $0.term is CrossEntropy }) {
      _ = try FineTuning(
        model: student, training: labelled, validation: Small.labelled(5, place: 2),
        teacher: try teacher(engine), settings: settings, selectBest: .last, engine: engine,
        observer: observer
      ).run()
    } else {
      _ = try MaskedLanguageTraining(
        student: student, teacher: try teacher(engine),
        batches: MaskedCorpus(
          corpus: sequences, tokenCounts: sequences.tokenCounts(vocabularySize: 40),
          vocabulary: try Small.vocabulary(), masking: nil, batchSize: settings.batchSize,
          groupsByLength: variant != 1, seed: settings.seed),
        settings: settings, engine: engine, observer: observer
      ).run()
    }
    return (observer.steps.map(\.losses), student.parameters.flatMap { Array($0.values) })
  }
}

private final class Stopper: RecordingObserver {
  let limit: Int
  var last: RecordingProgress?
  init(after limit: Int) { self.limit = limit }
  func recorded(_ progress: RecordingProgress) { last = progress }
  var stopIsRequested: Bool { (last?.done ?? 0) >= limit }
}

@Suite("Stores by example") struct ExampleStoreTests {
  /// Losses that between them have every term that reads a teacher.
  private static let objectives: [Objective] = {
    let pairs = LayerMap.pairs([
      LayerPair(teacher: 1, student: 0), LayerPair(teacher: 4, student: 2),
    ])
    let blocks = BlockPairs(
      .pairs([LayerPair(teacher: 1, student: 0), LayerPair(teacher: 3, student: 1)]),
      reduction: .mean)
    return [
      Objective(
        .soft(weight: 1, temperature: 2, positions: .all),
        WeightedTerm(1, HiddenCosine())),
      Objective(WeightedTerm(1, ClassSoftTargets(temperature: 2))),
      Objective(
        WeightedTerm(
          1, ClassSoftTargets(SoftTargetSettings(temperature: 1), examples: .teacherConfidence)),
        WeightedTerm(
          1,
          AttentionRelations(
            of: [.init(.queryQuery), .init(.valueValue)], heads: 8, blocks: BlockPairs(.last),
            average: .sequences)), WeightedTerm(0.5, CrossEntropy())),
      Objective(
        WeightedTerm(
          1,
          Hidden(
            compare: .mse, states: pairs, overPairs: .sum, positions: .all, average: .tokens)),
        WeightedTerm(
          1,
          Gram(of: .tokens, states: [.init(teacher: [1, 3], student: [0, 2])], average: .pairs))),
      Objective(
        WeightedTerm(1, Sentence(compare: .cosine, pooling: .mean, isNormalised: true)),
        WeightedTerm(
          1, Sentence(compare: .similarityMSE, pooling: .first, isNormalised: false),
          name: "first")),
      Objective(
        WeightedTerm(
          1,
          AttentionMaps(
            of: .probabilities, compare: .kl, heads: .each, blocks: blocks, average: .rows)),
        WeightedTerm(
          1,
          AttentionRelations(
            of: [.init(.queryKey), .init(.keyKey)], heads: 2, blocks: blocks, average: .rows))),
    ]
  }()

  @Test("float32 teaches each term the live bits, whatever seed, batch size and number of threads")
  func exact() throws {
    let types = Self.objectives.flatMap(\.terms).map { ObjectIdentifier(type(of: $0.term)) }
    for type in LossTerms.all {
      func reads<Term: LossTerm>(_ type: Term.Type) -> Bool {
        Term.options.standIn.map { !$0.readsOfTeacher.isEmpty } ?? true
      }
      #expect(!reads(type) || types.contains(ObjectIdentifier(type)), "\(type.key) is not here")
    }
    let text = try StoredText()
    let store = try text.record(text.everything(Self.objectives, .f32))
    for (number, objective) in Self.objectives.enumerated() {
      let variant = number % 3
      let live = try text.train(objective, settings: variant, threads: 2) {
        try text.live(objective, $0)
      }
      #expect(live.losses.count >= 4)
      for threads in [1, 3] {
        let stored = try text.train(objective, settings: variant, threads: threads) {
          try text.stored(store, objective, $0)
        }
        #expect(stored.losses == live.losses, "\(objective.formula)")
        #expect(stored.weights == live.weights, "\(objective.formula)")
      }
    }
  }

  @Test("a sequence has the same bits in every batch")
  func rowsAreIndependent() throws {
    let text = try StoredText()
    let outputs = text.everything(Self.objectives, .f32)
    let engine = Engine(threadCount: 2)
    let computation = OutputComputation(text.teacher, outputs, engine: engine)
    func values(_ examples: [Int]) throws -> [[ModelOutput: [Float]]] {
      let batch = PackedBatch(examples, of: text.sequences)
      let found = try computation.values(of: batch, layout: SequenceLayout(batch))
      return examples.indices.map { n in
        Dictionary(
          uniqueKeysWithValues: outputs.columns.map { column in
            let rows =
              column.output.isOfTokens
              ? Int(batch.offsets[n])..<Int(batch.offsets[n + 1]) : n..<n + 1
            let all = found.tensors[column.output].map(Array.init) ?? []
            return (
              column.output,
              Array(all[rows.lowerBound * column.width..<rows.upperBound * column.width])
            )
          })
      }
    }
    let alone = try (0..<26).map { try values([$0])[0] }
    #expect(alone[0].count == outputs.columns.count)
    for batch in [Array(0..<26), [25, 3, 17], Array((0..<26).reversed())] {
      for (example, found) in zip(batch, try values(batch)) { #expect(found == alone[example]) }
    }
  }

  @Test("stopped, a store goes on to the same bits; another number of threads writes the same")
  func resuming() throws {
    let text = try StoredText(300)
    let outputs = text.everything(Self.objectives, nil)
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: text.folder.file(name)))
    }
    _ = try text.record(outputs, name: "whole.h5")
    _ = try text.record(outputs, name: "threads.h5", threads: 3)
    for limit in [1, 150] {
      let stopper = Stopper(after: limit)
      #expect(throws: RecordingError.self) {
        _ = try text.record(
          outputs, name: "pieces.h5", limit: ShardLimit(bytes: 500), observer: stopper)
      }
      #expect((limit..<300).contains(stopper.last?.done ?? 0))
    }
    _ = try text.record(outputs, name: "pieces.h5", limit: ShardLimit(bytes: 500))
    #expect(try bytes("threads.h5") == bytes("whole.h5"))
    #expect(try bytes("pieces.h5") == bytes("whole.h5"))
  }

  @Test("what is of another text or teacher is refused, and what is missing is named")
  func refused() throws {
    let text = try StoredText()
    let engine = Engine(threadCount: 1)
    let (relations, sentence) = (Self.objectives[5], Self.objectives[4])
    let store = try text.record(text.everything([sentence], .f16))
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "nothing"
      } catch { return "\(error)" }
    }
    #expect(
      message { _ = try text.stored(store, relations, engine) }.contains(
        "expected key of block 1 and key of block 3 and query of block 1 and query of block 3, found hidden states 1, last "
          + "of 16, f16; vectors of sequences (mean), (first) of 16, f16; write them with"))
    #expect(
      message { _ = try text.stored(store, Self.objectives[1], engine) }.contains(
        "expected class logits, found"))
    #expect(
      message {
        _ = try text.stored(
          store, sentence, engine, identity: ["teacher": "u", "text": "y", "cut": "8"])
      }.contains("cut is nothing, expected 8; teacher is t, expected u; text is x, expected y;"))
    let teacher = try text.stored(store, sentence, engine)
    var batch = PackedBatch([3, 5], of: text.sequences)
    func targets() throws {
      _ = try teacher.targets(
        for: batch, layout: SequenceLayout(batch), at: BatchPlace(step: 0, microBatch: 0),
        request: TeacherRequest(pooled: [.mean]))
    }
    try targets()
    batch.examples = [3, 6]
    #expect(message(targets).contains("the tokens of example 7 are not those of this training"))
    batch.examples = [3, 26]
    #expect(message(targets).contains("the tokens of example 27 are not those"))
    #expect(
      message { _ = try StageActivationStore(path: store.path) }.contains(
        "expected outputs by training step"))
  }

  @Test("binary16 teaches nearly the same, and what it changes is measured")
  func rounding() throws {
    let text = try StoredText()
    let objective = Self.objectives[5]
    let outputs = text.everything([objective, Self.objectives[0]], nil)
    let store = try text.record(outputs)
    let live = try text.train(objective, settings: 0, threads: 2) { try text.live(objective, $0) }
    let stored = try text.train(objective, settings: 0, threads: 2) {
      try text.stored(store, objective, $0)
    }
    expectClose(
      stored.losses.map(\.total), live.losses.map(\.total),
      Tolerance(relative: 1e-2, absolute: 0, because: "projections rounded to 11 bits"))
    let error = try #require(
      try RoundingError(
        of: outputs, model: text.teacher, computesLogits: true,
        on: PackedBatch(Array(0..<8), of: text.sequences), engine: Engine(threadCount: 1)))
    let relation = try #require(error.relation).divergence
    let states = try #require(error.states)
    #expect(relation > 0 && relation < 1e-5)
    #expect(try #require(error.softTargets) > 0 && error.softTargets ?? 1 < 1e-5)
    #expect(states > 1e-5 && states < 0x1p-10)
    let batch = PackedBatch(Array(0..<8), of: text.sequences)
    func share(_ count: Int) throws -> [KeptShare] {
      try KeptShare.all(
        of: ModelOutputs(
          topLogits: .init(count: count, temperatures: [1, 4], positions: .masked, precision: .f32)),
        model: text.teacher, on: batch, engine: Engine(threadCount: 1))
    }
    let (all, few) = (try share(40), try share(8))
    #expect(few.map(\.temperature) == [1, 4] && few[0].tokens == batch.tokenCount)
    for (whole, part) in zip(all, few) {
      #expect(abs(whole.mean - 1) < 1e-5 && part.mean > 0.2 && part.mean < 0.9)
    }
    #expect(few[0].mean > few[1].mean)
    #expect(
      try RoundingError(
        of: text.everything([objective], .f32), model: text.teacher, computesLogits: false,
        on: PackedBatch([0], of: text.sequences), engine: Engine(threadCount: 1)) == nil)
  }
}
