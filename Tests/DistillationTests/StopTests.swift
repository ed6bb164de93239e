// What stops a training, what it says, and what it leaves on disk.
import RetortFiles
import RetortStorage
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("What stops a training")
struct StopTests {
  private let engine = Engine(threadCount: 2)

  /// Runs `train`, whose weights are spoilt after step 5, with a checkpoint of step 4 on disk.
  private func expectStop(
    atTerm term: String, examples: [Int], folder: TemporaryFolder,
    _ train: (Onlooker) throws -> Void
  ) throws {
    let observer = Onlooker()
    var saved: String?
    observer.afterStep = { step in
      if step == 5 { saved = try SHA256.hexDigest(ofFile: folder.file("last.h5")) }
    }
    let error = #expect(throws: TrainingError.self) { try train(observer) }
    guard case .notFinite(let name, let value, let step, let seen) = error else {
      Issue.record("stopped by \(String(describing: error))")
      return
    }
    #expect(name == term)
    #expect(!value.isFinite)
    #expect(step == 6)
    #expect(seen == examples)
    #expect(observer.steps.count == 5)
    #expect(observer.checkpoints == [4])
    #expect(try SHA256.hexDigest(ofFile: folder.file("last.h5")) == saved)
    let text = "\(error.map { "\($0)" } ?? "")"
    #expect(text.hasPrefix("\(term) is ") && text.contains("at step 6"))
    #expect(text.contains("examples \(examples[0]), \(examples[1]), "))
  }

  @Test("fine-tuning: the loss is not a number")
  func fineTuning() throws {
    let folder = try TemporaryFolder()
    let model = Small.model(.bert, layers: 2, heads: [.classification])
    let settings = Small.fineTuning(.epochs(3))
    let order = EpochOrderOfStep.examples(
      .shuffled(count: 30, batchSize: 4, seed: settings.seed, epoch: 1), step: 1, of: 2)
    try expectStop(atTerm: "cross_entropy", examples: order, folder: folder) { observer in
      let look = observer.afterStep
      observer.afterStep = { step in
        try look(step)
        if step == 5 { model.encoder.embeddings.words.values.update(repeating: .nan) }
      }
      _ = try FineTuning(
        model: model, training: Small.labelled(30), validation: Small.labelled(3, place: 2),
        settings: settings, selectBest: .evaluationLoss, engine: engine,
        checkpointing: Small.checkpointing(folder),
        observer: observer
      ).run()
    }
  }

