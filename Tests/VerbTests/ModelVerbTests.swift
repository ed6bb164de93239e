// The verbs that take a model, on a small one: import, export, predict, evaluate, activations, inspect.
import Foundation
import RetortStorage
import RetortTransformers
import Testing

@Suite struct ModelVerbTests {
  private struct Line: Decodable {
    var label: String
    var probabilities: [Double]
    var logits: [Double]
  }

  private func lines(_ output: String) throws -> [Line] {
    try output.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  @Test func predictsALinePerSentence() throws {
    let model = try TinyModel()
    let sentences = "a good film\n\nthe plot is very dull and not good"
    let json = try model.retort("predict", "--model", model.path, "--json", input: sentences)
    #expect(json.status == 0, "\(json.errors)")
    let predictions = try lines(json.output)
    #expect(predictions.count == 3)
    for line in predictions {
      let sum: Double = line.probabilities.reduce(0, +)
      #expect(abs(sum - 1) < 1e-12)
      #expect(line.label == (line.logits[1] > line.logits[0] ? "positive" : "negative"))
    }
    #expect(predictions[0].logits != predictions[2].logits)

    let text = try model.retort("predict", "--model", model.path, input: sentences)
    let fields = text.output.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(fields.map { String($0[0]) } == predictions.map(\.label))
    #expect(fields.allSatisfy { $0.count == 3 })
  }

  /// A DistilBERT has no token types: a pair is the same to it as its texts with [SEP] written between them.
  @Test func predictsPairs() throws {
    let model = try TinyModel()
    let pair = try lines(
      model.retort(
        "predict", "--model", model.path, "--json", "--pairs", input: "a good film\tdull\n\tdull\n"
      ).output)
    let written = try lines(
      model.retort(
        "predict", "--model", model.path, "--json", input: "a good film [SEP] dull\n[SEP] dull\n"
      ).output)
    #expect(pair.count == 2 && pair.map(\.logits) == written.map(\.logits))
  }

  /// Pairs go through `evaluate` as through `predict`, and GLUE's server gets the labels of the task's files.
  @Test func evaluatesPairs() throws {
    let model = try TinyModel()
    let pairs = [
      ("a good film", "dull"), ("the plot is bad", "very dull , not good"), ("a", "film"),
    ]
    let rows = pairs.enumerated().map { "\($0)\t\($1.0)\t\($1.1)" }
    try model.folder.write(
      "mirror/data/glue/RTE/dev.tsv",
      "index\tsentence1\tsentence2\tlabel\n"
        + rows.map { "\($0)\tentailment\n" }.joined())
    try model.folder.write(
      "mirror/data/glue/RTE/test.tsv",
      "index\tsentence1\tsentence2\n" + rows.map { "\($0)\n" }.joined())
    let predicted = try lines(
      model.retort(
        "predict", "--model", model.path, "--json", "--pairs",
        input: pairs.map { "\($0.0)\t\($0.1)\n" }.joined()
      ).output)
    let classes = predicted.map { $0.logits[1] > $0.logits[0] ? 1 : 0 }
    let dev = try model.retort("evaluate", "--model", model.path, "--task", "glue/rte", "--json")
    #expect(dev.status == 0, "\(dev.errors)")
    let report = try JSONSerialization.jsonObject(with: Data(dev.output.utf8)) as? [String: Any]
    #expect(report?["correct"] as? Int == classes.count { $0 == 0 })
    let metrics = report?["metrics"] as? [String: Any] ?? [:]
    #expect(Set(metrics.keys) == ["accuracy", "f1_macro", "f1", "matthews_correlation"])
    #expect(dev.errors.contains("dev.tsv: 3 examples, GLUE's file has 277"))
    let file = model.folder.file("RTE.tsv")
    let test = try model.retort(
      "evaluate", "--model", model.path, "--task", "glue/rte", "--split", "test", "--predictions",
      file)
    #expect(test.status == 0, "\(test.errors)")
    #expect(
      try String(contentsOfFile: file, encoding: .utf8)
        == "index\tprediction\n"
        + classes.enumerated().map { "\($0)\t\($1 == 0 ? "entailment" : "not_entailment")\n" }
        .joined())
    let none = try model.retort("evaluate", "--model", model.path, "--task", "glue/ax")
    #expect(none.status != 0 && none.errors.contains("--split dev: glue/ax has only test"))
  }

