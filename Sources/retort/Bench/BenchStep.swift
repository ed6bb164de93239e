// `retort bench step`.
import ArgumentParser
import RetortBenchmarks
import RetortDistillation
import RetortExperimentPlan
import RetortTransformers

struct BenchStep: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "step",
    abstract: "Time whole training steps: forward, backward, clipping, AdamW.",
    discussion: """
      The steps are those of `retort finetune` and `retort distill` themselves. Page faults of a warm \
      step show every buffer of 4 KiB or more that a step allocates.
      """)

  enum Job: String, CaseIterable, ExpressibleByArgument {
    case fineTuning = "fine-tuning"
    case distillation
  }

  @Option(help: ArgumentHelp("What is trained.", valueName: "fine-tuning|distillation"))
  var job: Job = .fineTuning

  @OptionGroup var model: BenchModelOptions

  @Option(
    help: ArgumentHelp(
      "The teacher of a distillation, in one of the same forms.", valueName: "model"))
  var teacher = PublishedSize.bertBase.rawValue

  @OptionGroup var sentences: SentenceOptions

  @Option(
    help: ArgumentHelp(
      "Sentences or sequences of a step: 16 sentences, 8 sequences if not given.", valueName: "n"))
  var batchSize: Int?

  @Option(help: ArgumentHelp("Tokens of each sequence of a distillation.", valueName: "n"))
  var length = 128

  @Option(
    help: ArgumentHelp(
      "Where a distillation's targets come from: the teacher itself, its stored hidden states, or "
        + "the largest of its stored logits.", valueName: "live|exact|top-k"))
  var targets: TargetSource = .live

  @Option(
    help: ArgumentHelp(
      "The loss of a distillation, in place of DistilBERT's: a list of terms in YAML, as a definition has them, or @FILE.",
      valueName: "terms"))
  var loss: String?

  @Option(help: ArgumentHelp("Steps that are measured.", valueName: "n"))
  var steps = 20

  @Option(help: ArgumentHelp("Steps before them.", valueName: "n"))
  var warmup = 3

  @Option(
    help: ArgumentHelp(
      "The optimizer's moments: zero, or as after 3,000 steps.", valueName: "fresh|late"))
  var state: OptimizerAge = .fresh

  @OptionGroup var options: BenchOptions

  func validate() throws {
    try requireAtLeast(1, batchSize, option: "--batch-size")
    try requireAtLeast(4, length, option: "--length")
    try requireAtLeast(1, steps, option: "--steps")
    try requireAtLeast(0, warmup, option: "--warmup")
    if loss != nil, job != .distillation || targets != .live {
      throw ValidationError("--loss is of a distillation with live targets: --job distillation")
    }
  }

  func run() throws {
    let engine = try options.makeCheckedEngine()
    let student = try model.open()
    let result =
      switch job {
      case .fineTuning: try finetune(student, on: engine)
      case .distillation: try distill(student, on: engine)
      }
    try options.write(result, text: result.text, failures: result.failures)
  }

  private func settings(batchSize: Int, data: String) -> StepSettings {
    StepSettings(
      batchSize: batchSize, steps: steps, warmup: warmup, age: state, data: data,
      versions: BenchOptions.versions)
  }

  private func finetune(_ student: BenchModel, on engine: Engine) throws -> StepResult {
    let batchSize = batchSize ?? 16
    let (sentences, data) = try sentences.tokens(
      of: student, .train, count: batchSize * (warmup + steps))
    return try FineTuningBenchmark.run(
      try student.make(head: .classification, seed: 42), on: sentences,
      settings: settings(batchSize: batchSize, data: data), engine: engine)
  }

  private func distill(_ student: BenchModel, on engine: Engine) throws -> StepResult {
    let batchSize = batchSize ?? 8
    let teacher = try BenchModel(teacher, weights: model.weights, option: "--teacher")
    try BenchModel.check(student: student, teacher: teacher, length: length)
    let stated = try loss.map { try self.stated($0, student, teacher) }
    let needed = batchSize * (warmup + steps)
    // A sentence is at least a word.
    let (sentences, data) = try sentences.tokens(of: student, .train, count: needed * length)
    let readsMasks = stated.map { $0.batches == .maskedText } ?? true
    let text = ConnectedText(
      sentences.sequences, length: length, count: needed, batchSize: batchSize,
      maskID: readsMasks ? student.maskID : nil)
    guard text.sequenceCount > 0 else {
      throw CommandFailure("\(data): not enough text for one sequence of \(length) tokens")
    }
    let heads = stated.map { $0.loss.readsOfStudent.union($0.loss.readsOfTeacher).heads }
    return try DistillationBenchmark.run(
      student: try student.make(heads: heads ?? [.maskedLanguage], seed: 42),
      teacher: try teacher.make(heads: heads ?? [.maskedLanguage], seed: 43), text: text,
      length: length, targets: targets, loss: stated?.loss,
      settings: settings(batchSize: batchSize, data: data), engine: engine)
  }

  /// A loss of one's own, for the models.
  private func stated(
    _ text: String, _ student: BenchModel, _ teacher: BenchModel
  ) throws -> (loss: Objective, batches: BatchKind) {
    let kinds: Set<BatchKind> = [.text, .maskedText]
    let stated =
      text.hasPrefix("@")
      ? try StatedLoss(file: String(text.dropFirst()), on: kinds)
      : try StatedLoss(text, source: "--loss", on: kinds)
    let found = try stated.objective(
      student: student.dimensions, teacher: teacher.dimensions, on: kinds)
    return (found.0, found.batches)
  }
}
