// `retort bench`: measured speed, with what the machine can do beside it.
import ArgumentParser
import Benchmarks
import Distillation
import ExperimentPlan
import Text
import Transformers

struct BenchVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure speed: single operations, training steps, inference, tokenizing.",
    discussion: """
      Nothing need be downloaded: models of published sizes are made with random weights. The \
      machine's arithmetic is checked first, and what is timed is checked in the same run; a wrong \
      number makes the exit status 1.
      """,
    subcommands: [
      BenchOperations.self, BenchStep.self, BenchInference.self, BenchTokenizing.self,
    ])
}

/// `retort bench ops`.
struct BenchOperations: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "ops",
    abstract: "Time the operations of a step one by one, beside the machine's ceilings.")

  @Option(help: ArgumentHelp("Tokens of the batch.", valueName: "n"))
  var rows = 213

  @Option(help: ArgumentHelp("Hidden size, a multiple of 64.", valueName: "n"))
  var hidden = 768

  @OptionGroup var options: BenchOptions

  func validate() throws {
    try requireAtLeast(1, rows, option: "--rows")
    guard hidden >= 64, hidden % 64 == 0 else {
      throw ValidationError("--hidden is \(hidden), expected a multiple of 64")
    }
  }

  func run() throws {
    let result = OperationBenchmark.run(
      rows: rows, hidden: hidden, versions: BenchOptions.versions,
      engine: try options.makeCheckedEngine())
    try options.write(result, text: result.text)
  }
}

/// `retort bench step`.
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

  @Option(
    help: ArgumentHelp(
      "distilbert, minilm or bert-base with random weights; or a checkpoint (.h5), a Hugging Face "
        + "folder, or hub:owner/name.", valueName: "model"))
  var model = PublishedSize.distilbert.rawValue

  @Option(help: ArgumentHelp("The teacher of a distillation, named alike.", valueName: "model"))
  var teacher = PublishedSize.bertBase.rawValue

  @Option(help: ArgumentHelp("Leave stored weights aside.", valueName: "random|stored"))
  var weights: BenchmarkedModel.Weights?

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

  @Option(help: ArgumentHelp("Steps that are measured.", valueName: "n"))
  var steps = 20

  @Option(help: ArgumentHelp("Steps before them.", valueName: "n"))
  var warmup = 3

  @Option(
    help: ArgumentHelp(
      "The optimizer's moments: none, or as 3,000 steps leave them.", valueName: "fresh|late"))
  var state: OptimizerAge = .fresh

  @OptionGroup var options: BenchOptions

  func validate() throws {
    try requireAtLeast(1, batchSize, option: "--batch-size")
    try requireAtLeast(4, length, option: "--length")
    try requireAtLeast(1, steps, option: "--steps")
    try requireAtLeast(0, warmup, option: "--warmup")
  }

  func run() throws {
    let engine = try options.makeCheckedEngine()
    let student = try BenchModel(model, weights: weights, option: "--model")
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
    let teacher = try BenchModel(teacher, weights: weights, option: "--teacher")
    for (option, model) in [("--model", student), ("--teacher", teacher)]
    where length > model.configuration.maximumPositions {
      throw CommandFailure(
        "--length is \(length), \(option) has \(model.configuration.maximumPositions) positions")
    }
    let needed = batchSize * (warmup + steps)
    // A sentence is at least a word.
    let (sentences, data) = try sentences.tokens(of: student, .train, count: needed * length)
    let maskID = (try? student.makeTokenizer().vocabulary.maskID) ?? MadeUpSentences.maskID
    let text = ConnectedText(
      sentences.sequences, length: length, count: needed, batchSize: batchSize, maskID: maskID)
    guard text.sequenceCount > 0 else {
      throw CommandFailure("\(data): not enough text for one sequence of \(length) tokens")
    }
    return try DistillationBenchmark.run(
      student: try student.make(head: .maskedLanguage, seed: 42),
      teacher: try teacher.make(head: .maskedLanguage, seed: 43), text: text, length: length,
      targets: targets, settings: settings(batchSize: batchSize, data: data), engine: engine)
  }
}