  @Test func predictsTheSameAloneInCompanyAndAtAnyThreadCount() throws {
    let model = try TinyModel()
    let all = try lines(
      model.retort(
        "predict", "--model", model.path, "--json", "--threads", "2",
        input: "a good film\nthe plot is dull\n"
      ).output)
    let alone = try lines(
      model.retort(
        "predict", "--model", model.path, "--json", "--threads", "1", input: "the plot is dull\n"
      ).output)
    #expect(all.count == 2)
    #expect(alone.first?.logits == all.last?.logits)
  }

  @Test func goesThroughACheckpointAndBackUnchanged() throws {
    let model = try TinyModel()
    let (checkpoint, exported) = (model.folder.file("c.h5"), model.folder.file("back"))
    let imported = try model.retort("import", model.path, "--out", checkpoint)
    #expect(imported.status == 0, "\(imported.errors)")
    #expect(imported.output.contains("distilbert, 2 layers of 16"))
    let export = try model.retort("export", checkpoint, "--out", exported)
    #expect(export.status == 0, "\(export.errors)")
    #expect(export.output.contains("DistilBertForSequenceClassification"))
    for name in ["config.json", "vocab.txt", "model.safetensors", "tokenizer_config.json"] {
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: "\(exported)/\(name)"))
          == Data(contentsOf: URL(fileURLWithPath: "\(model.path)/\(name)")), "\(name)")
    }
    let input = "very bad\n"
    #expect(
      try model.retort("predict", "--model", checkpoint, input: input).output
        == model.retort("predict", "--model", model.path, input: input).output)
  }

  private func tokenIDs(in path: String) throws -> [Int32] {
    let store = try ExampleActivationStore(path: path)
    return withExtendedLifetime(store) { Array(store.tokenIDs) }
  }

  /// Large letters, accents and ideographs, from the folder and from the checkpoint made of it.
  @Test(
    "Every verb cuts text as the model's folder says",
    arguments: [
      (true, nil, true, "good film . good"), (false, nil, true, "[UNK] [UNK] . good"),
      (true, false, true, "good [UNK] . good"), (false, true, true, "[UNK] film . good"),
      (true, nil, false, "good film . [UNK]"),
    ] as [(Bool, Bool?, Bool, String)])
  func followsTheModelsSettings(
    lowercase: Bool, stripAccents: Bool?, splitsCJK: Bool, meaning: String
  ) throws {
    let model = try TinyModel(
      settings: TokenizerSettings(
        lowercase: lowercase, stripAccents: stripAccents, splitsCJK: splitsCJK))
    let checkpoint = model.folder.file("c.h5")
    #expect(try model.retort("import", model.path, "--out", checkpoint).status == 0)
    let ideographs = splitsCJK ? "" : "\u{4E2D}"
    let hard = "GOOD f\u{EF}lm . \(ideographs)good"
    try model.writeTask(
      dev: "sentence\tlabel\n\(hard)\t1\n\(meaning)\t1\n\(hard)\t1\n\(meaning)\t1\n")
    for path in [model.path, checkpoint] {
      let tokens = try model.retort("tokenize", "--vocab", path, input: "\(hard)\n")
      #expect(tokens.output == "[CLS] \(meaning) [SEP]\n")

      let predictions = try lines(
        model.retort("predict", "--model", path, "--json", input: "\(hard)\n\(meaning)\n").output
      )
      #expect(predictions.count == 2 && predictions[0].logits == predictions[1].logits)

      let evaluated = model.folder.file("predictions.tsv")
      let evaluation = try model.retort(
        "evaluate", "--model", path, "--task", "glue/sst2", "--json", "--predictions", evaluated)
      #expect(evaluation.status == 0, "\(evaluation.errors)")
      let report = try #require(
        JSONSerialization.jsonObject(with: Data(evaluation.output.utf8)) as? [String: Any])
      let loss = try #require(report["loss"] as? Double)
      #expect(abs(loss + log(predictions[1].probabilities[1])) < 1e-6)

      let (text, store) = (model.folder.file("text.txt"), model.folder.file("a.h5"))
      try "\(hard)\n\(meaning)\n".write(toFile: text, atomically: true, encoding: .utf8)
      let stored = try model.retort(
        "activations", "--model", path, "--text", text, "--out", store)
      #expect(stored.status == 0, "\(stored.errors)")
      let tokenIDs = try tokenIDs(in: store)
      #expect(tokenIDs.count == 12 && tokenIDs[..<6] == tokenIDs[6...])
      try FileManager.default.removeItem(atPath: store)
    }
  }

  @Test func takesAVocabularyWithCarriageReturnsThroughACheckpoint() throws {
    let model = try TinyModel()
    let text = TinyModel.words.joined(separator: "\r\n") + "\r\n"
    try text.write(toFile: "\(model.path)/vocab.txt", atomically: true, encoding: .utf8)
    let checkpoint = model.folder.file("c.h5")
    let imported = try model.retort("import", model.path, "--out", checkpoint)
    #expect(imported.status == 0, "\(imported.errors)")
    let tokens = try model.retort("tokenize", "--vocab", checkpoint, input: "good films\n")
    #expect(tokens.output == "[CLS] good film ##s [SEP]\n", "\(tokens.errors)")
  }

  @Test func replacesInvalidUTF8OnRequest() throws {
    let model = try TinyModel()
    let malformed = Data("go".utf8) + [0xC3] + Data("od film\nvery bad\n".utf8)
    let predicted = try RetortProcess.run(
      ["predict", "--model", model.path, "--json", "--invalid-utf8", "replace"], input: malformed,
      environment: model.environment)
    #expect(predicted.status == 0, "\(predicted.errors)")
    #expect(
      predicted.errorLines == ["1 line was not UTF-8; U+FFFD stands for what was malformed"])
    #expect(
      predicted.output
        == (try model.retort(
          "predict", "--model", model.path, "--json", input: "good film\nvery bad\n"
        ).output))

    let (text, store) = (model.folder.file("text.txt"), model.folder.file("a.h5"))
    try malformed.write(to: URL(fileURLWithPath: text))
    expectFailure(
      try model.retort("activations", "--model", model.path, "--text", text, "--out", store),
      saying: "text.txt:1", "invalid UTF-8 at byte 2")
    let stored = try model.retort(
      "activations", "--model", model.path, "--text", text, "--out", store, "--invalid-utf8",
      "replace")
    #expect(stored.status == 0, "\(stored.errors)")
    #expect(stored.errors.contains("1 line was not UTF-8"))
    #expect(try tokenIDs(in: store).count == 8)
  }

  @Test func evaluatesOnTheDevelopmentSet() throws {
    let model = try TinyModel()
    try model.writeTask()
    let result = try model.retort(
      "evaluate", "--model", model.path, "--task", "glue/sst2", "--json")
    #expect(result.status == 0, "\(result.errors)")
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(report["sentences"] as? Int == 3)
    let correct = try #require(report["correct"] as? Int)
    #expect(report["accuracy"] as? Double == Double(correct) / 3)
    let confusion = try #require(report["confusion"] as? [[Int]])
    #expect(confusion[0][0] + confusion[1][1] == correct)
    let examples: [Int] = confusion.map { (row: [Int]) -> Int in row.reduce(0, +) }
    #expect(examples == [2, 1])
    let classes = try #require(report["per_class"] as? [[String: Any]])
    #expect(classes.map { $0["name"] as? String } == ["negative", "positive"])
    #expect(classes.map { $0["examples"] as? Int } == [2, 1])
    for kind in 0...1 {
      let predicted = confusion[0][kind] + confusion[1][kind]
      let precision = predicted == 0 ? 0 : Double(confusion[kind][kind]) / Double(predicted)
      #expect(classes[kind]["precision"] as? Double == precision)
      #expect(
        classes[kind]["recall"] as? Double == Double(confusion[kind][kind]) / Double(2 - kind))
    }
    let largest = try #require(report["largest_class"] as? [String: Any])
    #expect(largest["name"] as? String == "negative")
    let metrics = try #require(largest["metrics"] as? [String: Double])
    #expect(metrics["accuracy"] == 2.0 / 3)
    #expect(metrics["f1"] == 0)

    // The same loss from the logits that `predict` gives.
    let logits = try lines(
      model.retort(
        "predict", "--model", model.path, "--json",
        input: "a good film . \nthe plot is dull \nvery bad \n"
      ).output)
    let losses = zip(logits, [1, 0, 0]).map { -log($0.probabilities[$1]) }
    let loss = try #require(report["loss"] as? Double)
    #expect(abs(loss - losses.reduce(0, +) / 3) < 1e-6)
  }

  @Test func evaluatesClassByClassBesideTheLargestAndWarns() throws {
    let model = try TinyModel()
    // Whatever the model says of one sentence it says of all of them.
    try model.writeTask(
      dev: "sentence\tlabel\na film\t1\na film\t1\na film\t0\na film\t1\n")
    let result = try model.retort("evaluate", "--model", model.path, "--task", "glue/sst2")
    #expect(result.status == 0, "\(result.errors)")
    let accuracy = try #require(
      result.output.split(separator: "\n").first { $0.hasPrefix("accuracy") })
    #expect(accuracy.hasSuffix("; always positive: 0.7500"), "\(accuracy)")
    #expect(result.output.contains("class     precision  recall      F1  predicted negative"))
    #expect(
      result.errors.contains("warning: the model gives one answer for all examples of glue/sst2."),
      "\(result.errors)")
    try model.writeTask(dev: "sentence\tlabel\ngood film\t1\nbad film\t0\n")
    let silent = try model.retort(
      "evaluate", "--model", model.path, "--task", "glue/sst2", "--split", "test")
    #expect(!silent.errors.contains("warning"))
  }

  @Test func writesTestPredictionsInGLUEsForm() throws {
    let model = try TinyModel()
    try model.writeTask()
    let file = model.folder.file("SST-2.tsv")
    let result = try model.retort(
      "evaluate", "--model", model.path, "--task", "glue/sst2", "--split", "test",
      "--predictions", file)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("2 sentences"))
    #expect(!result.output.contains("accuracy"))
    try expectGLUESubmission(at: file, count: 2)
  }

  @Test(
    "predictions for SST-2's own test split are a submission that GLUE takes",
    .enabled(
      if: ProcessInfo.processInfo.environment["RETORT_MIRROR"] != nil,
      "RETORT_MIRROR names no folder of data sets"))
  func submissionOfSST2() throws {
    let model = try TinyModel()
    let mirror = try #require(ProcessInfo.processInfo.environment["RETORT_MIRROR"])
    let file = model.folder.file("SST-2.tsv")
    let result = try RetortProcess.run(
      [
        "evaluate", "--model", model.path, "--task", "glue/sst2", "--split", "test",
        "--predictions", file,
      ],
      environment: ["RETORT_CACHE": model.folder.file("cache"), "RETORT_MIRROR": mirror])
    #expect(result.status == 0, "\(result.errors)")
    try expectGLUESubmission(at: file, count: 1821)
  }

  /// Every byte of the form: UTF-8 without a mark, the header, one line an example that ends in a line
  /// feed and nothing else, indices in order, labels 0 and 1, nothing behind.
  private func expectGLUESubmission(
    at path: String, count: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    #expect(lines.count == count + 2, sourceLocation: sourceLocation)
    #expect(lines.first == Data("index\tprediction".utf8), sourceLocation: sourceLocation)
    #expect(lines.last?.isEmpty == true, sourceLocation: sourceLocation)
    for (index, line) in lines.dropFirst().dropLast().enumerated() {
      let allowed = ["0", "1"].map { Data("\(index)\t\($0)".utf8) }
      #expect(allowed.contains(line), "line \(index + 2)", sourceLocation: sourceLocation)
    }
  }

  @Test func storesHiddenStatesOfAText() throws {
    let model = try TinyModel()
    let (text, store) = (model.folder.file("text.txt"), model.folder.file("a.h5"))
    try "a good film\nvery bad\n".write(toFile: text, atomically: true, encoding: .utf8)
    let result = try model.retort(
      "activations", "--model", model.path, "--text", text, "--out", store, "--layers", "0,1,last",
      "--dtype", "f32")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("2 sequences, 9 tokens, layers 0, 1, 2 of 16, f32"))
    let inspection = try model.retort("inspect", store)
    #expect(inspection.output.contains("activation store"))
    #expect(inspection.output.contains("/hidden/2"))
  }

  @Test func inspectsFoldersAndCheckpoints() throws {
    let model = try TinyModel()
    let folder = try model.retort("inspect", model.path)
    #expect(folder.status == 0, "\(folder.errors)")
    #expect(folder.output.contains("distilbert.embeddings.word_embeddings.weight"))
    let checkpoint = model.folder.file("c.h5")
    _ = try model.retort("import", model.path, "--out", checkpoint)
    let result = try model.retort("inspect", checkpoint, "--json")
    let json = try #require(
      JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(json["kind"] as? String == "checkpoint")
    #expect((json["tensors"] as? [Any])?.isEmpty == false)
  }
}
