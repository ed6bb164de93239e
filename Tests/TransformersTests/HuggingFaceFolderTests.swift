import Foundation
import RetortFiles
import RetortStorage
import RetortTestSupport
import Testing

@testable import RetortTransformers

@Suite("Model folders of transformers")
struct HuggingFaceFolderTests {
  private let vocabulary = Array((0..<40).map { "token\($0)\n" }.joined().utf8)

  @Test("what is exported is imported again, equal", arguments: WeightNamesTests.forms)
  func roundTrip(_ form: (ModelFamily, Set<ModelPart>)) throws {
    let folder = try TemporaryFolder()
    let model = TransformerModel.drawn(.small(form.0, dropout: 0.1), heads: form.1)
    let settings = TokenizerSettings(lowercase: false, stripAccents: true, splitsCJK: false)
    let path = folder.file("a/b")
    let report = try HuggingFaceFolder.write(
      model, vocabulary: vocabulary, tokenizer: settings, to: path)
    #expect(report.leftOut.isEmpty)
    #expect(report.architecture.hasPrefix(form.0.classStem))
    #expect(
      try Folder.names(path: path) == [
        "config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt",
      ])
    let read = try HuggingFaceFolder(path: path)
    #expect(read.configuration == model.configuration)
    #expect(read.tokenizer == settings)
    #expect(try read.parts(of: read.weights()) == model.parts)
    let (loaded, _) = try read.loadModel(heads: form.1, seed: 0)
    #expect(loaded.valuesByPath == model.valuesByPath)
  }

  @Test("of a model with two heads one is written, the other reported")
  func twoHeads() throws {
    let folder = try TemporaryFolder()
    let model = TransformerModel.drawn(.small(.bert), heads: [.maskedLanguage, .classification])
    let report = try HuggingFaceFolder.write(
      model, vocabulary: vocabulary, tokenizer: .uncased, to: folder.path)
    #expect(report.architecture == "BertForSequenceClassification")
    #expect(report.leftOut == [.maskedLanguage])
  }

  @Test("a folder without weights says what is missing and how to get it")
  func noWeights() throws {
    let folder = try TemporaryFolder()
    let model = TransformerModel(configuration: .small(.distilbert), heads: [])
    try HuggingFaceFolder.write(
      model, vocabulary: vocabulary, tokenizer: .uncased, to: folder.path)
    try FileManager.default.moveItem(
      atPath: folder.file("model.safetensors"), toPath: folder.file("tf_model.h5"))
    let read = try HuggingFaceFolder(path: folder.path)
    #expect(read.weightForm == nil)
    #expect(throws: ModelFolderError.noWeights(folder: folder.path, found: ["tf_model.h5"])) {
      try read.loadModel(heads: [], seed: 0)
    }
  }

  @Test("a vocabulary of more tokens than the model has is refused, in reading and in writing")
  func vocabularySize() throws {
    let folder = try TemporaryFolder()
    let model = TransformerModel(configuration: .small(.distilbert), heads: [])
    #expect(throws: ModelFolderError.self) {
      try HuggingFaceFolder.write(
        model, vocabulary: vocabulary + Array("more\n".utf8), tokenizer: .uncased, to: folder.path)
    }
    #expect(try folder.names().isEmpty)
    try HuggingFaceFolder.write(
      model, vocabulary: vocabulary, tokenizer: .uncased, to: folder.path)
    try AtomicFile.replace(path: folder.file("vocab.txt"), with: vocabulary + Array("more".utf8))
    let error = ModelFolderError.vocabularySize(
      path: folder.file("vocab.txt"), expected: 40, found: 41)
    #expect(throws: error) { try HuggingFaceFolder(path: folder.path) }
    // Rows beyond the last token belong to none: models are padded to a multiple of 8.
    try AtomicFile.replace(path: folder.file("vocab.txt"), with: "a\nb\nc\n\n")
    let padded = try HuggingFaceFolder(path: folder.path)
    #expect(
      padded.notes == [
        "the vocabulary has 3 tokens and the model 40 embeddings; the last ones are unused"
      ])
  }

  @Test("another tokenizer is refused")
  func tokenizer() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("tokenizer_config.json")
    for text in [
      #"{"tokenizer_class": "RobertaTokenizer"}"#, #"{"do_basic_tokenize": false}"#,
      #"{"do_lower_case": 1}"#, "[]",
    ] {
      try AtomicFile.replace(path: path, with: text)
      #expect(throws: ModelFolderError.self) { try FolderTokenizer(path: folder.path) }
    }
    try AtomicFile.replace(path: path, with: #"{"do_lower_case": false, "name_or_path": "x"}"#)
    #expect(
      try FolderTokenizer(path: folder.path).settings
        == TokenizerSettings(lowercase: false, stripAccents: nil, splitsCJK: true))
  }

  @Test(
    "all-MiniLM-L6-v2 is read whole",
    .enabled(
      if: ProcessInfo.processInfo.environment["RETORT_MIRROR"] != nil,
      "RETORT_MIRROR names no folder of models"))
  func miniLM() throws {
    let mirror = try #require(ProcessInfo.processInfo.environment["RETORT_MIRROR"])
    let folder = try HuggingFaceFolder(
      path: "\(mirror)/hub/sentence-transformers/all-MiniLM-L6-v2")
    #expect(folder.tokenizer == .uncased)
    let (model, report) = try folder.loadModel(
      heads: [.classification], origins: [.classification: .new], seed: 42)
    #expect(report.loaded == [.encoder, .pooler])
    #expect(report.ignored == ["embeddings.position_ids"])
    #expect(model.parameterCount == 22_713_216 + 2 * 384 + 2)
    // Known of the file: 103 weights of 105 entries, one of which is metadata and one position ids.
    #expect(model.encoder.parameters.count + 2 == 103)
  }
}
