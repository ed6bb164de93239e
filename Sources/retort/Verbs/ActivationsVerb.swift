// `retort activations`: hidden states of a text, or the outputs of a stage's teacher, kept in a file.
import ArgumentParser
import RetortDistillation
import RetortExperimentPlan
import RetortFiles
import RetortFormatting
import RetortOptions
import RetortProcessor
import RetortStorage
import RetortText
import RetortTransformers

struct ActivationsVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "activations",
    abstract: "Store a model's hidden states of a text, or the teacher outputs of a stage.",
    usage: """
      retort activations --model <model> --text <file> --out <a.h5> [--layers <layers>]
      retort activations <def.yaml> --stage <id> [--top-k <k>] [--also <columns>] [--out <a.h5>]
      """,
    discussion: """
      For a text: every line is one sequence, cut at the model's maximum length. Layers are \
      numbered from 0, the output of the embeddings; heads read the last.
      For a stage: what its loss reads of its teachers, for training with `targets: {store: <a.h5>}` \
      instead of live teachers. Where words are masked anew in every epoch, outputs are stored for all \
      batches in training order, and serve this one training. Where the text stays as it is (masking: none, \
      and every finetune stage), they are stored once for each example, and serve every seed, batch size, \
      rate and loss that reads no more. From f32 a training is the live one to the bit, but with --top-k.
      Logits over the vocabulary are computed again from the last hidden states, which keeps the loss exact. \
      --top-k stores only the k largest logits in their place; \
      training then uses an approximate loss that merges all other words into one class.
      SIGINT and SIGTERM stop safely; run the same command again to continue. Killed, it loses a minute's work at most.
      """)

  @Argument(help: ArgumentHelp("A definition.", valueName: "def.yaml"))
  var definition: String?

  @Option(
    help: ArgumentHelp("A stage of the definition that learns from a teacher.", valueName: "id"))
  var stage: String?

  @OptionGroup var overrides: OverrideOptions

  @Option(
    help: ArgumentHelp(
      "A checkpoint (.h5), a Hugging Face folder, hub:owner/name[@revision], or RUN#STAGE.",
      valueName: "model"))
  var model: String?

  @Option(help: ArgumentHelp("The text, one sequence a line, UTF-8.", valueName: "file"))
  var text: String?

  @Option(
    help: ArgumentHelp(
      "The store to write. For a stage the default is a file in RETORT_CACHE/activations.",
      valueName: "a.h5"))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "For a text: numbers and `last`, separated by commas, or `all` (default: last).",
      valueName: "layers"))
  var layers: String?

  @Option(
    help: ArgumentHelp(
      "For a text: cut lines after this many tokens, [CLS] and [SEP] included.", valueName: "n"))
  var maxLength: Int?

  @OptionGroup var malformed: MalformedTextOptions

  @Option(
    help: ArgumentHelp(
      "How numbers are stored (default: f16 for what has a row a token, f32 for vectors of whole sequences). "
        + "Class logits and --top-k are f32.", valueName: "f16|f32"))
  var dtype: ActivationPrecision?

  @Option(
    help: ArgumentHelp("For a stage: keep this many logits per token, as float32.", valueName: "k"))
  var topK: Int?

  @Option(
    help: ArgumentHelp(
      "With --top-k: temperatures to prepare for besides the stage's, separated by commas.",
      valueName: "t"))
  var temperatures: String?

  @Option(
    help: ArgumentHelp(
      "For a stage: what to keep besides, for other losses, separated by commas: hidden/N, hidden/last, projections/N/query "
        + "(key, value), pooled/mean, pooled/first, classes; of one of several teachers: teachers/NAME/hidden/N.",
      valueName: "columns"))
  var also: String?

  @OptionGroup var computing: ComputingOptions

  func validate() throws {
    if let definition {
      for (name, isGiven) in [
        ("--model", model != nil), ("--text", text != nil), ("--layers", layers != nil),
        ("--max-length", maxLength != nil), ("--invalid-utf8", malformed.invalidUtf8 != .refuse),
      ] where isGiven {
        throw ValidationError("\(name) is for texts; \(definition) is a definition")
      }
      guard stage != nil else {
        throw ValidationError("--stage is needed: a stage of \(definition)")
      }
      if let topK, topK < 1 { throw ValidationError("--top-k is \(topK), expected at least 1") }
      if temperatures != nil, topK == nil {
        throw ValidationError("--temperatures needs --top-k")
      }
      _ = try chosenTemperatures()
      return
    }
    guard model != nil, text != nil, out != nil else {
      throw ValidationError(
        "expected --model, --text and --out, or a definition and --stage")
    }
    for (name, isGiven) in [
      ("--stage", stage != nil), ("--set", !overrides.set.isEmpty), ("--top-k", topK != nil),
      ("--temperatures", temperatures != nil), ("--also", also != nil),
    ] where isGiven {
      throw ValidationError("\(name) is for a definition's stage; name the definition")
    }
    if let maxLength, maxLength < 2 {
      throw ValidationError("--max-length is \(maxLength), expected at least 2")
    }
  }

  func run() throws {
    StopSignals.install()
    if let definition, let stage {
      try record(stage, of: definition)
    } else if let model, let text, let out {
      try record(text, with: StoredModel.open(model, option: "--model"), to: out)
    }
  }

  // MARK: A stage

  private func record(_ stage: String, of definition: String) throws {
    let console = Console.shared
    let activations = try StageActivations(
      StageActivationRequest(
        definitionPath: definition, overrides: overrides.set, stage: stage, precision: dtype,
        keptLogits: topK, temperatures: try chosenTemperatures(),
        also: also?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? [],
        path: out),
      locations: Locations(), engine: computing.makeEngine(),
      note: { console.write(line: $0) })
    if out != nil { try checkOutput(activations.path, reading: activations.inputs) }
    let amount =
      (activations.totalSteps.map { "\($0.grouped) steps over " } ?? "")
      + "\(activations.sequenceCount.grouped) sequences"
    let kept = activations.outputs.words
    console.write(
      line: "\(stage): \(amount), \(activations.tokenCount.grouped) tokens; \(kept); "
        + "\(activations.totalSteps == nil ? "" : "about ")\(activations.byteCount.memoryText)")
    let (overflowCount, wasThere) = try RecordingDisplay.show(stage, unit: activations.unit) {
      try activations.run(observer: $0)
    }
    for (name, words) in try activations.roundingErrors().map({ ($0.name, $0.1.words) })
      + activations.keptShares().map({ ($0.name, $0.1.words) })
    {
      console.write(line: "\(name.map { "\($0): " } ?? "")\(words)")
    }
    try StandardOutput.shared.write(
      line: "\(activations.path): \(amount), \(kept)"
        + (wasThere ? "; was there already" : ""))
    warn(ofOverflow: overflowCount)
  }

  private func chosenTemperatures() throws -> [Double]? {
    guard let temperatures else { return nil }
    return try temperatures.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let value = Double(part), value > 0, value.isFinite else {
        throw ValidationError(
          "--temperatures \(temperatures): expected numbers above 0, separated by commas")
      }
      return value
    }
  }

  // MARK: A text

  private func record(_ text: String, with stored: StoredModel, to out: String) throws {
    let configuration = stored.configuration
    let numbers = try layerNumbers(of: configuration.layerCount)
    let limit = configuration.maximumPositions
    if let maxLength, maxLength > limit {
      throw CommandFailure(
        "--max-length is \(maxLength), the model has \(limit) positions; lower it")
    }
    try checkOutput(out, reading: [stored.path, text])
    let file = try MappedFile(path: text)
    let writer = try ExampleActivationWriter(
      path: out,
      layout: ExampleActivationLayout(
        ModelOutputs(
          numbers.map {
            .init(
              .hiddenState("\($0)"), width: configuration.hiddenSize, precision: dtype ?? .f16)
          }, layerCount: configuration.layerCount)),
      source: [
        "model": stored.digest, "vocabulary": stored.vocabulary.digest,
        "tokenizer": "\(stored.tokenizer.options)",
        "text": SHA256.hexDigest(of: file.bytes), "maximum_length": "\(maxLength ?? limit)",
        "core_type": BLASKernel.coreName, "numerics_version": "\(Numerics.version)",
      ])
    let recording = TextActivationRecording(
      model: try stored.load(
        heads: [], ignoring: Set(RetortTransformers.ModelPart.allCases).subtracting([.encoder]),
        seed: 0),
      tokenizer: stored.makeTokenizer(), maximumLength: maxLength ?? limit,
      invalidUTF8: malformed.invalidUtf8, engine: computing.makeEngine())
    let replaced = try RecordingDisplay.show("activations", unit: "sequence") {
      try recording.run(over: file, into: writer, observer: $0)
    }
    try writer.finish(
      command: CommandText.given(without: ["--threads"]),
      processor: ProcessorFeatures.current().modelName)
    let store = try ExampleActivationStore(path: out)
    try StandardOutput.shared.write(
      line: "\(out): \(store.sequenceCount.grouped) sequences, "
        + "\(store.tokenIDs.count.grouped) tokens, layers "
        + "\(numbers.map(String.init).joined(separator: ", ")) of "
        + "\(configuration.hiddenSize), \((dtype ?? .f16).rawValue)")
    warn(ofOverflow: store.overflowCount)
    malformed.report(replacedLines: replaced)
  }

  private func layerNumbers(of count: Int) throws -> [Int] {
    let layers = layers ?? "last"
    if layers == "all" { return Array(0...count) }
    var numbers: Set<Int> = []
    for part in layers.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = part == "last" ? count : Int(part), (0...count).contains(number) else {
        throw CommandFailure(
          "--layers \(layers): expected `all`, or `last` and numbers from 0 to \(count) separated "
            + "by commas, found \(part.isEmpty ? "nothing" : String(part))")
      }
      numbers.insert(number)
    }
    return numbers.sorted()
  }

  private func checkOutput(_ path: String, reading inputs: [String]) throws {
    try OutputFile.check([path], .sealed(.activationStore), reading: inputs, option: "--out")
  }

  private func warn(ofOverflow count: Int) {
    guard count > 0 else { return }
    Console.shared.write(
      line: "\(count.grouped) values are beyond f16 and were clipped to ±65504; "
        + "--dtype f32 keeps them")
  }
}

extension ActivationPrecision: ExpressibleByArgument {}

extension RoundingError {
  fileprivate var words: String {
    let parts = [
      relation.map {
        "attention relations by up to \($0.divergence.significant(2)) nats (\($0.name))"
      },
      softTargets.map { "soft targets by \($0.significant(2)) nats" },
      states.map { "states by at most \($0.significant(2)) of their length" },
    ].compactMap { $0 }
    return "rounded to f16, the first \(tokens.grouped) tokens differ: "
      + parts.joined(separator: ", ")
  }
}

extension KeptShare {
  fileprivate var words: String {
    "the kept logits have \(mean.fixed(4)) of the probability at T = \(PlainNumber.text(temperature)), mean over the first "
      + "\(tokens.grouped) tokens"
  }
}
