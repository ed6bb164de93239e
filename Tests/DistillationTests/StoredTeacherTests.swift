// A training from stored teacher outputs beside the same training with the teacher run live.
import Foundation
import RetortStorage
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

/// One distillation: its teacher, its batches, and stores of what the teacher says to them.
private struct RecordedTraining {
  static let identity = ["teacher": "t", "seed": "5"]
  let folder: TemporaryFolder
  let engine = Engine(threadCount: 2)
  let teacher = Small.model(
    .bert, layers: 2, heads: [.maskedLanguage], hidden: 16, dropout: 0.1, seed: 2)
  let settings: TrainingSettings
  let batches: MaskedCorpus

  init(_ objective: Objective = Small.paperObjective) throws {
    folder = try TemporaryFolder()
    settings = Small.maskedLanguage(objective, .epochs(2))
    batches = try Small.corpus(Small.sequences(26), settings)
  }

  static func states(
    _ precision: ActivationPrecision?, layers: [String] = ["last"],
    _ topLogits: ModelOutputs.TopLogits? = nil
  ) -> StageActivationLayout {
    StageActivationLayout(
      ModelOutputs(
        precision.map { precision in
          layers.map { .init(.hiddenState($0), width: 16, precision: precision) }
        } ?? [], topLogits: topLogits))
  }

  static func logits(
    _ count: Int, _ positions: TokenPositions = .all,
    states: Bool = true
  ) -> StageActivationLayout {
    Self.states(
      states ? .f32 : nil,
      .init(count: count, temperatures: [1, 2], positions: positions, precision: .f32))
  }

  func record(
    _ layout: StageActivationLayout, name: String = "a.h5", limit: TrainingLimit? = nil,
    shards: ShardLimit = ShardLimit(), observer: (any RecordingObserver)? = nil
  ) throws -> StageActivationStore {
    let path = folder.file(name)
    let writer = try StageActivationWriter(
      path: path, layout: layout, source: Self.identity, limit: shards)
    var settings = settings
    settings.limit = limit ?? settings.limit
    try StageActivationRecording(
      teachers: [teacher], batches: batches, settings: settings, engine: engine
    ).run(into: writer, observer: observer)
    try writer.finish()
    return try StageActivationStore(path: path)
  }

  func storedTeacher(
    _ store: StageActivationStore, identity: [String: String] = identity
  ) throws -> (StoredTeacher, Objective) {
    let objective = try settings.objective.taught(from: store.outputs.models)
    return (
      try StoredTeacher(
        store: store, identity: identity, objective: objective,
        head: teacher.maskedLanguageHead, vocabularySize: 40, engine: engine), objective
    )
  }

  /// Losses of every step, and the weights at the end.
  func train(
    _ source: any TeacherSource, _ objective: Objective? = nil
  ) throws -> (losses: [StepLosses], weights: [Float]) {
    var settings = settings
    settings.objective = objective ?? settings.objective
    let student = Small.model(.distilbert, layers: 1, heads: [.maskedLanguage], dropout: 0.1)
    let collector = LossCollector()
    _ = try MaskedLanguageTraining(
      student: student, teacher: source, batches: batches, settings: settings, engine: engine,
      observer: collector
    ).run()
    return (collector.losses, student.parameters.flatMap { Array($0.values) })
  }

  func trainLive() throws -> (losses: [StepLosses], weights: [Float]) {
    try train(LiveTeacher(model: teacher, engine: engine))
  }

  func trainStored(
    _ store: StageActivationStore
  ) throws -> (losses: [StepLosses], weights: [Float]) {
    let (source, objective) = try storedTeacher(store)
    try source.check(covers: 8)
    return try train(source, objective)
  }
}

private final class LossCollector: TrainingObserver {
  var losses: [StepLosses] = []
  let stopIsRequested = false
  func stepCompleted(_ report: StepReport) { losses.append(report.losses) }
  func epochCompleted(_ result: EpochResult) {}
  func checkpointWritten(path: String, step: Int) {}
}

/// Stops a recording when it has come so far.
private final class Stopper: RecordingObserver {
  let step: Int
  var reports: [RecordingProgress] = []
  init(after step: Int) { self.step = step }
  func recorded(_ progress: RecordingProgress) { reports.append(progress) }
  var stopIsRequested: Bool { reports.last.map { $0.done >= step } ?? false }
}

@Suite struct StoredTeacherTests {
  @Test("float32 hidden states teach the same bits as the live teacher")
  func exact() throws {
    let outputs = try RecordedTraining()
    let store = try outputs.record(RecordedTraining.states(.f32))
    let (live, stored) = (try outputs.trainLive(), try outputs.trainStored(store))
    #expect(live.losses.count == 8)
    #expect(stored.losses == live.losses)
    #expect(stored.weights == live.weights)
  }

