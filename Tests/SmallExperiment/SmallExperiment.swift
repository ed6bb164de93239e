// A whole experiment on generated data that runs in seconds, and somebody who looks on.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords
import RetortReporting
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortExperimentPlan

/// A definition in a folder of its own, with a cache and run folders beside it.
struct SmallExperiment {
  let folder: TemporaryFolder
  /// That trainings run on.
  var threads = 2

  var locations: Locations { Locations(cache: "\(folder.path)/cache", mirror: nil) }
  var definition: String { "\(folder.path)/small.yaml" }

  /// - Parameter text: changed from `text` where a test wants something else.
  init(_ text: String = text) throws {
    folder = try TemporaryFolder()
    try folder.write("small.yaml", text)
  }

  func request(
    _ definition: String = "small.yaml", runs: String = "Runs", resumes: Bool = false,
    stages: [String]? = nil, overrides: [String] = [], keepsCheckpoints: Bool = false
  ) -> RunRequest {
    RunRequest(
      definitionPath: "\(folder.path)/\(definition)", overrides: overrides,
      runs: "\(folder.path)/\(runs)", resumes: resumes, stages: stages,
      keepsCheckpoints: keepsCheckpoints, command: "retort run small.yaml")
  }

  /// Runs a definition without a sweep.
  @discardableResult
  func run(
    _ request: RunRequest, _ observer: RunOnlooker = RunOnlooker()
  ) throws -> Run {
    let runner = try runner(request, observer)
    let runs = try runner.run()
    try #require(runs.count == 1)
    return Run(
      record: runs[0].record, folder: runs[0].folder, observer: observer,
      plan: ResolvedPlan(runner.loaded.definition))
  }

  func runner(_ request: RunRequest, _ observer: RunOnlooker) throws -> DefinitionRunner {
    try DefinitionRunner(
      request, locations: locations, engine: Engine(threadCount: threads), observer: observer)
  }

  /// Everything in a run folder by name, sub-folders included, hidden files of the folder itself not.
  func files(_ run: String = "Runs/small") throws -> [String: [UInt8]] {
    let root = "\(folder.path)/\(run)"
    var found: [String: [UInt8]] = [:]
    func add(_ name: String) throws {
      guard Folder.exists(path: "\(root)/\(name)") else {
        return found[name] = try MappedFile.contents(path: "\(root)/\(name)")
      }
      for below in try Folder.names(path: "\(root)/\(name)") { try add("\(name)/\(below)") }
    }
    for name in try Folder.names(path: root) where !name.hasPrefix(".") { try add(name) }
    return found
  }

  /// The definition; its canonical text is read as the same.
  func loadedAndReadAgain() throws -> LoadedDefinition {
    let context = DefinitionContext(locations: locations, definitionPath: definition)
    let loaded = try LoadedDefinition.load(path: definition, context: context)
    let again = try LoadedDefinition.load(
      text: loaded.definition.canonicalText, path: definition, context: context)
    #expect(again.definition == loaded.definition)
    return loaded
  }

  var cachedStages: [String] {
    ((try? Folder.names(path: locations.stages)) ?? []).filter { !$0.hasPrefix(".") }
  }