  /// Which part is spoilt, and the first term that shows it.
  @Test(
    "distillation: the term that is not a number is named",
    arguments: [
      ("student's head", "soft_targets", true), ("student's head", "masked_lm", false),
      ("teacher's encoder", "cosine", false),
    ])
  func distillation(_ spoilt: String, _ term: String, _ hasSoftTargets: Bool) throws {
    let folder = try TemporaryFolder()
    let student = Small.model(.distilbert, layers: 1, heads: [.maskedLanguage])
    let teacher = Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: 2)
    var objective = Small.paperObjective
    if !hasSoftTargets {
      objective = Objective(objective.terms.filter { $0.name != "soft_targets" })
    }
    let settings = Small.maskedLanguage(objective, .epochs(3))
    let order = EpochOrderOfStep.examples(
      .shuffled(count: 26, batchSize: 4, seed: settings.seed, epoch: 1), step: 1, of: 2)
    try expectStop(atTerm: term, examples: order, folder: folder) { observer in
      let look = observer.afterStep
      observer.afterStep = { step in
        try look(step)
        guard step == 5 else { return }
        let parameter =
          spoilt == "teacher's encoder"
          ? teacher.encoder.embeddings.words : student.maskedLanguageHead?.decoderBias
        parameter?.values.update(repeating: .infinity)
      }
      _ = try MaskedLanguageTraining(
        student: student, teacher: LiveTeacher(model: teacher, engine: engine),
        batches: Small.corpus(Small.sequences(26), settings, groupsByLength: false),
        settings: settings, engine: engine, checkpointing: Small.checkpointing(folder),
        observer: observer
      ).run()
    }
  }

  @Test("losses that are numbers, with gradients that are not")
  func gradientNorm() throws {
    let objective = Objective(softTargets: nil, maskedLanguage: 1e300, cosine: nil)
    let settings = Small.maskedLanguage(objective, .epochs(1))
    let model = Small.model(.distilbert, layers: 1, heads: [.maskedLanguage])
    let before = model.valuesByPath
    let training = MaskedLanguageTraining(
      student: model, teacher: nil, batches: try Small.corpus(Small.sequences(26), settings),
      settings: settings, engine: engine)
    let error = #expect(throws: TrainingError.self) { try training.run() }
    guard case .notFinite("the gradient's norm", _, step: 1, _) = error else {
      Issue.record("stopped by \(String(describing: error))")
      return
    }
    #expect(model.valuesByPath == before)
  }

  @Test("nothing to train on")
  func noData() throws {
    let empty = Small.labelled(0)
    let unlabelled = LabelledSequences(sequences: Small.sequences(3), labels: nil)
    for data in [empty, unlabelled] {
      for limit in [TrainingLimit.epochs(1), .steps(2), .tokens(100)] {
        let training = FineTuning(
          model: Small.model(.bert, layers: 1, heads: [.classification]), training: data,
          validation: Small.labelled(3), settings: Small.fineTuning(limit),
          selectBest: .evaluationLoss, engine: engine)
        #expect(throws: TrainingError.self) { try training.run() }
        if data.count == 0, limit != .steps(2) { #expect(training.totalSteps == 0) }
      }
    }
    let settings = Small.maskedLanguage(Small.maskedLanguage, .tokens(100))
    let training = MaskedLanguageTraining(
      student: Small.model(.bert, layers: 1, heads: [.maskedLanguage]), teacher: nil,
      batches: try Small.corpus(Small.sequences(0), settings), settings: settings, engine: engine)
    #expect(training.totalSteps == 0)
    #expect(throws: TrainingError.self) { try training.run() }
  }

  // MARK: Checkpoints of other trainings

  private static let attributes: [String: StoredValue] = [
    CheckpointAttribute.definition.rawValue: .text("a: 1\n"),
    CheckpointAttribute.stage.rawValue: .text("sst2"),
    CheckpointAttribute.dataDigest.rawValue: .text("d1"),
    CheckpointAttribute.vocabularyDigest.rawValue: .text("v1"),
    CheckpointAttribute.coreType.rawValue: .text("SkylakeX"),
    CheckpointAttribute.host.rawValue: .text("here"),
    CheckpointAttribute.programVersion.rawValue: .text("0.1.0"),
  ]

  private func checkpointOfStep3(_ folder: TemporaryFolder) throws {
    let observer = Onlooker()
    observer.stopsAt = 3
    #expect(throws: TrainingError.self) {
      try TrainingKind.preTraining.run(
        checkpointing: Small.checkpointing(folder, attributes: Self.attributes),
        observer: observer)
    }
  }

  @Test("a checkpoint of another definition, stage, data, vocabulary or BLAS kernel is refused")
  func foreign() throws {
    let folder = try TemporaryFolder()
    try checkpointOfStep3(folder)
    let digest = try SHA256.hexDigest(ofFile: folder.file("last.h5"))
    for (name, words) in [
      (CheckpointAttribute.definition, "definition"), (.stage, "stage"),
      (.dataDigest, "data digest"), (.vocabularyDigest, "vocabulary digest"),
      (.coreType, "core type"),
    ] {
      var attributes = Self.attributes
      attributes[name.rawValue] = .text("another")
      let error = #expect(throws: TrainingError.self) {
        try TrainingKind.preTraining.run(
          checkpointing: Small.checkpointing(folder, resumes: true, attributes: attributes))
      }
      #expect(
        "\(error.map { "\($0)" } ?? "")"
          == "the checkpoint belongs to another training: \(folder.file("last.h5")) was written "
          + "with another \(words); start without --resume")
    }
    #expect(try SHA256.hexDigest(ofFile: folder.file("last.h5")) == digest)
  }

  @Test("one from another machine or program version is not")
  func sameTraining() throws {
    let folder = try TemporaryFolder()
    try checkpointOfStep3(folder)
    var attributes = Self.attributes
    attributes[CheckpointAttribute.host.rawValue] = .text("there")
    attributes[CheckpointAttribute.programVersion.rawValue] = .text("0.2.0")
    let observer = Onlooker()
    _ = try TrainingKind.preTraining.run(
      checkpointing: Small.checkpointing(folder, resumes: true, attributes: attributes),
      observer: observer)
    #expect(observer.steps.first?.step == 4)
  }

  @Test("a checkpoint of another model, of another objective or of no training is refused")
  func otherContents() throws {
    let folder = try TemporaryFolder()
    try checkpointOfStep3(folder)
    #expect(
      throws: TrainingError.foreignProgress(
        "\(folder.file("last.h5")): loss terms: masked_lm in the checkpoint, cross_entropy in this training"
      )
    ) {
      try TrainingKind.fineTuning.run(checkpointing: Small.checkpointing(folder, resumes: true))
    }
    #expect(throws: CheckpointError.self) {
      try TrainingKind.preTraining.run(
        hidden: 32, checkpointing: Small.checkpointing(folder, resumes: true))
    }

    let settings = Small.maskedLanguage(Small.paperObjective, .epochs(3))
    let training = MaskedLanguageTraining(
      student: Small.model(.bert, layers: 2, heads: [.maskedLanguage]),
      teacher: LiveTeacher(
        model: Small.model(.bert, layers: 2, heads: [.maskedLanguage]), engine: engine),
      batches: try Small.corpus(Small.sequences(26), settings), settings: settings, engine: engine,
      checkpointing: Small.checkpointing(folder, resumes: true))
    #expect(
      throws: TrainingError.foreignProgress(
        "\(folder.file("last.h5")): loss terms: masked_lm in the checkpoint, soft_targets, masked_lm, cosine in "
          + "this training")
    ) { try training.run() }

    let model = Small.model(.bert, layers: 2, heads: [.maskedLanguage])
    try Checkpoint.write(
      path: folder.file("last.h5"),
      content: ModelCheckpoint.content(of: model, attributes: [:], files: [:]))
    #expect(throws: (any Error).self) {
      try TrainingKind.preTraining.run(checkpointing: Small.checkpointing(folder, resumes: true))
    }
  }
}

/// The examples that a step of an epoch sees.
enum EpochOrderOfStep {
  static func examples(_ order: EpochOrder, step: Int, of accumulation: Int) -> [Int] {
    order[step * accumulation..<min((step + 1) * accumulation, order.count)].flatMap { $0 }
  }
}