  @Test("hidden states of any layer come back as the live teacher computes them")
  func layers() throws {
    let outputs = try RecordedTraining()
    let store = try outputs.record(
      RecordedTraining.states(.f32, layers: ["1", "last"]))
    let (stored, _) = try outputs.storedTeacher(store)
    let live = LiveTeacher(model: outputs.teacher, engine: outputs.engine)
    let place = BatchPlace(step: 0, microBatch: 1)
    let batch = outputs.batches.batch(outputs.batches.order(ofEpoch: 0)[1], at: place).packed
    let values = try [live, stored].map { (teacher: any TeacherSource) in
      let targets = try teacher.targets(
        for: batch, layout: SequenceLayout(offsets: batch.offsets), at: place,
        request: TeacherRequest(hiddenStates: [.number(1), .last]))
      return [HiddenLayer.number(1), .last].map {
        targets.tensors.hiddenState($0).copyValues()
      }
    }
    #expect(values[0] == values[1] && values[0][0] != values[0][1])
  }

  @Test("on masked positions alone, where the live teacher computes fewer rows, up to rounding")
  func exactOnMaskedPositions() throws {
    let outputs = try RecordedTraining(
      Objective(
        softTargets: .soft(weight: 5, temperature: 2, positions: .masked), maskedLanguage: 2,
        cosine: nil))
    let store = try outputs.record(RecordedTraining.states(.f32))
    let (live, stored) = (try outputs.trainLive(), try outputs.trainStored(store))
    expectClose(
      stored.losses.map(\.total), live.losses.map(\.total),
      Tolerance(relative: 1e-5, absolute: 0, because: "products of other numbers of rows"))
  }

  @Test("binary16 hidden states teach the same losses up to their rounding")
  func half() throws {
    let outputs = try RecordedTraining()
    let store = try outputs.record(RecordedTraining.states(.f16))
    #expect(store.overflowCount == 0)
    let (live, stored) = (try outputs.trainLive(), try outputs.trainStored(store))
    expectClose(
      stored.losses.map(\.total), live.losses.map(\.total),
      Tolerance(
        relative: 1e-3, absolute: 0, because: "states rounded to 11 bits, eight steps of Adam"))
    #expect(stored.losses != live.losses)
  }

  @Test(
    "the largest logits, all of them kept, teach the whole divergence up to rounding",
    arguments: [true, false])
  func everyLogit(masked: Bool) throws {
    let outputs = try RecordedTraining(
      Objective(
        softTargets: .soft(weight: 5, temperature: 2, positions: masked ? .masked : .all),
        maskedLanguage: 2, cosine: masked ? nil : 1))
    let live = try outputs.trainLive()
    for positions in masked
      ? [.all, .masked]
      : [.all]
        as [TokenPositions]
    {
      let store = try outputs.record(
        RecordedTraining.logits(40, positions, states: !masked), name: "\(positions).h5")
      let stored = try outputs.trainStored(store)
      expectClose(
        stored.losses.map(\.total), live.losses.map(\.total),
        Tolerance(relative: 1e-4, absolute: 0, because: "float32 normalisers, steps of Adam"))
    }
  }