/// `retort bench infer`.
struct BenchInference: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "infer", abstract: "Time a classifier on sentences.",
    discussion: "Without --sentences it reads SST-2's validation set.")

  @Option(
    help: ArgumentHelp(
      "distilbert, minilm or bert-base with random weights; or a checkpoint (.h5), a Hugging Face "
        + "folder, or hub:owner/name.", valueName: "model"))
  var model = PublishedSize.distilbert.rawValue

  @Option(help: ArgumentHelp("Leave stored weights aside.", valueName: "random|stored"))
  var weights: BenchmarkedModel.Weights?

  @OptionGroup var sentences: SentenceOptions

  @Option(help: ArgumentHelp("Sentences computed at a time.", valueName: "n"))
  var batchSize = 32

  @Option(
    help: ArgumentHelp("As they come, or the shortest first.", valueName: "file|length"))
  var order: InferenceBenchmark.Order = .file

  @Option(help: ArgumentHelp("Batches that are measured; all if not given.", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Batches before them.", valueName: "n"))
  var warmup = 3

  @OptionGroup var options: BenchOptions

  func validate() throws {
    try requireAtLeast(1, batchSize, option: "--batch-size")
    try requireAtLeast(1, steps, option: "--steps")
    try requireAtLeast(0, warmup, option: "--warmup")
  }

  func run() throws {
    let engine = try options.makeCheckedEngine()
    let model = try BenchModel(model, weights: weights, option: "--model")
    let (sentences, data) = try sentences.tokens(of: model, .dev, count: nil)
    let result = InferenceBenchmark.run(
      try model.make(head: .classification, seed: 42), on: sentences.sequences,
      batchSize: batchSize,
      order: order, steps: steps, warmup: warmup, data: data, versions: BenchOptions.versions,
      engine: engine)
    try options.write(result, text: result.text, failures: result.failures)
  }
}

/// `retort bench tokenize`.
struct BenchTokenizing: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Time the tokenizer on sentences in memory.")

  @Option(
    help: ArgumentHelp(
      "A model that has a vocabulary; that of distilbert-base-uncased if not given, or one trained on "
        + "made-up sentences if that is not there.", valueName: "model"))
  var vocab: String?

  @OptionGroup var sentences: SentenceOptions

  @Option(help: ArgumentHelp("How often all sentences are encoded.", valueName: "n"))
  var repetitions = 5

  @OptionGroup var options: BenchOptions

  func validate() throws { try requireAtLeast(1, repetitions, option: "--repetitions") }

  func run() throws {
    let text = try sentences.text(.train)
    let made = SentimentGrammar().labelledSentences(counts: [67_349], seed: 42)[0].sentences
    let (tokenizer, name) = try tokenizer(madeUp: made)
    let result = TokenizingBenchmark.run(
      text?.sentences.sentences ?? made, tokenizer: tokenizer, name: name,
      repetitions: repetitions,
      threads: options.computing.threads ?? Engine.availableProcessors,
      data: text?.data ?? "made up", versions: BenchOptions.versions)
    try options.write(result, text: result.text, failures: result.failures)
  }

  private func tokenizer(madeUp: [String]) throws -> (BertTokenizer, name: String) {
    if let vocab {
      let (vocabulary, settings) = try StoredVocabulary.read(vocab)
      return (BertTokenizer(vocabulary: vocabulary, options: settings.options), vocab)
    }
    if let published = try? BenchModel.uncasedTokenizer() {
      return (published, "distilbert-base-uncased")
    }
    var trainer = WordPieceTrainer(size: 1000, options: TokenizerSettings.uncased.options)
    for sentence in madeUp.prefix(5000) { trainer.add(sentence) }
    return (
      BertTokenizer(
        vocabulary: try trainer.train(), options: TokenizerSettings.uncased.options),
      "trained on made-up sentences"
    )
  }
}
