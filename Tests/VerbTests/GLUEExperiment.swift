// Experiments/glue-distilbert.yaml with small models of its names and small files of GLUE's exact forms.
import Foundation
import RetortDistillation
import RetortTestSupport
import RetortTransformers

struct GLUEExperiment {
  let folder: TemporaryFolder
  static let definition = "\(TinyExperiment.repository)/Experiments/glue-distilbert.yaml"
  /// Examples of each test file.
  static let testCount = 7
  /// Words of the models and of the files.
  private static let words = TinyModel.words.filter { $0.allSatisfy(\.isLetter) }

  /// The run of the one seed that is run.
  var run: String { folder.file("Runs/glue-distilbert@seed=42") }

  var environment: [String: String?] {
    [
      "RETORT_CACHE": folder.file("cache"), "RETORT_MIRROR": nil,
      "HF_HUB_CACHE": folder.file("hf"),
    ]
  }

  init() throws {
    folder = try TemporaryFolder()
    try writeModel("google-bert/bert-base-uncased", .bert, tokenTypes: 2)
    try writeModel("distilbert/distilbert-base-uncased", .distilbert, tokenTypes: 0)
    try writeFiles()
  }

  func retort(_ arguments: String...) throws -> RetortProcess {
    try RetortProcess.run(arguments, environment: environment, folder: folder.path)
  }

  /// `retort submit` of these test sets, which are too small for GLUE's server.
  func submit(_ arguments: String...) throws -> RetortProcess {
    try RetortProcess.run(
      ["submit"] + arguments + ["--allow-incomplete"], environment: environment,
      folder: folder.path)
  }

  private func writeModel(_ name: String, _ family: ModelFamily, tokenTypes: Int) throws {
    let model = TransformerModel(
      configuration: TransformerConfiguration(
        family: family, vocabularySize: TinyModel.words.count, hiddenSize: 16, layerCount: 2,
        headCount: 2, feedForwardSize: 32, maximumPositions: 128, tokenTypeCount: tokenTypes,
        layerNormEpsilon: 1e-12, hiddenDropout: 0.1, attentionDropout: 0.1,
        classifierDropout: 0.2, initializerRange: 0.5, paddingID: 0,
        labels: TransformerConfiguration.defaultLabels(count: 2), usesSinusoidalPositions: false),
      heads: family == .bert ? [.pooler] : [])
    model.initialize(seed: 7)
    try HuggingFaceFolder.write(
      model, vocabulary: Array((TinyModel.words.joined(separator: "\n") + "\n").utf8),
      tokenizer: .uncased, to: folder.file("cache/hub/\(name)"))
  }

  // MARK: Files

