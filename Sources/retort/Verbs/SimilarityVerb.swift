// `retort similarity`: two models compared layer by layer.
import ArgumentParser
import RetortDistillation
import RetortFiles
import RetortFormatting
import RetortReporting
import RetortStorage

struct SimilarityVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "similarity",
    abstract: "Compare two models layer by layer: linear CKA and mean cosine of hidden states.",
    discussion: """
      Both stores are of the same text: `retort activations --model <model> --text <file> --layers \
      all --out <a.h5>`. Linear CKA is that of Kornblith et al. 2019 and compares models of any \
      widths; the cosine needs the same width.
      """)

  @Argument(
    help: ArgumentHelp("Hidden states of one model, such as the teacher.", valueName: "a.h5"))
  var first: String

  @Option(
    name: .customLong("with"),
    help: ArgumentHelp("Hidden states of the other, such as the student.", valueName: "b.h5"))
  var second: String

  @Option(
    help: ArgumentHelp("What tables call the two, separated by a comma.", valueName: "a,b"))
  var names = "teacher,student"

  @Flag(help: "Write JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Write the JSON here too, as Results/records/similarity/ has it.", valueName: "file"))
  var record: String?

  @OptionGroup var computing: ComputingOptions

  func validate() throws { _ = try sideNames() }

  private func sideNames() throws -> [String] {
    let parts = names.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts.contains(""), parts[0] != parts[1] else {
      throw ValidationError("--names \(names): expected two different names, as in teacher,student")
    }
    return parts
  }

  func run() throws {
    if let record {
      try OutputFile.check([record], .any, reading: [first, second], option: "--record")
    }
    let stores = try [first, second].map(ExampleActivationStore.init(path:))
    let engine = computing.makeEngine()
    let similarity: LayerSimilarity
    do {
      similarity = try RecordingDisplay.show("similarity", unit: "token") {
        try LayerSimilarity(of: stores[0], and: stores[1], engine: engine, observer: $0)
      }
    } catch let error as LayerSimilarityError {
      throw CommandFailure("\(first) and \(second): \(error)")
    }
    let sides = try zip(sideNames(), stores).map { name, store in
      let states = try StoredHiddenStates(of: store)
      return SimilarityRecord.Side(
        name: name, layers: states.layers, hiddenSize: states.hiddenSize,
        precision: states.precision.rawValue, source: store.source, command: store.command,
        processor: store.processor)
    }
    let result = SimilarityRecord(
      command: CommandText.given(without: ["--record", "--threads"]), first: sides[0],
      second: sides[1], sequences: similarity.sequenceCount, tokens: similarity.tokenCount,
      alignment: similarity.alignment, cosine: similarity.cosine)
    let text = try result.text()
    if let record {
      if let folder = Folder.parent(of: record) { try Folder.create(path: folder) }
      try AtomicFile.replace(path: record, with: text)
    }
    try StandardOutput.shared.write((json ? text : result.summary).utf8)
  }
}

extension SimilarityRecord {
  /// For a terminal.
  fileprivate var summary: String {
    func matrix(_ title: String, _ values: [[Double]]) -> String {
      "\n\(title): \(first.name) down, \(second.name) across\n\n"
        + TextTable(
          header: ["layer"] + second.layers.map(String.init),
          rows: zip(first.layers, values).map { layer, row in
            ["\(layer)"] + row.map { $0.fixed(3) }
          }, rightAligned: Set(0...second.layers.count)
        ).text(width: StandardOutput.shared.width)
        + "\n"
    }
    return "\(sequences.grouped) sequences, \(tokens.grouped) tokens\n"
      + matrix("linear CKA", alignment)
      + (cosine.map { matrix("mean cosine", $0) } ?? "")
  }
}
