// A family of another package: made, exported and read without being in the program's list.
import RetortTestSupport
import RetortTransformers
import Testing

extension ModelFamily {
  /// BERT's token types and no pooler, DistilBERT's classifier, dropout after attention; names of its own throughout.
  fileprivate static let own = ModelFamily(
    name: "own", title: "Own", classStem: "Own", tokenizerClass: "OwnTokenizer",
    structure: ModelStructure(
      hasTokenTypes: true, hasPooler: false, dropsAttentionOutput: true,
      projectsBeforeClassifier: true),
    fixedLayerNormEpsilon: 1e-6,
    keys: [
      .gelu("act"), .size("words", \.vocabularySize), .size("width", \.hiddenSize),
      .size("depth", \.layerCount), .size("heads", \.headCount),
      .size("inner_width", \.feedForwardSize), .size("positions", \.maximumPositions),
      .size("types", \.tokenTypeCount, default: 4), .number("drop", \.hiddenDropout, default: 0.3),
      .number("attention_drop", \.attentionDropout, default: 0.2),
      .number("classifier_drop", \.classifierDropout, default: 0.4),
      .number("spread", \.initializerRange, default: 0.05),
      .size("pad", \.paddingID, default: 1),
    ],
    constants: ["shape": .string("round")], acceptedKeys: ["shape": [.string("round")]],
    weightPrefix: "own.",
    weights: [
      WeightRow(
        .encoder, "embeddings.words", "in.words", .single([.vocabulary, .hidden]),
        aliases: [.init(name: "out.words", part: .maskedLanguage)]),
      WeightRow(.encoder, "embeddings.positions", "in.places", .single([.positions, .hidden])),
      WeightRow(.encoder, "embeddings.token_types", "in.types", .single([.tokenTypes, .hidden])),
      WeightRow(.encoder, "embeddings.norm", "in.norm", .norm(.hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.query", "b.#.q", .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.key", "b.#.k", .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.value", "b.#.v", .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.output", "b.#.o", .linear(.hidden, from: .hidden)),
      WeightRow(.encoder, "encoder.layer.#.attention_norm", "b.#.n1", .norm(.hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.expansion", "b.#.up", .linear(.feedForward, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.contraction", "b.#.down", .linear(.hidden, from: .feedForward)),
      WeightRow(.encoder, "encoder.layer.#.output_norm", "b.#.n2", .norm(.hidden)),
      WeightRow(.maskedLanguage, "masked_lm.dense", "out.dense", .linear(.hidden, from: .hidden)),
      WeightRow(.maskedLanguage, "masked_lm.norm", "out.norm", .norm(.hidden)),
      WeightRow(.maskedLanguage, "masked_lm.decoder_bias", "out.bias", .single([.vocabulary])),
      WeightRow(.classification, "classifier.dense", "c.dense", .linear(.hidden, from: .hidden)),
      WeightRow(.classification, "classifier.output", "c.out", .linear(.classes, from: .hidden)),
    ])
}

@Suite("A family of one's own")
struct OwnFamilyTests {
  private let vocabulary = Array((0..<40).map { "token\($0)\n" }.joined().utf8)
  private let families = ModelFamilies.all + [ModelFamily.own]

  private func configuration() -> TransformerConfiguration {
    var configuration = ModelFamily.own.configuration(
      vocabularySize: 40, hiddenSize: 16, layerCount: 2, headCount: 4, feedForwardSize: 24,
      maximumPositions: 12, labels: ["no", "yes", "perhaps"])
    configuration.hiddenDropout = 0.15
    return configuration
  }

  @Test(
    "its folder is written, read, written and read again, equal",
    arguments: [[], [.maskedLanguage], [.classification]] as [Set<ModelPart>])
  func roundTrip(_ heads: Set<ModelPart>) throws {
    let temporary = try TemporaryFolder()
    var model = TransformerModel.drawn(configuration(), heads: heads)
    let values = model.valuesByPath
    #expect(values["embeddings.token_types"]?.count == 4 * 16)
    #expect((values["classifier.dense.weight"] != nil) == heads.contains(.classification))
    for name in ["first", "second"] {
      let path = temporary.file(name)
      let report = try HuggingFaceFolder.write(
        model, vocabulary: vocabulary, tokenizer: .uncased, to: path)
      #expect(report.architecture.hasPrefix("Own") && report.leftOut.isEmpty)
      let folder = try HuggingFaceFolder(path: path, families: families)
      #expect(folder.configuration == configuration() && folder.configuration.family == .own)
      #expect(folder.configuration.layerNormEpsilon == 1e-6)
      #expect(try folder.parts(of: folder.weights()) == model.parts)
      (model, _) = try folder.loadModel(heads: heads, seed: 0)
      #expect(model.valuesByPath == values)
    }
    let names = try String(contentsOfFile: temporary.file("second/config.json"), encoding: .utf8)
    #expect(names.contains("\"inner_width\": 24") && names.contains("\"shape\": \"round\""))
  }

  @Test("the program by itself does not know it, and says which it knows")
  func unknown() throws {
    let temporary = try TemporaryFolder()
    try HuggingFaceFolder.write(
      .drawn(configuration(), heads: []), vocabulary: vocabulary, tokenizer: .uncased,
      to: temporary.path)
    let error = #expect(throws: ModelFolderError.self) {
      try HuggingFaceFolder(path: temporary.path)
    }
    #expect(
      error?.description.contains("model_type is \"own\", expected \"bert\" or \"distilbert\"")
        == true)
  }
}
