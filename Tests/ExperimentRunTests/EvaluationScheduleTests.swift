// Evaluations every so many steps and early stopping, from the definition to the page.
import Foundation
import RetortDistillation
import RetortFiles
import RetortOptions
import RetortRecords
import RetortReporting
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Evaluations by steps, and early stopping, in a run")
struct EvaluationScheduleTests {
  private static let stage = "sentiment"

  /// The fine-tuning of 6 steps, 3 an epoch, alone after the two stages that it needs.
  private static func experiment(_ options: String) throws -> SmallExperiment {
    try SmallExperiment(
      SmallExperiment.text.replacing("baselines: [no_distillation, mlm_only, teacher]\n", with: "")
        .replacing(
          "      checkpoint_every: { steps: 2 }\n",
          with: "      checkpoint_every: { steps: 2 }\n" + options))
  }

  /// No improvement is large enough: the first evaluation is the best, and the third ends the stage.
  private static let stopping =
    "      evaluate_every: { steps: 1 }\n      early_stopping: { patience: 2, threshold: 100 }\n"

  private func stage(_ run: Run) throws -> RunRecord.Stage {
    try #require(run.record.stages.first { $0.id == Self.stage })
  }

  @Test("rows, metrics, record and page of evaluations every two steps")
  func bySteps() throws {
    let experiment = try Self.experiment("      evaluate_every: { steps: 2 }\n")
    let run = try experiment.run(experiment.request())
    let stage = try stage(run)
    #expect(stage.rowUnit == .step && stage.epochs.map(\.number) == [2, 4, 6])
    #expect(stage.epochs.map(\.epoch) == [1, 2, 2])
    let passes: [Double?] = [2.0 / 3, 4.0 / 3, 2]
    #expect(stage.epochs.map(\.passes) == passes)
    #expect(stage.evaluations.map(\.step) == [2, 4, 6])
    #expect(stage.evaluations.allSatisfy { $0.epoch == nil })
    #expect(stage.earlyStop == nil && stage.steps == 6)
    let kept = try #require(stage.keptEpoch)
    #expect(stage.keptEvaluation?.step == kept.step)
    #expect(kept.validationLoss == stage.epochs.map(\.validationLoss).min())
    #expect(run.observer.evaluations.map(\.step) == [2, 4, 6])
    #expect(run.observer.epochs.count { $0 == Self.stage } == 2)
    let lines = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
      .filter { $0.stage == Self.stage && $0.event != .step }
    #expect(lines.map(\.step) == [2, 3, 4, 6, 6])
    let events: [MetricsLine.Event] = [.evaluation, .epoch, .evaluation, .evaluation, .epoch]
    #expect(lines.map(\.event) == events)
    for line in lines {
      #expect((line.values["validation_loss"] != nil) == (line.event == .evaluation))
      #expect((line.values["accuracy"] != nil) == (line.event == .evaluation))
    }
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)
    let summary = run.record.summary()
    #expect(summary.contains(" Step "))
    let page = try page(of: run.record, in: experiment)
    #expect(page.contains("## sentiment, evaluation by evaluation"))
    let header = try #require(page.split(separator: "\n").first { $0.contains("| Epoch mean |") })
    #expect(header.contains("Step |") && !header.contains("Epoch |"))
    #expect(page.contains("Best by validation loss"), "the choice is told")
    #expect(page.contains("(step \(kept.number))") || page.contains("step \(kept.number) ("))
    #expect(!page.contains("epoch 4") && !page.contains("epoch 6"))
    // A second run finds the stage, rows and all.
    let again = try experiment.run(experiment.request())
    #expect(again.observer.steps.isEmpty)
    #expect(try again.record.comparable() == run.record.comparable())
  }

  @Test("a stage that no longer improves ends early, and says so everywhere")
  func stopsEarly() throws {
    let experiment = try Self.experiment(Self.stopping)
    let run = try experiment.run(experiment.request())
    let stage = try stage(run)
    #expect(stage.steps == 3 && stage.epochs.map(\.step) == [1, 2, 3])
    #expect(
      stage.earlyStop
        == RunRecord.EarlyStop(plannedSteps: 6, metric: "eval_loss", patience: 2, threshold: 100))
    #expect(stage.learningRate.contains("over 6 steps"), "\(stage.learningRate)")
    let sentence = try #require(run.observer.notes.first { $0.contains("stopped early") })
    #expect(
      sentence.hasPrefix(
        "sentiment: stopped early after step 3: eval_loss did not improve by more than 100 in 2 "
          + "evaluations in a row; the best is "), "\(sentence)")
    let log = try String(contentsOfFile: "\(run.folder)/log.txt", encoding: .utf8)
    #expect(log.contains(sentence))
    let rates = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
      .filter { $0.stage == Self.stage && $0.event == .step }.map {
        $0.values["learning_rate"] ?? 0
      }
    let expected: [Double] = [6, 5, 4].map { (left: Double) in 1e-3 * (left / 6) }
    #expect(rates == expected)
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)
    #expect(
      try page(of: run.record, in: experiment).contains(
        "It ended early, after step 3 of 6: eval_loss did not improve by more than 100 in 2 evaluations in a row."
      ))
  }

  /// The page of a record, and the index beside it.
  private func page(of record: RunRecord, in experiment: SmallExperiment) throws -> String {
    let results = ResultsFolder(
      path: experiment.folder.file("Results"), references: experiment.folder.file("references"))
    try results.add(record: record)
    let pages = try results.render()
    let kept = record.stages.compactMap(\.keptEpoch).map(\.number)
    #expect(pages["README.md"]?.contains("step \(kept[0]) of") == true)
    return try #require(pages["small.md"])
  }

  @Test("interrupted after any step, a run ends early with the same record", arguments: 1...2)
  func resumes(_ step: Int) throws {
    let whole = try Self.experiment(Self.stopping)
    let expected = try whole.run(whole.request()).record.comparable()
    let experiment = try Self.experiment(Self.stopping)
    let observer = RunOnlooker()
    observer.stopsAfter = 8 + step  // two stages of four steps come first
    #expect(throws: (any Error).self) { try experiment.run(experiment.request(), observer) }
    #expect(observer.steps.last?.stage == Self.stage && observer.steps.last?.step == step)
    let resumed = try experiment.run(experiment.request(resumes: true))
    #expect(resumed.observer.resumedAt[Self.stage] == step)
    #expect(try resumed.record.comparable() == expected)
    #expect(
      try MetricsLog.read(path: "\(resumed.folder)/metrics.jsonl")
        == MetricsLog.read(path: "\(whole.folder.path)/Runs/small/metrics.jsonl"))
  }

  // MARK: The definition

  @Test("the standard interval is not written, and leaves the digest as it was")
  func standard() throws {
    let plain = try Self.experiment("").loadedAndReadAgain()
    let written = try Self.experiment("      evaluate_every: { epochs: 1 }\n").loadedAndReadAgain()
    #expect(plain.definition.canonicalText == written.definition.canonicalText)
    let other = try Self.experiment(Self.stopping).loadedAndReadAgain()
    #expect(other.definition.canonicalText.contains("early_stopping"))
    let text = PlanExplanation(ResolvedPlan(other.definition)).text
    #expect(text.contains("evaluation after each step; the best weights by eval_loss are kept"))
    #expect(
      text.contains(
        "early stopping: after 2 evaluations in a row in which eval_loss does not improve by more "
          + "than 100; the schedule is that of all planned steps"))
  }

  @Test("mistakes are reported all at once")
  func mistakes() throws {
    let experiment = try Self.experiment(
      "      evaluate_every: { steps: 0 }\n      early_stopping: { patience: 0, threshold: -1 }\n")
    let error = #expect(throws: DefinitionError.self) { try experiment.loadedAndReadAgain() }
    let text = "\(try #require(error))"
    for part in ["evaluate_every.steps", "early_stopping.patience", "early_stopping.threshold"] {
      #expect(text.contains(part), "\(text)")
    }
    let last = try Self.experiment(
      "      early_stopping: { patience: 2 }\n")
    try last.folder.write(
      "small.yaml",
      try String(contentsOfFile: last.definition, encoding: .utf8)
        .replacing("select_best: eval_loss", with: "select_best: last"))
    let refused = #expect(throws: DefinitionError.self) { try last.loadedAndReadAgain() }
    #expect(
      "\(try #require(refused))".contains(
        "stages.sentiment.early_stopping cannot be used with select_best: last"))
  }
}