  /// Three stages of 4, 4 and 6 steps, and four more for the baselines: 32 steps.
  static let text = """
    format: 1
    name: small
    seed: 3
    random: counter
    corpora:
      reviews:
        generated: { grammar: film_reviews, lines: 32, seed: 11 }
    tasks:
      sentiment:
        generated: { grammar: film_reviews, train: 24, dev: 20, test: 6, seed: 12 }
    vocabulary:
      train: { corpus: [reviews], size: 500 }
      lowercase: true
    models:
      teacher:
        architecture: bert
        sizes:
          hidden_size: 32
          layer_count: 2
          head_count: 2
          feed_forward_size: 64
          maximum_positions: 128
          initializer_range: 0.02
          layer_norm_epsilon: 1.0e-12
        head: { kind: masked_lm, init: new }
        dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 }
      student:
        architecture: distilbert
        init_from: teacher_mlm
        layers: [1]
        token_type: fold
        head: { kind: masked_lm, init: copied }
        dropout: { hidden: 0.1, attention: 0.1, classifier: 0.2 }
    stages:
      - id: teacher_mlm
        pretrain:
          model: teacher
          corpus: [reviews]
          sequence_length: 128
          masking: { probability: 0.15, smoothing: 0.7, mask: 0.8, keep: 0.1, random: 0.1 }
          batching: { batch_size: 8, accumulate: 1, group_by_length: true }
          optimizer: { name: adamw, learning_rate: 1.0e-3, betas: [0.9, 0.98], epsilon: 1.0e-6,
                       weight_decay: 0.01, max_grad_norm: 1.0 }
          schedule: { name: linear, warmup: 0.05 }
          freeze: []
          limit: { steps: 4 }
          checkpoint_every: { steps: 3 }
      - id: distil
        distill:
          teacher: teacher_mlm
          student: student
          corpus: [reviews]
          sequence_length: 128
          loss:
            soft_targets: { weight: 5.0, temperature: 2.0, positions: all }
            masked_lm: { weight: 2.0 }
            cosine: { weight: 1.0, layer: last }
          masking: { probability: 0.15, smoothing: 0.7, mask: 0.8, keep: 0.1, random: 0.1 }
          batching: { batch_size: 4, accumulate: 2, group_by_length: true }
          optimizer: { name: adamw, learning_rate: 5.0e-4, betas: [0.9, 0.98], epsilon: 1.0e-6,
                       weight_decay: 0.0, max_grad_norm: 5.0 }
          schedule: { name: linear, warmup: 0.05 }
          freeze: []
          limit: { steps: 4 }
          checkpoint_every: { steps: 3 }
      - id: sentiment
        finetune:
          model: distil
          task: sentiment
          recipe: hf-trainer-4.44
          sequence_length: 64
          batch_size: 8
          learning_rate: 1.0e-3
          weight_decay: 0.01
          limit: { epochs: 2 }
          select_best: eval_loss
          checkpoint_every: { steps: 2 }
    baselines: [no_distillation, mlm_only, teacher]

    """
}

/// What a run left.
struct Run {
  let record: RunRecord
  let folder: String
  let observer: RunOnlooker
  let plan: ResolvedPlan
}

/// Remembers what it saw and stops the run where a test wants it to.
final class RunOnlooker: RunObserver {
  /// Asks to stop once so many steps of all stages together are done.
  var stopsAfter = Int.max
  /// Asks to stop once a note begins so.
  var stopsAfterNote: String?
  private(set) var stages: [String] = []
  private(set) var completed: [String] = []
  private(set) var resumedAt: [String: Int] = [:]
  private(set) var steps: [(stage: String, step: Int)] = []
  private(set) var epochs: [String] = []
  private(set) var evaluations: [(stage: String, step: Int)] = []
  private(set) var notes: [String] = []
  private(set) var began: RunProgress?

  /// Asks to stop once so many sentences of a text are done.
  var stopsAfterSentences = Int.max
  private(set) var sentences: [(stage: String, done: Int)] = []

  var stopIsRequested: Bool {
    steps.count >= stopsAfter || (sentences.last?.done ?? 0) >= stopsAfterSentences
      || stopsAfterNote.map { start in notes.contains { $0.hasPrefix(start) } } ?? false
  }

  func sentencesCompleted(_ progress: RecordingProgress, stage: String) {
    sentences.append((stage, progress.done))
  }

  func runBegan(_ progress: RunProgress, in folder: String) { began = progress }

  func note(_ text: String) { notes.append(text) }

  func stageBegan(
    _ id: String, kind: StageKind, totalSteps: Int, mayStopEarly: Bool, resumedAt step: Int
  ) {
    stages.append(id)
    resumedAt[id] = step
  }

  func stageCompleted(_ id: String, kind: StageKind, seconds: Double) { completed.append(id) }

  func stepCompleted(_ report: StepReport, stage: String) { steps.append((stage, report.step)) }

  func epochCompleted(_ result: EpochResult, stage: String) { epochs.append(stage) }

  func evaluationCompleted(_ result: EpochResult, stage: String) {
    evaluations.append((stage, result.step))
  }
}
