// Folders of the form in which sentence encoders are published are imported as they are.
import Foundation
import RetortTestSupport
import RetortTransformers
import Testing

@Suite struct PublishedFormTests {
  private static let words =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    + "a film is good bad not ##s .".split(separator: " ")
    .map(String.init)

  /// A folder whose weights are a small BERT without head, and with these files beside them.
  private func folder(_ files: [String: String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let model = TransformerModel(
      configuration: ModelFamily.bert.configuration(
        vocabularySize: Self.words.count, hiddenSize: 16, layerCount: 2, headCount: 4,
        feedForwardSize: 32, maximumPositions: 32), heads: [.pooler])
    model.initialize(seed: 7)
    try HuggingFaceFolder.write(
      model, vocabulary: Array((Self.words.joined(separator: "\n") + "\n").utf8),
      tokenizer: .uncased, to: folder.file("m"))
    for (name, text) in files { try folder.write("m/\(name)", text) }
    return folder
  }

  private static let specials = ["unk", "sep", "pad", "cls", "mask"].map {
    "\"\($0)_token\": \"[\($0.uppercased())]\""
  }.joined(separator: ", ")

  /// tokenizer.json as the tokenizers library wrote it, with or without fixed lengths.
  private static func tokenizerFile(truncation: String, padding: String) -> String {
    let vocabulary = words.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",")
    let added = words.prefix(5).enumerated().map {
      "{\"id\":\($0),\"special\":true,\"content\":\"\($1)\",\"single_word\":false,\"lstrip\":false,"
        + "\"rstrip\":false,\"normalized\":false}"
    }.joined(separator: ",")
    return """
      {"version":"1.0","truncation":\(truncation),"padding":\(padding),"added_tokens":[\(added)],
      "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
      "strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},
      "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},
      {"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
      "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
      {"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},
      {"SpecialToken":{"id":"[SEP]","type_id":1}}],"special_tokens":{}},
      "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
      "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
      "max_input_chars_per_word":100,"vocab":{\(vocabulary)}}}
      """
  }

  /// The configuration of both, but for what differs.
  private static func configuration(_ more: String) -> String {
    """
    {\(more) "architectures": ["BertModel"], "attention_probs_dropout_prob": 0.1,
     "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 16, "initializer_range": 0.02,
     "intermediate_size": 32, "layer_norm_eps": 1e-12, "max_position_embeddings": 32,
     "model_type": "bert", "num_attention_heads": 4, "num_hidden_layers": 2, "pad_token_id": 0,
     "position_embedding_type": "absolute", "type_vocab_size": 2, "use_cache": true,
     "vocab_size": \(words.count)}
    """
  }

  /// As sentence-transformers/all-MiniLM-L6-v2.
  private static let miniLM = [
    "config.json": configuration(
      "\"_name_or_path\": \"nreimers/MiniLM-L6-H384-uncased\", \"gradient_checkpointing\": false, "
        + "\"transformers_version\": \"4.8.2\","),
    "tokenizer.json": tokenizerFile(
      truncation: #"{"max_length":128,"strategy":"LongestFirst","stride":0}"#,
      padding:
        #"{"strategy":{"Fixed":128},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"[PAD]"}"#
    ),
    "tokenizer_config.json": """
    {"do_lower_case": true, \(specials), "tokenize_chinese_chars": true, "strip_accents": null,
     "name_or_path": "nreimers/MiniLM-L6-H384-uncased", "do_basic_tokenize": true,
     "never_split": null, "tokenizer_class": "BertTokenizer", "model_max_length": 512}
    """,
    "special_tokens_map.json": "{\(specials)}",
    "modules.json": "[]", "sentence_bert_config.json": #"{"max_seq_length": 256}"#,
    "1_Pooling/config.json": #"{"pooling_mode_mean_tokens": true}"#, "README.md": "# all-MiniLM",
  ]

  /// As BAAI/bge-small-en-v1.5.
  private static let bge = [
    "config.json": configuration(
      "\"_name_or_path\": \"./bge-small-en/\", "
        + "\"classifier_dropout\": null, \"id2label\": {\"0\": \"LABEL_0\"}, "
        + "\"label2id\": {\"LABEL_0\": 0}, \"torch_dtype\": \"float32\", "
        + "\"transformers_version\": \"4.30.0\","),
    "tokenizer.json": tokenizerFile(truncation: "null", padding: "null"),
    "tokenizer_config.json": """
    {"added_tokens_decoder": {\(words.prefix(5).enumerated().map {
      "\"\($0)\": {\"content\": \"\($1)\", \"lstrip\": false, \"normalized\": false, \"rstrip\": false, "
        + "\"single_word\": false, \"special\": true}"
    }.joined(separator: ", "))}, "clean_up_tokenization_spaces": true, \(specials),
     "do_basic_tokenize": true, "do_lower_case": true, "model_max_length": 512, "never_split": null,
     "strip_accents": null, "tokenize_chinese_chars": true, "tokenizer_class": "BertTokenizer"}
    """,
    "special_tokens_map.json": """
    {\(["unk", "sep", "pad", "cls", "mask"].map {
      "\"\($0)_token\": {\"content\": \"[\($0.uppercased())]\", \"lstrip\": false, "
        + "\"normalized\": false, \"rstrip\": false, \"single_word\": false}"
    }.joined(separator: ", "))}
    """,
    "modules.json": "[]", "config_sentence_transformers.json": "{}",
  ]

  @Test("with and without vocab.txt", arguments: [miniLM, bge], [true, false])
  func imported(_ files: [String: String], hasLines: Bool) throws {
    let folder = try folder(files)
    let checkpoint = folder.file("c.h5")
    let lines = try String(contentsOfFile: folder.file("m/vocab.txt"), encoding: .utf8)
    if !hasLines { try FileManager.default.removeItem(atPath: folder.file("m/vocab.txt")) }
    let result = try RetortProcess.run(["import", folder.file("m"), "--out", checkpoint])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("bert, 2 layers of 16, encoder + pooler"))
    #expect(result.errors.contains("truncation is not used") == (files == Self.miniLM))
    let back = folder.file("back")
    #expect(try RetortProcess.run(["export", checkpoint, "--out", back]).status == 0)
    #expect(try String(contentsOfFile: "\(back)/vocab.txt", encoding: .utf8) == lines)
    for vocabulary in [folder.file("m"), checkpoint, back] {
      let ids = try RetortProcess.run(
        ["tokenize", "--ids", "--vocab", vocabulary], input: Data("A good films.\n".utf8))
      #expect(ids.output == "2 5 8 6 11 12 3\n")
    }
    let inspected = try RetortProcess.run(["inspect", folder.file("m")])
    #expect(inspected.output.contains(hasLines ? "vocab.txt" : "tokenizer.json"))
  }
}
