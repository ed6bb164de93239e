// Running a definition from end to end.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords
import RetortReporting
import RetortText
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Running a definition")
struct RunnerTests {
  private static let stages = [
    "teacher_mlm", "distil", "sentiment", "sentiment.no_distillation", "distil.mlm_only",
    "sentiment.mlm_only", "sentiment.teacher",
  ]
  private static let stepCount = 4 + 4 + 6 + 6 + 4 + 6 + 6

  // MARK: A whole run

  @Test func everyStageAndBaselineRunsAndIsRecorded() throws {
    let experiment = try SmallExperiment()
    let run = try experiment.run(experiment.request())
    #expect(run.observer.stages == Self.stages)
    #expect(run.observer.completed == Self.stages)
    #expect(run.observer.steps.count == Self.stepCount)
    #expect(run.observer.epochs.count { $0.hasPrefix("sentiment") } == 8)

    let record = run.record
    #expect(record.stages.map(\.id) == Self.stages)
    #expect(
      record.stages.map(\.variant) == [
        "main", "main", "main", "no_distillation", "mlm_only", "mlm_only", "teacher",
      ])
    #expect(record.stages.map(\.steps) == [4, 4, 6, 6, 4, 6, 6])
    #expect(
      record.stages.map { $0.inputs.values.sorted() } == [
        ["teacher"], ["student", "teacher_mlm"], ["distil"], ["student"],
        ["student", "teacher_mlm"], ["distil.mlm_only"], ["teacher_mlm"],
      ])
    #expect(record.stages[1].loss.contains("KL") && record.stages[1].loss.contains("cos"))
    #expect(record.stages[4].loss == "loss = 2 · CE(masked tokens), mean over masked tokens")
    #expect(Set(record.stages.map(\.digest)).count == 7)
    for stage in record.stages where stage.kind == .finetune {
      #expect(stage.epochs.map(\.step) == [3, 6])
      #expect(stage.evaluations.map(\.count) == [20, 20])
      #expect(stage.data == ["sentiment train", "sentiment dev"])
    }
    // A teacher of two layers, students of one.
    #expect(record.stages[6].parameters.encoder > record.stages[2].parameters.encoder)
    #expect(record.weights.map(\.name) == ["teacher", "student"])
    #expect(record.data.map(\.examples).suffix(3) == [24, 20, 6])
  }

  @Test func fineTunedModelsAreTimedWhereTheDefinitionSaysSo() throws {
    let experiment = try SmallExperiment()
    let plain = try experiment.run(experiment.request(runs: "plain"))
    #expect(plain.record.measured.timings.isEmpty)
    let run = try experiment.run(experiment.request(overrides: ["time_inference={passes: 2}"]))
    #expect(run.observer.steps.isEmpty, "what is timed changes no stage")
    let timings = run.record.measured.timings
    #expect(timings.map(\.name) == Self.stages.filter { $0.hasPrefix("sentiment") })
    for timing in timings {
      #expect(timing.conditions == "inference, sentiment dev, one sentence at a time")
      #expect(timing.steps == 2 && timing.minimumSeconds > 0)
      #expect(timing.minimumSeconds <= timing.medianSeconds)
      #expect(timing.medianSeconds <= timing.maximumSeconds)
      #expect(timing.tokensPerStep > 20 && timing.peakMemoryBytes > 0)
    }
    let again = try LoadedDefinition.load(path: "\(run.folder)/resolved.yaml")
    #expect(again.definition.inferencePasses == 2)
  }

  @Test func theRunFolderHoldsWhatItShouldAndNothingElse() throws {
    let experiment = try SmallExperiment()
    let run = try experiment.run(experiment.request())
    let files = try experiment.files()
    let finetuned = Self.stages.filter { $0.hasPrefix("sentiment") }
    #expect(
      Set(files.keys)
        == Set([
          "record.json", "resolved.yaml", "log.txt", "metrics.jsonl", "computed.json",
          "stages.json",
        ])
        .union(finetuned.map { "predictions/\($0)-test.tsv" }))
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)
    let again = try LoadedDefinition.load(path: "\(run.folder)/resolved.yaml")
    #expect(again.definition == run.plan.definition)
    let lines = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
    #expect(lines.count { $0.event == .step } == Self.stepCount)
    #expect(
      lines.filter { $0.event == .step }.map(\.stage) == run.observer.steps.map(\.stage))
    for stage in finetuned {
      let rows = String(decoding: files["predictions/\(stage)-test.tsv"] ?? [], as: UTF8.self)
        .split(separator: "\n")
      #expect(rows.first == "index\tprediction")
      #expect(rows.count == 7)
      #expect(rows.dropFirst().allSatisfy { $0.hasSuffix("\t0") || $0.hasSuffix("\t1") })
    }
  }

  @Test func aFinishedStageIsAModelThatSaysWhatTheRecordSays() throws {
    let experiment = try SmallExperiment()
    let run = try experiment.run(experiment.request(stages: ["sentiment"]))
    let stage = try #require(run.record.stages.last)
    let model = try StoredModel(
      path: "\(experiment.locations.stages)/\(stage.digest)/model.h5")
    #expect(model.parts == [.encoder, .classification])
    let splits = SentimentGrammar().labelledSentences(counts: [24, 20, 6], seed: 12)
    let result = try ClassificationEvaluation.evaluate(
      try model.load(),
      on: LabelledSequences(
        sequences: TokenSequences(
          splits[1].sentences, tokenizer: model.makeTokenizer(), maximumLength: 64, threads: 1),
        labels: splits[1].labels),
      in: ComputeScope(engine: Engine(threadCount: 2), recording: false))
    let kept = try #require(stage.best?.kept)
    let recorded = try #require(stage.evaluations.first { $0.epoch == kept })
    #expect(result.predictions == recorded.predictions?.labels)
    #expect(result.loss == recorded.loss)
    // The record keeps six digits.
    let logits = try #require(recorded.logits)
    #expect(logits.count == result.logits.count)
    #expect(zip(logits, result.logits).allSatisfy { abs($0 - $1) <= 1e-5 * abs($1) })
  }

  @Test func onlyTheStagesAskedForAndWhatTheyNeed() throws {
    let experiment = try SmallExperiment()
    let run = try experiment.run(experiment.request(stages: ["distil.mlm_only"]))
    #expect(run.observer.stages == ["teacher_mlm", "distil.mlm_only"])
    #expect(run.record.stages.map(\.id) == ["teacher_mlm", "distil.mlm_only"])
    #expect(experiment.cachedStages.count == 2)
    #expect(throws: RunError.noSuchStage("distill", known: Self.stages)) {
      try experiment.run(experiment.request(stages: ["distill"]))
    }
  }

  @Test func lastCheckpointsStayWhereThatIsAskedFor() throws {
    let experiment = try SmallExperiment()
    try experiment.run(experiment.request(stages: ["distil"], keepsCheckpoints: true))
    let checkpoints = "\(experiment.folder.path)/Runs/small/checkpoints"
    #expect(try Folder.names(path: checkpoints) == ["finished"])
    #expect(
      try Folder.names(path: "\(checkpoints)/finished").sorted() == ["distil.h5", "teacher_mlm.h5"])
    // They are not taken for a run to go on with.
    try experiment.run(experiment.request(stages: ["distil"]))
  }

  // MARK: The cache

  @Test func aSecondRunFindsEverythingAndRecordsTheSame() throws {
    let experiment = try SmallExperiment()
    let first = try experiment.run(experiment.request())
    let metrics = try #require(try experiment.files("Runs/small")["metrics.jsonl"])
    for runs in ["Runs", "Elsewhere"] {
      let second = try experiment.run(experiment.request(runs: runs))
      #expect(second.observer.steps.isEmpty)
      #expect(try second.record.comparable() == first.record.comparable())
      #expect(second.record.measured.stages.values.allSatisfy { $0.fromCache })
      #expect(first.record.measured.stages.values.allSatisfy { !$0.fromCache })
      let files = try experiment.files("\(runs)/small")
      #expect(files.keys.count { $0.hasPrefix("predictions/") } == 4)
      #expect(files["metrics.jsonl"] == metrics, "the steps of stages that were found are told too")
    }
  }

  @Test func stagesAreFoundUnderOtherNames() throws {
    let experiment = try SmallExperiment()
    let first = try experiment.run(experiment.request())
    var text = SmallExperiment.text
    for (old, new) in [
      ("name: small", "name: other"), ("teacher_mlm", "warm_up"), ("id: distil\n", "id: squeeze\n"),
      ("model: distil\n", "model: squeeze\n"), ("id: sentiment", "id: judge"),
      ("sentiment", "opinion"), ("reviews:", "prose:"), ("[reviews]", "[prose]"),
      ("  student:\n", "  pupil:\n"), ("student: student", "student: pupil"),
    ] {
      text = text.replacing(old, with: new)
    }
    try experiment.folder.write("other.yaml", text)
    let second = try experiment.run(experiment.request("other.yaml"))
    #expect(second.observer.steps.isEmpty)
    #expect(second.record.stages.map(\.digest) == first.record.stages.map(\.digest))
    let told = try MetricsLog.read(path: "\(second.folder)/metrics.jsonl").map(\.stage)
    #expect(Set(told) == Set(second.record.stages.map(\.id)))
    #expect(
      second.record.stages.map(\.id) == [
        "warm_up", "squeeze", "judge", "judge.no_distillation", "squeeze.mlm_only",
        "judge.mlm_only", "judge.teacher",
      ])
    #expect(
      second.record.stages[1].inputs == ["teacher": "warm_up", "student": "pupil"])
    #expect(second.record.stages[0].data == ["prose"])
    #expect(second.record.stages[2].evaluations[0].data == "opinion dev")
    // The record contradicts itself nowhere.
    _ = try RunRecord.read(path: "\(second.folder)/record.json")
  }

  @Test func aChangedStageIsComputedWithAllThatFollowsIt() throws {
    let experiment = try SmallExperiment()
    try experiment.run(experiment.request())
    let changed = try experiment.run(
      experiment.request(overrides: ["stages.distil.loss.cosine.weight=0.5"]))
    #expect(changed.observer.stages == ["distil", "sentiment"])
  }

  // MARK: Interruption

  /// What an uninterrupted run leaves.
  private static let whole = Result {
    let experiment = try SmallExperiment()
    let run = try experiment.run(experiment.request())
    return (record: try run.record.comparable(), files: try experiment.files())
  }

  @Test(
    "interrupted in every kind of stage and gone on with: an equal record",
    arguments: [2, 4, 7, 9, 11, 14, 23])
  func resumed(_ stop: Int) throws {
    let whole = try Self.whole.get()
    let experiment = try SmallExperiment()
    let observer = RunOnlooker()
    observer.stopsAfter = stop
    let error = #expect(throws: TrainingError.self) {
      try experiment.run(experiment.request(), observer)
    }
    // A stage that was just finished is stored; the next one stops after its first step.
    let stage = observer.steps.last?.stage ?? ""
    let checkpoint = "\(experiment.folder.path)/Runs/small/checkpoints/\(stage).h5"
    #expect(
      error == .interrupted(step: observer.steps.last?.step ?? 0, checkpoint: checkpoint))
    #expect(
      !FileManager.default.fileExists(atPath: "\(experiment.folder.path)/Runs/small/record.json"))

    #expect(
      throws: RunFolderError.unfinished(
        path: "\(experiment.folder.path)/Runs/small", stages: [stage])
    ) { try experiment.run(experiment.request()) }

    let resumed = try experiment.run(experiment.request(resumes: true))
    #expect(resumed.observer.resumedAt[stage] == observer.steps.last?.step)
    #expect(try resumed.record.comparable() == whole.record)
    #expect(observer.steps.count + resumed.observer.steps.count == Self.stepCount)
    var (files, expectedFiles) = (try experiment.files(), whole.files)
    for name in ["record.json", "log.txt", "stages.json"] {
      files[name] = nil
      expectedFiles[name] = nil
    }
    #expect(files == expectedFiles)
    #expect(resumed.record.measured.stages[stage]?.resumes == 1)
    #expect(resumed.record.measured.stages.values.allSatisfy { !$0.fromCache })
  }

  @Test(
    "which stages a run has computed is kept; of earlier versions' runs it stands in the log",
    arguments: [true, false])
  func computedStages(isKept: Bool) throws {
    let experiment = try SmallExperiment()
    let observer = RunOnlooker()
    observer.stopsAfter = 6
    #expect(throws: TrainingError.self) { try experiment.run(experiment.request(), observer) }
    let folder = "\(experiment.folder.path)/Runs/small"
    #expect(
      try ComputedStages.read(path: "\(folder)/computed.json") == ComputedStages(["teacher_mlm"]))
    if isKept {
      try AtomicFile.replace(path: "\(folder)/log.txt", with: "")
    } else {
      try FileManager.default.removeItem(atPath: "\(folder)/computed.json")
      try AtomicFile.replace(path: "\(folder)/log.txt", with: "finished teacher_mlm\n")
    }
    let resumed = try experiment.run(experiment.request(resumes: true))
    #expect(resumed.record.measured.stages["teacher_mlm"]?.fromCache == false)
  }

  @Test func aStageThatIsInTheCacheNeedsItsCheckpointNoLonger() throws {
    let experiment = try SmallExperiment()
    let observer = RunOnlooker()
    observer.stopsAfter = 6
    #expect(throws: TrainingError.self) { try experiment.run(experiment.request(), observer) }
    // Meanwhile another run computes the same.
    let other = try experiment.run(experiment.request(runs: "Elsewhere"))
    let resumed = try experiment.run(experiment.request(resumes: true))
    #expect(resumed.observer.steps.isEmpty)
    #expect(try resumed.record.comparable() == other.record.comparable())
    #expect(try !experiment.files().keys.contains { $0.hasPrefix("checkpoints/") })
    try experiment.run(experiment.request())
  }

  @Test func whatWasNeverBegunIsNotResumed() throws {
    let experiment = try SmallExperiment()
    #expect(
      throws: RunFolderError.nothingToResume(path: "\(experiment.folder.path)/Runs/small")
    ) { try experiment.run(experiment.request(resumes: true, stages: ["teacher_mlm"])) }
    #expect(try experiment.folder.names() == ["small.yaml"])
  }

  @Test func theLogTellsOfEveryRunInTheFolder() throws {
    let experiment = try SmallExperiment()
    try experiment.run(experiment.request(stages: ["sentiment"]))
    func log() throws -> String {
      String(
        decoding: try MappedFile.contents(path: "\(experiment.folder.path)/Runs/small/log.txt"),
        as: UTF8.self)
    }
    let first = try log()
    let line = try #require(first.split(separator: "\n").first { $0.contains("end of epoch 2") })
    #expect(
      line.wholeMatch(
        of:
          /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ sentiment: end of epoch 2, accuracy \d\.\d{4}, loss .*, validation_loss .*/
      ) != nil, "\(line)")
    #expect(
      first.contains("sentiment: epoch 1, step 1 of 6, loss ") && first.contains("step 6 of 6"))
    #expect(first.contains("distil: finished in "))
    try experiment.run(experiment.request(stages: ["sentiment"]))
    let both = try log()
    #expect(both.hasPrefix(first) && both.dropFirst(first.count).contains("found in the cache"))
  }

  // MARK: What goes wrong

  @Test func aRunFolderInUseIsRefused() throws {
    let experiment = try SmallExperiment()
    let held = try RunFolder(
      runs: "\(experiment.folder.path)/Runs", name: "small", resolvedDefinition: "a: 1\n",
      from: "a.yaml", digests: [:], opening: .new)
    for resumes in [false, true] {
      #expect(throws: RunFolderError.self) {
        try experiment.run(experiment.request(resumes: resumes))
      }
    }
    #expect(experiment.cachedStages.isEmpty)
    withExtendedLifetime(held) {}
  }

  @Test func allThatIsMissingIsListedAndNothingIsWritten() throws {
    let text = DefinitionText.small.replacing("compare_with: [sanh-2019]\n", with: "")
    let experiment = try SmallExperiment(text)
    let error = #expect(throws: LocationError.self) { try experiment.run(experiment.request()) }
    #expect(error?.problems.count == 3)
    #expect(try Folder.names(path: experiment.folder.path) == ["small.yaml"])
  }

  @Test func aRefusedRunLeavesTheLastOneAsItWas() throws {
    let experiment = try SmallExperiment()
    try experiment.run(experiment.request(stages: ["teacher_mlm"]))
    let before = try experiment.files()
    for overrides in [
      ["stages.distil.loss.soft_targets.temperature=0"], ["stages.distil.wrong=1"],
      ["models.teacher={from: hub:a/b, head: {kind: masked_lm, init: new}}"],
      ["random=torch-2.4-cpu"],
    ] {
      #expect(throws: (any Error).self, "\(overrides)") {
        try experiment.run(experiment.request(overrides: overrides))
      }
      let after = try experiment.files()
      #expect(after == before, "\(overrides)")
    }
  }

  @Test func aStageThatFailsLeavesItsLastCheckpointAndAllThatWasFinished() throws {
    let experiment = try SmallExperiment()
    // Of a rate this high the weights do not survive; the first two steps are saved.
    let overrides = ["stages.sentiment.learning_rate=1.0e+30"]
    let error = #expect(throws: TrainingError.self) {
      try experiment.run(experiment.request(overrides: overrides))
    }
    guard case .notFinite(_, _, let step, let examples) = error else {
      Issue.record("stopped by \(String(describing: error))")
      return
    }
    #expect(step >= 2 && examples.count == 8)
    #expect(experiment.cachedStages.count == 2)
    #expect(
      try Folder.names(path: experiment.locations.stages).allSatisfy { !$0.hasPrefix(".partial") })
    #expect(try experiment.files()["record.json"] == nil)
    // Below another name, what was finished before is found.
    let observer = RunOnlooker()
    try experiment.run(experiment.request(runs: "Elsewhere", stages: ["sentiment"]), observer)
    #expect(observer.stages == ["sentiment"])
  }
}