  @Test("with few logits it is another loss, under another name, and smaller")
  func fewLogits() throws {
    let outputs = try RecordedTraining()
    let store = try outputs.record(RecordedTraining.logits(3))
    let (_, objective) = try outputs.storedTeacher(store)
    #expect(objective.names == ["soft_targets_top_k", "masked_lm", "cosine"])
    #expect(
      objective.formula
        == "loss = 5 · 2² · KL(softmax(teacher / 2) ‖ softmax(student / 2)), the teacher's 3 largest "
        + "logits and all others as one outcome, mean over all positions + 2 · CE(masked tokens), "
        + "mean over masked tokens + 1 · (1 - cos(h_teacher, h_student)), last layer, mean over all "
        + "positions")
    let (live, stored) = (try outputs.trainLive(), try outputs.trainStored(store))
    let (first, all) = (stored.losses[0].terms, live.losses[0].terms)
    #expect(first[0].value < all[0].value && first[0].value > 0)
    #expect(first[1].value == all[1].value && first[2].value == all[2].value)
  }

  @Test("a store written in pieces, its writer stopped or lost, is the same to the bit")
  func resuming() throws {
    let outputs = try RecordedTraining()
    for layout in [RecordedTraining.states(.f16), RecordedTraining.logits(3, .masked)] {
      let whole = try outputs.record(layout, name: "whole.h5")
      #expect(whole.stepCount == 8)
      // Asked to stop: everything is kept.
      let stopper = Stopper(after: 3)
      #expect(throws: RecordingError.interrupted(done: 3, total: 8, units: "steps")) {
        _ = try outputs.record(layout, name: "pieces.h5", observer: stopper)
      }
      // Lost within a step: what was in memory is computed again.
      let path = outputs.folder.file("pieces.h5")
      do {
        let writer = try StageActivationWriter(
          path: path, layout: layout, source: RecordedTraining.identity,
          limit: ShardLimit(bytes: 4000))
        let finished = writer.finishedBatchCount
        #expect(finished == 6)
        var settings = outputs.settings
        settings.limit = .steps(7)
        try StageActivationRecording(
          teachers: [outputs.teacher], batches: outputs.batches, settings: settings,
          engine: outputs.engine
        ).run(into: writer)
        #expect(writer.finishedBatchCount > finished && writer.finishedBatchCount < 13)
      }
      let observer = Stopper(after: .max)
      _ = try outputs.record(layout, name: "pieces.h5", observer: observer)
      #expect(observer.reports.count < 8 && observer.reports.last?.done == 8)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: path))
          == Data(contentsOf: URL(fileURLWithPath: outputs.folder.file("whole.h5"))))
    }
  }

  @Test("outputs for another stage are refused, all differences named")
  func otherStage() throws {
    let outputs = try RecordedTraining()
    let store = try outputs.record(RecordedTraining.states(.f16), limit: .steps(2))
    let digest = String(repeating: "ab", count: 32)
    let error = #expect(throws: StoredTeacherError.self) {
      _ = try outputs.storedTeacher(store, identity: ["teacher": digest, "seed": "6"])
    }
    #expect(
      error?.description
        == "\(store.path): teacher outputs for another stage: seed is 5, expected 6; teacher is t, "
        + "expected abababababab…; write them with `retort activations DEF --stage ID`")
    let (teacher, _) = try outputs.storedTeacher(store)
    #expect(throws: StoredTeacherError.tooShort(path: store.path, steps: 2, wanted: 8)) {
      try teacher.check(covers: 8)
    }
  }

  @Test("a batch of other tokens is refused")
  func otherTokens() throws {
    let outputs = try RecordedTraining()
    let (teacher, _) = try outputs.storedTeacher(try outputs.record(RecordedTraining.states(.f16)))
    let order = outputs.batches.order(ofEpoch: 0)
    var batch = outputs.batches.batch(order[0], at: BatchPlace(step: 0, microBatch: 0)).packed
    let layout = SequenceLayout(offsets: batch.offsets)
    let request = TeacherRequest(hiddenStates: [.last])
    let place = BatchPlace(step: 0, microBatch: 0)
    _ = try teacher.targets(for: batch, layout: layout, at: place, request: request)
    batch.tokenIDs[1] = batch.tokenIDs[1] == 7 ? 8 : 7
    #expect(throws: StoredTeacherError.self) {
      _ = try teacher.targets(for: batch, layout: layout, at: place, request: request)
    }
  }

  @Test("a store that lacks what the objective reads is refused")
  func lacking() throws {
    let outputs = try RecordedTraining()
    let logitsOnly = try outputs.record(RecordedTraining.logits(3, states: false), name: "1.h5")
    let maskedOnly = try outputs.record(RecordedTraining.logits(3, .masked), name: "2.h5")
    let otherTemperature = try outputs.record(
      RecordedTraining.states(
        .f16, .init(count: 3, temperatures: [4], positions: .all, precision: .f32)),
      name: "3.h5")
    for (store, what) in [
      (logitsOnly, "last hidden states"), (maskedOnly, "logits of all positions"),
      (otherTemperature, "temperature 2.0"),
    ] {
      let error = #expect(throws: StoredTeacherError.self) {
        _ = try outputs.storedTeacher(store)
      }
      #expect(error?.description.contains("expected \(what), found ") == true)
    }
  }

  @Test(
    "vectors of sequences and projections of masked text come back as the live teacher computes them"
  )
  func columns() throws {
    let relations = AttentionRelations(
      of: [.init(.queryKey), .init(.valueValue)], heads: 4, blocks: BlockPairs(.last),
      average: .rows)
    let objective = Objective(
      WeightedTerm(1, relations),
      WeightedTerm(1, Sentence(compare: .cosine, pooling: .mean, isNormalised: true)))
    let outputs = try RecordedTraining(objective)
    let kept = ModelOutputs(
      objective.readsOfTeacher.outputs(layerCount: 2), topLogits: nil, name: nil,
      dimensions: outputs.teacher.dimensions, precision: .f32)
    #expect(
      kept.columns.map(\.output.path) == [
        "projections/1/query", "projections/1/key", "projections/1/value", "pooled/mean",
      ])
    let store = try outputs.record(StageActivationLayout(kept))
    let (live, stored) = (try outputs.trainLive(), try outputs.trainStored(store))
    #expect(stored.losses == live.losses && stored.weights == live.weights)
    let states = try outputs.record(RecordedTraining.states(.f32), name: "b.h5")
    let error = #expect(throws: StoredTeacherError.self) {
      _ = try outputs.storedTeacher(states)
    }
    #expect(
      error?.description.contains(
        "expected key of block last and query of block last and value of block last, found last hidden states of 16, f32; "
      ) == true, "\(error?.description ?? "")")
  }
}
