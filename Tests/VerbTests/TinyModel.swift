// A model of the published form, small enough to be made in a test.
import Foundation
import RetortDistillation
import RetortTestSupport
import RetortTransformers

/// A folder as transformers writes it, and a mirror with a task for it.
struct TinyModel {
  static let words =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    + "a film is good bad the not very and dull bright plot ##s ##ly . ,".split(separator: " ")
    .map(String.init)

  let folder: TemporaryFolder
  var path: String { folder.file("model") }

  /// - Parameters:
  ///   - heads: what the folder has besides the encoder.
  ///   - labels: its classes; one is a regression.
  ///   - settings: what its tokenizer_config.json says.
  init(
    heads: Set<ModelPart> = [.classification], labels: [String] = ["negative", "positive"],
    settings: TokenizerSettings = .uncased
  ) throws {
    folder = try TemporaryFolder()
    let model = TransformerModel(
      configuration: TransformerConfiguration(
        family: .distilbert, vocabularySize: Self.words.count, hiddenSize: 16, layerCount: 2,
        headCount: 4, feedForwardSize: 32, maximumPositions: 16, tokenTypeCount: 0,
        layerNormEpsilon: 1e-12, hiddenDropout: 0.1, attentionDropout: 0.1,
        classifierDropout: 0.2, initializerRange: 0.5, paddingID: 0,
        labels: labels, usesSinusoidalPositions: false), heads: heads)
    model.initialize(seed: 7)
    try HuggingFaceFolder.write(
      model, vocabulary: Array((Self.words.joined(separator: "\n") + "\n").utf8),
      tokenizer: settings, to: path)
  }

  /// Where nothing but this test's files can be found.
  var environment: [String: String?] {
    [
      "RETORT_CACHE": folder.file("cache"), "RETORT_MIRROR": folder.file("mirror"),
      "HF_HUB_CACHE": folder.file("hf"),
    ]
  }

  /// Puts the three files of SST-2 into the mirror.
  func writeTask(
    train: String = "sentence\tlabel\ngood film \t1\nbad film \t0\n",
    dev: String = "sentence\tlabel\na good film . \t1\nthe plot is dull \t0\nvery bad \t0\n",
    test: String = "index\tsentence\n0\ta film\n1\tnot bad\n"
  ) throws {
    let task = folder.file("mirror/data/glue/SST-2")
    try FileManager.default.createDirectory(atPath: task, withIntermediateDirectories: true)
    for (name, text) in [("train", train), ("dev", dev), ("test", test)] {
      try text.write(toFile: "\(task)/\(name).tsv", atomically: true, encoding: .utf8)
    }
  }

  func retort(_ arguments: String..., input: String = "") throws -> RetortProcess {
    try RetortProcess.run(arguments, input: Data(input.utf8), environment: environment)
  }
}
