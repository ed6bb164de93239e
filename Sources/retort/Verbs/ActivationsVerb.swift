// `retort activations`: the hidden states of a text, kept for analysis.
import ArgumentParser
import ExperimentPlan
import Files
import Storage
import Text
import Transformers

struct ActivationsVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "activations",
    abstract: "Store a model's hidden states of a text.",
    discussion: """
      Every line of the text is one sequence, cut where the model's positions end. Layers are \
      numbered from 0, the output of the embeddings; the last is what heads read. An unfinished \
      store of the same model and text is gone on with.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("The text, one sequence a line, UTF-8.", valueName: "file"))
  var text: String

  @Option(help: ArgumentHelp("The store to write.", valueName: "a.h5"))
  var out: String

  @Option(
    help: ArgumentHelp(
      "Which hidden states: numbers separated by commas, `last` or `all`.", valueName: "layers"))
  var layers = "last"

  @Option(help: ArgumentHelp("How numbers are stored.", valueName: "type"))
  var dtype: ActivationPrecision = .f16

  @Option(
    help: ArgumentHelp(
      "Cut lines after this many tokens, [CLS] and [SEP] included.", valueName: "n"))
  var maxLength: Int?

  func validate() throws {
    if let maxLength, maxLength < 2 {
      throw ValidationError("--max-length is \(maxLength), expected at least 2")
    }
  }

  func run() throws {
    let stored = try model.open()
    let configuration = stored.configuration
    let numbers = try layerNumbers(of: configuration.layerCount)
    let limit = configuration.maximumPositions
    if let maxLength, maxLength > limit {
      throw CommandFailure(
        "--max-length is \(maxLength), the model has \(limit) positions; lower it")
    }
    let file = try MappedFile(path: text)
    let writer = try TextActivationWriter(
      path: out,
      layout: TextActivationLayout(
        layers: numbers, hiddenSize: configuration.hiddenSize, precision: dtype),
      source: [
        "model": stored.digest, "vocabulary": stored.vocabulary.digest,
        "text": SHA256.hexDigest(of: file.bytes), "maximum_length": "\(maxLength ?? limit)",
      ])
    var pass = ActivationPass(
      model: try stored.load(
        heads: [], ignoring: Set(Transformers.ModelPart.allCases).subtracting([.encoder]), seed: 0),
      tokenizer: stored.makeTokenizer(), engine: model.computing.makeEngine(), layers: numbers,
      maximumLength: maxLength ?? limit, writer: writer)
    try pass.run(over: file)
    try writer.finish()

    let store = try TextActivationStore(path: out)
    try StandardOutput.shared.write(
      line: "\(out): \(grouped(store.sequenceCount)) sequences, "
        + "\(grouped(store.tokenIDs.count)) tokens, layers "
        + "\(numbers.map(String.init).joined(separator: ", ")) of "
        + "\(configuration.hiddenSize), \(dtype.rawValue)")
    if store.overflowCount > 0 {
      Console.shared.write(
        line: "\(grouped(store.overflowCount)) values are beyond f16 and were clipped to ±65504; "
          + "--dtype f32 keeps them")
    }
  }

  private func layerNumbers(of count: Int) throws -> [Int] {
    switch layers {
    case "last": return [count]
    case "all": return Array(0...count)
    default:
      var numbers: Set<Int> = []
      for part in layers.split(separator: ",", omittingEmptySubsequences: false) {
        guard let number = Int(part), (0...count).contains(number) else {
          throw CommandFailure(
            "--layers \(layers): expected `last`, `all` or numbers from 0 to \(count) separated by "
              + "commas, found \(part.isEmpty ? "nothing" : String(part))")
        }
        numbers.insert(number)
      }
      return numbers.sorted()
    }
  }
}

extension ActivationPrecision: ExpressibleByArgument {}

/// Lines of a text through the encoder into a store, some at a time.
private struct ActivationPass {
  let model: TransformerModel
  let tokenizer: BertTokenizer
  let engine: Engine
  let layers: [Int]
  let maximumLength: Int
  let writer: TextActivationWriter
  /// Tokens that are computed together, at least.
  private static let batchTokens = 1024

  private var waiting = TokenSequences()
  private var scope: ComputeScope?

  init(
    model: TransformerModel, tokenizer: BertTokenizer, engine: Engine, layers: [Int],
    maximumLength: Int, writer: TextActivationWriter
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.engine = engine
    self.layers = layers
    self.maximumLength = maximumLength
    self.writer = writer
  }

  mutating func run(over file: MappedFile) throws {
    let bytes = file.bytes.bindMemory(to: UInt8.self)
    var (place, number) = (0, 0)
    var tokenIDs: [Int32] = []
    while place < bytes.count {
      let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      defer { place = end + 1 }
      number += 1
      // An interrupted run has kept the first sequences.
      if number <= writer.finishedSequenceCount { continue }
      tokenIDs.removeAll(keepingCapacity: true)
      do {
        try tokenizer.encode(
          UnsafeBufferPointer(rebasing: bytes[place..<end]), addSpecials: true,
          maximumLength: maximumLength, into: &tokenIDs)
      } catch {
        throw CommandFailure(
          "\(file.path):\(number): invalid UTF-8 at byte \(place + error.byteOffset) of the file; "
            + "convert the file to UTF-8")
      }
      waiting.append(tokenIDs)
      if waiting.tokenCount >= Self.batchTokens { try compute() }
    }
    guard number > 0 else {
      throw CommandFailure("\(file.path): expected a text of one sequence a line, found nothing")
    }
    try compute()
    extendLifetime(file)
  }

  private mutating func compute() throws {
    guard waiting.count > 0 else { return }
    let scope = scope ?? ComputeScope(engine: engine, recording: false)
    self.scope = scope
    scope.reset()
    let batch = PackedBatch(Array(0..<waiting.count), of: waiting)
    let states = model.encoder.encode(
      tokenIDs: batch.tokenIDs, layout: SequenceLayout(offsets: batch.offsets),
      request: HiddenStateRequest(lastLayer: nil, layers: Set(layers)), mode: .inference,
      in: scope)
    let values = layers.map { states.layers[$0]?.copyValues() ?? [] }
    let size = model.configuration.hiddenSize
    for index in 0..<batch.sequenceCount {
      let rows = Int(batch.offsets[index])..<Int(batch.offsets[index + 1])
      try append(rows: rows, of: batch, values: values, size: size)
    }
    waiting = TokenSequences()
  }

  private func append(
    rows: Range<Int>, of batch: PackedBatch, values: [[Float]], size: Int
  ) throws {
    var pointers: [UnsafeBufferPointer<Float>] = []
    func withLayers(from index: Int) throws {
      guard index < values.count else {
        return try batch.tokenIDs[rows].withUnsafeBufferPointer {
          try writer.append(tokenIDs: $0, hidden: pointers)
        }
      }
      try values[index][rows.lowerBound * size..<rows.upperBound * size].withUnsafeBufferPointer {
        pointers.append($0)
        try withLayers(from: index + 1)
      }
    }
    try withLayers(from: 0)
  }
}
