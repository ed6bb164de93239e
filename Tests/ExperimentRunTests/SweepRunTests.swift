// A sweep and an ablation run from end to end: order, sharing, records, interruption.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords
import RetortReporting
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Running a sweep and an ablation")
struct SweepRunTests {
  private static let overrides = [
    "baselines=[]", "sweep={stages.sentiment.seed: [3, 4]}", "ablate=[cosine, init]",
  ]
  private static let names = [
    "small@stages.sentiment.seed=3", "small@stages.sentiment.seed=3--without-cosine",
    "small@stages.sentiment.seed=3--random-init", "small@stages.sentiment.seed=4",
    "small@stages.sentiment.seed=4--without-cosine", "small@stages.sentiment.seed=4--random-init",
  ]
  private static let stages = [
    "teacher_mlm", "distil", "sentiment", "distil", "sentiment", "distil", "sentiment", "sentiment",
    "sentiment", "sentiment",
  ]

  @discardableResult
  private func run(
    _ experiment: SmallExperiment, resumes: Bool = false, _ observer: RunOnlooker = RunOnlooker()
  ) throws -> [FinishedRun] {
    try experiment.runner(
      experiment.request(resumes: resumes, overrides: Self.overrides), observer
    ).run()
  }

  private func page(of records: [RunRecord], in experiment: SmallExperiment) throws -> String {
    let results = ResultsFolder(
      path: "\(experiment.folder.path)/Results",
      references: "\(ExperimentFiles.folder)/references")
    for record in records { try results.add(record: record) }
    return try #require(try results.render()["small.md"])
  }

  @Test func everyVariantHasARecordOfItsOwnAndSharedStagesRunOnce() throws {
    let experiment = try SmallExperiment()
    let observer = RunOnlooker()
    let runs = try run(experiment, observer)
    #expect(observer.stages == Self.stages)
    #expect(observer.notes.contains("variant 2 of 6: stages.sentiment.seed=3, without cosine"))
    #expect(experiment.cachedStages.count == Self.stages.count)
    #expect(
      runs.map(\.folder) == Self.names.map { "\(experiment.folder.path)/Runs/\($0)" })
    for run in runs {
      #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)
      #expect(run.record.experiment.name == "small")
      #expect(run.record.experiment.variants?.count == 6)
      #expect(run.record.stages.map(\.id) == ["teacher_mlm", "distil", "sentiment"])
      // Read back, the resolved definition is that of the variant alone.
      let again = try LoadedDefinition.load(path: "\(run.folder)/resolved.yaml")
      #expect(again.variants.count == 1)
    }
    #expect(
      runs.map { $0.record.experiment.variant?.ablation } == [
        nil, "cosine", "init", nil, "cosine", "init",
      ])
    #expect(runs.map { $0.record.stages[2].seed } == [3, 3, 3, 4, 4, 4])
    for run in runs {
      #expect(run.record.experiment.file == experiment.definition)
      let seeds = run.record.experiment.seeds
      #expect(seeds["sentiment"] == run.record.stages[2].seed)
      #expect(
        seeds.filter { $0.key.contains(".") }
          == (run.record.experiment.variant?.ablation == "init"
            ? [
              "models.teacher": 3, "models.student": 3, "corpora.reviews": 11,
              "tasks.sentiment": 12,
            ]
            : ["models.teacher": 3, "corpora.reviews": 11, "tasks.sentiment": 12]))
    }
    let formula = runs[1].record.stages[1].loss
    #expect(formula.contains("KL") && !formula.contains("cos"))
    let student = try #require(runs[2].record.weights.first { $0.name == "student" })
    #expect(student.origin == .random && student.drawnFor != nil)
    // The second seed finds all but its fine-tunings.
    let distilled = runs.map { $0.record.stages[1].digest }
    #expect(distilled[0..<3] == distilled[3..<6] && Set(distilled).count == 3)
    #expect(Set(runs.map { $0.record.stages[2].digest }).count == 6)
    #expect(runs[3].record.measured.stages["distil"]?.fromCache == true)
    #expect(runs[3].record.measured.stages["sentiment"]?.fromCache == false)

    let page = try page(of: runs.map(\.record), in: experiment)
    #expect(page.contains("## Ablation\n") && page.contains("median (min-max) of 2"))
    #expect(page.contains("| with random initialisation "))
    #expect(!page.contains("Not run yet"))
  }

  @Test func stoppedAndResumedItEndsAlikeAndWhatIsThereIsATable() throws {
    let expected = try run(try SmallExperiment()).map { try $0.record.comparable() }

    let experiment = try SmallExperiment()
    let observer = RunOnlooker()
    observer.stopsAfter = 4 + 4 + 6 + 3  // in the second variant's distillation
    #expect(throws: TrainingError.self) { try run(experiment, observer) }
    #expect(observer.stages == Array(Self.stages.prefix(4)))
    let finished = try RunRecord.read(
      path: "\(experiment.folder.path)/Runs/\(Self.names[0])/record.json")
    let page = try page(of: [finished], in: experiment)
    #expect(page.contains("1 of 6 are in"))
    #expect(page.contains("Not run yet: stages.sentiment.seed=3, without cosine"))

    #expect(throws: RunFolderError.self) { try run(experiment) }
    let second = RunOnlooker()
    let resumed = try run(experiment, resumes: true, second)
    #expect(second.stages == Array(Self.stages.dropFirst(3)))
    #expect(second.steps.first.map { "\($0.stage) \($0.step)" } == "distil 4")
    #expect(try resumed.map { try $0.record.comparable() } == expected)
  }

  @Test func whatIsMissingForAnyVariantIsToldBeforeTheFirstIsRun() throws {
    let experiment = try SmallExperiment()
    let observer = RunOnlooker()
    let request = experiment.request(overrides: [
      "baselines=[]", "sweep={stages.teacher_mlm.corpus: [[reviews], [/nowhere/a.txt]]}",
    ])
    let error = #expect(throws: LocationError.self) {
      try experiment.runner(request, observer).run()
    }
    #expect(error?.problems.count == 1 && error?.problems[0].contains("/nowhere/a.txt") == true)
    #expect(observer.stages.isEmpty && experiment.cachedStages.isEmpty)
  }

  @Test func stagesAskedForAreRunInEveryVariant() throws {
    let experiment = try SmallExperiment()
    let observer = RunOnlooker()
    let runs = try experiment.runner(
      experiment.request(stages: ["distil"], overrides: Self.overrides), observer
    ).run()
    #expect(observer.stages == ["teacher_mlm", "distil", "distil", "distil"])
    #expect(runs.count == 6 && runs.allSatisfy { $0.record.stages.count == 2 })
    #expect(throws: RunError.self) {
      try experiment.runner(
        experiment.request(stages: ["sentiment.teacher"], overrides: Self.overrides), observer)
    }
  }
}