  /// A sentence for each row, with quotation marks that mean nothing.
  private static func text(_ row: Int, _ salt: Int) -> String {
    let count = 3 + (row + salt) % 5
    let words = (0..<count).map { Self.words[(row * 7 + salt * 5 + $0 * 3) % Self.words.count] }
    return words.joined(separator: " ") + (row % 4 == 0 ? " \" ." : " .")
  }

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    ((header.isEmpty ? [] : [header]) + rows).map { $0.joined(separator: "\t") }
      .joined(separator: "\n") + "\n"
  }

  private func write(_ path: String, _ header: [String], _ rows: [[String]]) throws {
    try folder.write("cache/data/glue/\(path)", Self.table(header, rows))
  }

  /// The splits with labels and how many rows they have.
  private static let labelled = [("train", 12), ("dev", 9)]

  private func writeFiles() throws {
    let test = 0..<Self.testCount
    func pair(_ row: Int, _ salt: Int) -> [String] {
      [Self.text(row, salt), Self.text(row, salt + 1)]
    }
    for (split, count) in Self.labelled {
      let rows = 0..<count
      let salt = split == "train" ? 0 : 10
      // Three of four are in class 1.
      func digit(_ row: Int) -> String { row % 4 == 0 ? "0" : "1" }
      func word(_ row: Int) -> String { row % 4 == 0 ? "entailment" : "not_entailment" }
      try write(
        "CoLA/\(split).tsv", [],
        rows.map { ["gj04", digit($0), digit($0) == "0" ? "*" : "", Self.text($0, salt)] })
      try write(
        "SST-2/\(split).tsv", ["sentence", "label"], rows.map { [Self.text($0, salt), digit($0)] })
      try write(
        "MRPC/\(split).tsv", ["Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"],
        rows.map { [digit($0), "70\($0)", "71\($0)"] + pair($0, salt) })
      try write(
        "QQP/\(split).tsv", ["id", "qid1", "qid2", "question1", "question2", "is_duplicate"],
        rows.map { ["\($0)", "1", "2"] + pair($0, salt) + [digit($0)] })
      try write(
        "STS-B/\(split).tsv", Self.similarity + ["score"],
        rows.map { Self.similar($0) + pair($0, salt) + ["\(Double($0 % 6) * 0.75)"] })
      try write(
        "QNLI/\(split).tsv", ["index", "question", "sentence", "label"],
        rows.map { ["\($0)"] + pair($0, salt) + [word($0)] })
      for task in ["RTE", "WNLI"] {
        try write(
          "\(task)/\(split).tsv", ["index", "sentence1", "sentence2", "label"],
          rows.map { ["\($0)"] + pair($0, salt) + [task == "RTE" ? word($0) : digit($0)] })
      }
      let parts = split == "train" ? ["train"] : ["dev_matched", "dev_mismatched"]
      for part in parts {
        let annotators = (1...(split == "train" ? 1 : 5)).map { "label\($0)" }
        try write(
          "MNLI/\(part).tsv", Self.inference + annotators + ["gold_label"],
          rows.map { row in
            let label = ["entailment", "neutral", "contradiction", "contradiction"][row % 4]
            return Self.inferred(row) + pair(row, salt + part.count)
              + Array(repeating: label, count: annotators.count + 1)
          })
      }
    }
    try write("CoLA/test.tsv", ["index", "sentence"], test.map { ["\($0)", Self.text($0, 20)] })
    try write("SST-2/test.tsv", ["index", "sentence"], test.map { ["\($0)", Self.text($0, 20)] })
    try write(
      "MRPC/test.tsv", ["index", "#1 ID", "#2 ID", "#1 String", "#2 String"],
      test.map { ["\($0)", "1", "2"] + pair($0, 20) })
    try write(
      "QQP/test.tsv", ["id", "question1", "question2"], test.map { ["\($0)"] + pair($0, 20) })
    try write("STS-B/test.tsv", Self.similarity, test.map { Self.similar($0) + pair($0, 20) })
    try write(
      "QNLI/test.tsv", ["index", "question", "sentence"], test.map { ["\($0)"] + pair($0, 20) })
    for path in ["RTE/test.tsv", "WNLI/test.tsv", "AX/AX.tsv"] {
      try write(
        path, ["index", "sentence1", "sentence2"], test.map { ["\($0)"] + pair($0, 30) })
    }
    for (part, salt) in [("test_matched", 40), ("test_mismatched", 50)] {
      try write(
        "MNLI/\(part).tsv", Self.inference, test.map { Self.inferred($0) + pair($0, salt) })
    }
  }

  private static let similarity = [
    "index", "genre", "filename", "year", "old_index", "source1", "source2", "sentence1",
    "sentence2",
  ]
  private static func similar(_ row: Int) -> [String] {
    ["\(row)", "main-captions", "MSRvid", "2012test", "000\(row)", "none", "none"]
  }

  private static let inference = [
    "index", "promptID", "pairID", "genre", "sentence1_binary_parse", "sentence2_binary_parse",
    "sentence1_parse", "sentence2_parse", "sentence1", "sentence2",
  ]
  private static func inferred(_ row: Int) -> [String] {
    ["\(row)", "3\(row)", "3\(row)c", "government", "( a b )", "( c d )", "(ROOT a)", "(ROOT c)"]
  }
}
