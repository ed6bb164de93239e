// Bad input gets one clear line and exit status 1, and nothing is lost.
import Foundation
import RetortTestSupport
import Testing

@Suite struct BadInputTests {
  private func overwrite(
    _ path: String, _ change: (inout Data) -> Void
  ) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    change(&data)
    try data.write(to: URL(fileURLWithPath: path))
  }

  private func replace(_ text: String, with other: String, in path: String) throws {
    let content = try String(contentsOfFile: path, encoding: .utf8)
    #expect(content.contains(text))
    try content.replacingOccurrences(of: text, with: other)
      .write(toFile: path, atomically: true, encoding: .utf8)
  }

  // MARK: The command line and the machine

  @Test func anArgumentThatIsNotUTF8() throws {
    let result = try RetortProcess.run(
      ["inspect"], through: #"exec "$0" "$@" "$(printf 'caf\351.csv')""#)
    #expect(result.status == 64)
    #expect(
      result.errors.contains("The argument 'caf\u{FFFD}.csv' is not UTF-8"), "\(result.errors)")
  }

  @Test func aFieldThatIsLargerThanTheMemory() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("large.csv")
    let field = Data(repeating: UInt8(ascii: "a"), count: 200 << 20)
    try (Data("text,label\n".utf8) + field + Data(",b\n".utf8)).write(
      to: URL(fileURLWithPath: path))
    let result = try RetortProcess.run(
      ["inspect", path], through: #"ulimit -v 560000; exec "$0" "$@""#)
    #expect(result.status == 1)
    #expect(result.errors.contains("failed to allocate "), "\(result.errors)")
    #expect(
      result.errorLines.last
        == "retort: error: ended by what the line above says; if that is memory, use smaller files or batches, or raise "
        + "the limit (ulimit -v)")
  }

  // MARK: Models

  @Test func aModelThatIsNowhere() throws {
    let model = try TinyModel()
    expectFailure(
      try model.retort("predict", "--model", "hub:google-bert/bert-base-uncased"),
      saying: "hub:google-bert/bert-base-uncased", "https://huggingface.co/google-bert")
    expectFailure(
      try model.retort("predict", "--model", "/nonexistent/model"), saying: "/nonexistent/model")
    expectFailure(
      try model.retort("predict", "--model", "/nonexistent/c.h5"), saying: "/nonexistent/c.h5")
    expectFailure(try model.retort("predict", "--model", "hub:nobody"), saying: "hub:owner/name")
    expectFailure(
      try model.retort("predict", "--model", "hub:bert-base-uncased"),
      saying: "did you mean hub:google-bert/bert-base-uncased?")
    expectFailure(
      try model.retort("inspect", "hub:google-bert/bert-base-uncased@v1"),
      saying: "https://huggingface.co/google-bert/bert-base-uncased/tree/v1")
  }

  @Test func aModelWithoutTheHead() throws {
    let model = try TinyModel(heads: [.maskedLanguage])
    expectFailure(
      try model.retort("predict", "--model", model.path), saying: "no classification head",
      "encoder, masked_lm")
  }

  @Test func aVocabularyOfAnotherSize() throws {
    let model = try TinyModel()
    let path = "\(model.path)/vocab.txt"
    try overwrite(path) { $0.append(Data("more\n".utf8)) }
    expectFailure(
      try model.retort("import", model.path, "--out", model.folder.file("c.h5")),
      saying: "\(TinyModel.words.count + 1)", "expected at most \(TinyModel.words.count)")
    #expect(!FileManager.default.fileExists(atPath: model.folder.file("c.h5")))
  }

  @Test func aConfigurationWithSomebodysOwnKey() throws {
    let model = try TinyModel()
    try replace(
      "\"n_layers\"", with: "\"custom_note\": 3, \"n_layers\"", in: "\(model.path)/config.json")
    let result = try model.retort("import", model.path, "--out", model.folder.file("c.h5"))
    #expect(result.status == 0)
    #expect(result.errors.contains("passed over, unknown to transformers: custom_note"))
  }

  @Test func aModelOfAnotherFamily() throws {
    let model = try TinyModel()
    try replace("\"distilbert\"", with: "\"roberta\"", in: "\(model.path)/config.json")
    try FileManager.default.removeItem(atPath: "\(model.path)/vocab.txt")
    for arguments in [
      ["predict", "--model", model.path],
      ["import", model.path, "--out", model.folder.file("c.h5")],
      ["inspect", model.path], ["tokenize", "--vocab", model.path],
    ] {
      expectFailure(
        try RetortProcess.run(arguments, environment: model.environment),
        saying: "model_type is \"roberta\"")
    }
  }

  @Test(arguments: [4, 40, 4000])
  func truncatedWeights(kept: Int) throws {
    let model = try TinyModel()
    let path = "\(model.path)/model.safetensors"
    try overwrite(path) { $0 = $0.prefix(kept) }
    expectFailure(
      try model.retort("import", model.path, "--out", model.folder.file("c.h5")),
      saying: "model.safetensors")
  }

  /// The place of a tensor's first value in a safetensors file.
  private func firstValue(of tensor: String, in path: String) throws -> Int {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let headerSize = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try #require(
      try JSONSerialization.jsonObject(with: data[8..<(8 + headerSize)]) as? [String: Any])
    let entry = try #require(header[tensor] as? [String: Any])
    let offsets = try #require(entry["data_offsets"] as? [Int])
    return 8 + headerSize + offsets[0]
  }

  @Test(
    "one weight that is no number or infinite",
    arguments: [
      ("classifier.weight", Float.nan), ("classifier.weight", .infinity),
      ("distilbert.transformer.layer.1.ffn.lin2.bias", -.infinity),
      ("distilbert.embeddings.position_embeddings.weight", .signalingNaN),
    ])
  func aWeightThatIsNotFinite(name: String, value: Float) throws {
    let model = try TinyModel()
    try model.writeTask()
    let (path, predictions) = ("\(model.path)/model.safetensors", model.folder.file("p.tsv"))
    let place = try firstValue(of: name, in: path)
    try overwrite(path) { data in
      withUnsafeBytes(of: value) { data.replaceSubrange(place..<(place + 4), with: $0) }
    }
    for arguments in [
      ["predict", "--model", model.path],
      ["evaluate", "--model", model.path, "--task", "glue/sst2"],
      [
        "evaluate", "--model", model.path, "--task", "glue/sst2", "--split", "test",
        "--predictions", predictions,
      ],
      ["import", model.path, "--out", model.folder.file("c.h5")],
    ] {
      // The encoder of a classifier is read without its head too, but never with it.
      let result = try RetortProcess.run(
        arguments, input: Data("a film\n".utf8), environment: model.environment)
      expectFailure(result, saying: "infinite or not numbers", "\(name) (1)")
      #expect(result.output.isEmpty)
    }
    for file in [predictions, model.folder.file("c.h5")] {
      #expect(!FileManager.default.fileExists(atPath: file))
    }
  }

  @Test func finiteWeightsThatOverflow() throws {
    let model = try TinyModel()
    try model.writeTask()
    let path = "\(model.path)/model.safetensors"
    let place = try firstValue(of: "classifier.weight", in: path)
    try overwrite(path) { data in
      let values = [Float](repeating: 3e38, count: 32)
      values.withUnsafeBytes { data.replaceSubrange(place..<(place + $0.count), with: $0) }
    }
    expectFailure(
      try model.retort("evaluate", "--model", model.path, "--task", "glue/sst2"),
      saying: model.path, "glue/sst2 dev", "the logits of example 1 are")
    expectFailure(
      try model.retort("predict", "--model", model.path, input: "a film\n"),
      saying: "standard input", "the logits of example 1 are")
  }

  @Test func aLyingHeader() throws {
    let model = try TinyModel()
    let path = "\(model.path)/model.safetensors"
    // The header's length, beyond the end of the file.
    try overwrite(path) { $0.replaceSubrange(0..<8, with: Data(repeating: 0x7F, count: 8)) }
    expectFailure(
      try model.retort("import", model.path, "--out", model.folder.file("c.h5")),
      saying: "model.safetensors")
  }

  @Test func weightsOfAnotherModel() throws {
    let (model, other) = (try TinyModel(), try TinyModel(heads: [.maskedLanguage]))
    let path = "\(model.path)/model.safetensors"
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(atPath: "\(other.path)/model.safetensors", toPath: path)
    try replace("\"n_layers\": 2", with: "\"n_layers\": 3", in: "\(model.path)/config.json")
    expectFailure(
      try model.retort("import", model.path, "--out", model.folder.file("c.h5")),
      saying: "layers (expected 3, found 2)", "16 missing", "layer.2.attention.q_lin.weight",
      "and 11 more")
  }

  @Test(arguments: [0, 100, 5000, -1])
  func aDamagedCheckpoint(place: Int) throws {
    let model = try TinyModel()
    let path = model.folder.file("c.h5")
    #expect(try model.retort("import", model.path, "--out", path).status == 0)
    try overwrite(path) { $0[place < 0 ? $0.count + place : place] ^= 1 }
    expectFailure(try model.retort("predict", "--model", path), saying: "c.h5")
    expectFailure(try model.retort("inspect", path), saying: "c.h5")
    expectFailure(
      try model.retort("export", path, "--out", model.folder.file("back")), saying: "c.h5")
    #expect(!FileManager.default.fileExists(atPath: model.folder.file("back/config.json")))
  }

  @Test func aFileThatIsNone() throws {
    let model = try TinyModel()
    let path = model.folder.file("notes.h5")
    try "not a checkpoint\n".write(toFile: path, atomically: true, encoding: .utf8)
    expectFailure(try model.retort("inspect", path), saying: "notes.h5")
    expectFailure(try model.retort("inspect", model.folder.path), saying: "record.json")
    let record = model.folder.file("record.json")
    try "{\"format\": 1".write(toFile: record, atomically: true, encoding: .utf8)
    expectFailure(try model.retort("inspect", record), saying: "record.json")
  }

  // MARK: Data

  @Test(
    "a task's file that is not one; / stands for a new line and _ for a tab",
    arguments: [
      ("sentence_label/good film/", "dev.tsv:2"), ("sentence_label/good_1/bad_2/", "dev.tsv:3: "),
      ("sentence_label/good_positive/", "0, 1"), ("index_sentence/0_good/", "dev.tsv:1"),
      ("", "dev.tsv"),
    ])
  func aTaskThatIsNot(dev: String, place: String) throws {
    let model = try TinyModel()
    try model.writeTask(dev: dev.replacing("/", with: "\n").replacing("_", with: "\t"))
    expectFailure(
      try model.retort("evaluate", "--model", model.path, "--task", "glue/sst2"), saying: place)
  }

  @Test func aTaskInInvalidUTF8() throws {
    let model = try TinyModel()
    try model.writeTask()
    let path = model.folder.file("mirror/data/glue/SST-2/dev.tsv")
    try overwrite(path) { $0.append(Data([0x61, 0xC3, 0x28]) + Data("\t1\n".utf8)) }
    expectFailure(
      try model.retort("evaluate", "--model", model.path, "--task", "glue/sst2"),
      saying: "dev.tsv:5", "invalid UTF-8 at byte")
  }

  @Test func aTaskThatIsNowhere() throws {
    let model = try TinyModel()
    expectFailure(
      try model.retort("evaluate", "--model", model.path, "--task", "glue/sst2"),
      saying: "glue/sst2", "RETORT_MIRROR")
  }

  @Test func sentencesInInvalidUTF8() throws {
    let model = try TinyModel()
    let result = try RetortProcess.run(
      ["predict", "--model", model.path], input: Data("good\n".utf8) + Data([0xFE]),
      environment: model.environment)
    expectFailure(result, saying: "standard input:2", "byte 5")
    #expect(result.output.split(separator: "\n").count == 1)
  }

  @Test func aLineThatIsNoPair() throws {
    let model = try TinyModel()
    for (line, found) in [("no tab", "found no tabs"), ("a\tb\tc", "found 2 tabs")] {
      let result = try model.retort(
        "predict", "--model", model.path, "--pairs", input: "good\tfilm\n\(line)\n")
      expectFailure(
        result,
        saying: "standard input:2: expected two sentences with one tab between them, \(found)")
      #expect(result.output.split(separator: "\n").count == 1)
    }
  }

  @Test func aTextOfNothing() throws {
    let model = try TinyModel()
    let (text, store) = (model.folder.file("text.txt"), model.folder.file("a.h5"))
    try "".write(toFile: text, atomically: true, encoding: .utf8)
    expectFailure(
      try model.retort(
        "activations", "--model", model.path, "--text", text, "--out", store), saying: "text.txt")
    expectFailure(
      try model.retort(
        "activations", "--model", model.path, "--text", model.folder.file("no.txt"), "--out",
        store), saying: "no.txt")
    expectFailure(
      try model.retort(
        "activations", "--model", model.path, "--text", text, "--out", store, "--layers", "0,3"),
      saying: "--layers 0,3", "from 0 to 2")
    #expect(!FileManager.default.fileExists(atPath: store))
  }

  // MARK: A disk that is full

  @Test func nothingIsLeftOfACheckpointThatDidNotFit() throws {
    let model = try TinyModel()
    let path = model.folder.file("c.h5")
    #expect(try model.retort("import", model.path, "--out", path).status == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    // A limit on the size of files, 8 KiB: less than the weights take.
    shell.arguments = [
      "-c", "ulimit -f 8; exec \"$0\" import \"$1\" --out \"$2\"",
      RetortProcess.executable.path, model.path, path,
    ]
    let errors = Pipe()
    shell.standardError = errors
    try shell.run()
    shell.waitUntilExit()
    let text = String(
      decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    #expect(shell.terminationStatus == 1, "\(text)")
    #expect(text.hasPrefix("retort: error: ") && text.contains("c.h5"), "\(text)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    #expect(try model.folder.names().filter { $0.hasPrefix("c.h5") } == ["c.h5"])
  }
}
