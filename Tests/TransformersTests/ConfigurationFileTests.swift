import Foundation
import RetortTransformers
import Testing

@Suite("config.json")
struct ConfigurationFileTests {
  private func read(_ text: String) throws -> ConfigurationFile {
    try ConfigurationFile(json: Data(text.utf8), path: "config.json")
  }

  private let published = """
    {"architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1,
     "gradient_checkpointing": false, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
     "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072,
     "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert",
     "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 0,
     "position_embedding_type": "absolute", "transformers_version": "4.6.0.dev0",
     "type_vocab_size": 2, "use_cache": true, "vocab_size": 30522}
    """

  private let distilled = """
    {"activation": "gelu", "architectures": ["DistilBertForMaskedLM"], "attention_dropout": 0.1,
     "dim": 768, "dropout": 0.1, "hidden_dim": 3072, "initializer_range": 0.02,
     "max_position_embeddings": 512, "model_type": "distilbert", "n_heads": 12, "n_layers": 6,
     "pad_token_id": 0, "qa_dropout": 0.1, "seq_classif_dropout": 0.2,
     "sinusoidal_pos_embds": false, "tie_weights_": true, "vocab_size": 30522}
    """

  @Test("the published files give the published sizes")
  func publishedFiles() throws {
    #expect(try read(published).configuration == .bertBase)
    #expect(try read(distilled).configuration == .distilBertBase)
    #expect(try read(distilled).notes.isEmpty)
  }

  @Test("one label is a regression, and says so; a regression of several labels is refused")
  func regression() throws {
    func with(_ keys: String) -> String {
      published.replacing("\"vocab_size\"", with: "\(keys), \"vocab_size\"")
    }
    let stated = "\"problem_type\": \"regression\""
    let one = try read(with("\(stated), \"id2label\": {\"0\": \"LABEL_0\"}")).configuration
    #expect(one.isRegression && one.labels == ["LABEL_0"])
    #expect(try read(with("\(stated), \"num_labels\": 1")).configuration == one)
    let text = ConfigurationFile.text(of: one, architecture: "BertForSequenceClassification")
    #expect(text.contains(stated) && text.contains("\"id2label\": {\"0\": \"LABEL_0\"}"))
    #expect(try read(text).configuration == one)
    #expect(try !read(published).configuration.isRegression)
    let refused = [
      stated, "\(stated), \"num_labels\": 3",
      "\(stated), \"id2label\": {\"0\": \"a\", \"1\": \"b\"}",
      "\"problem_type\": \"multi_label_classification\"",
    ]
    for keys in refused {
      let error = #expect(throws: ConfigurationError.self) { try read(with(keys)) }
      #expect("\(error.map { "\($0)" } ?? "")".contains("problem_type is "), "\(keys)")
    }
  }

  @Test("sizes alone are a whole configuration, with the family's defaults for the rest")
  func sizesAlone() throws {
    let text = """
      {"model_type": "distilbert", "n_layers": 6, "dim": 768, "n_heads": 12, "hidden_dim": 3072,
       "max_position_embeddings": 512, "vocab_size": 30522}
      """
    let published = PublishedModels.configurations["distilbert/distilbert-base-uncased"]
    #expect(try read(text).configuration == published)
  }

  @Test(
    "sizes beyond reason are refused, whatever they would multiply to",
    arguments: [
      ("hidden_size", "768", "1099511627776"), ("hidden_size", "768", "-768"),
      ("num_hidden_layers", "12", "1099511627776"), ("num_hidden_layers", "12", "5000"),
      ("intermediate_size", "3072", "9223372036854775807"),
      ("max_position_embeddings", "512", "1125899906842624"),
      ("type_vocab_size", "2", "1125899906842624"), ("type_vocab_size", "2", "0"),
      ("vocab_size", "30522", "0"), ("pad_token_id", "0", "-1"),
      ("use_cache", "true", "true, \"num_labels\": 9223372036854775807"),
      ("use_cache", "true", "true, \"num_labels\": -1"),
    ])
  func beyondReason(_ change: (key: String, from: String, to: String)) throws {
    let text = published.replacing(
      "\"\(change.key)\": \(change.from)", with: "\"\(change.key)\": \(change.to)")
    try #require(text != published)
    let error = #expect(throws: ConfigurationError.self) { try read(text) }
    guard case .invalid? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("what is written is read back")
  func roundTrip() throws {
    var bert = TransformerConfiguration.small(.bert, dropout: 0.25)
    bert.classifierDropout = 0.3
    bert.layerNormEpsilon = 1e-6
    bert.labels = ["bad \"one\"", "good\\"]
    var distilBert = TransformerConfiguration.small(.distilbert, dropout: 0.15)
    distilBert.usesSinusoidalPositions = true
    for configuration in [.bertBase, .distilBertBase, bert, distilBert] {
      let text = ConfigurationFile.text(of: configuration, architecture: "SomeModel")
      let file = try read(text)
      #expect(file.configuration == configuration)
      #expect(file.notes.isEmpty == !configuration.usesSinusoidalPositions)
    }
  }

  @Test(
    "what would be another computation is refused, by name",
    arguments: [
      (#""hidden_act": "gelu""#, #""hidden_act": "gelu_new""#, "hidden_act is \"gelu_new\""),
      (#""absolute""#, #""relative_key""#, "position_embedding_type is \"relative_key\""),
      (#""use_cache": true"#, #""is_decoder": true"#, "is_decoder is true"),
      (
        #""use_cache": true"#, #""quantization_config": {"bits": 4}"#,
        "quantization_config is {"
      ),
      (#""hidden_size": 768,"#, "", "hidden_size is missing"),
      (
        #""hidden_size": 768"#, #""hidden_size": "768""#,
        "hidden_size is \"768\", expected an integer"
      ),
      (#""hidden_size": 768"#, #""hidden_size": 770"#, "770 cannot be divided among 12 heads"),
      (#""hidden_dropout_prob": 0.1"#, #""hidden_dropout_prob": 1.0"#, "hidden dropout is 1.0"),
      (#""model_type": "bert""#, #""model_type": "roberta""#, "model_type is \"roberta\""),
      (#""use_cache": true"#, #""id2label": {"0": "a", "2": "b"}"#, "id2label is"),
    ] as [(String, String, String)])
  func refusals(_ change: (from: String, to: String, message: String)) throws {
    let text = published.replacingOccurrences(of: change.from, with: change.to)
    try #require(text != published)
    let error = #expect(throws: ConfigurationError.self) { try read(text) }
    #expect(error?.description.contains(change.message) ?? false, "\(error?.description ?? "")")
    #expect(error?.description.contains("\n") == false)
  }

  @Test(
    "word embeddings that the masked-language head does not share matter only where there is one")
  func untiedEmbeddings() throws {
    let untied = published.replacing(
      "\"vocab_size\"", with: "\"tie_word_embeddings\": false, \"vocab_size\"")
    for architecture in ["BertForSequenceClassification", "BertModel"] {
      let text = untied.replacing("BertForMaskedLM", with: architecture)
      #expect(try read(text).configuration == .bertBase)
    }
    for text in [
      untied, untied.replacing("BertForMaskedLM\"", with: "BertModel\", \"BertForPreTraining\""),
    ] {
      let error = #expect(throws: ConfigurationError.self) { try read(text) }
      #expect(error?.description.contains("tie_word_embeddings is false") == true)
    }
  }

  @Test(
    "the type of the stored weights goes by two names, the newer one of transformers 4.56",
    arguments: ["float32", "float16", "bfloat16", nil] as [String?])
  func storedType(_ type: String?) throws {
    let value = type.map { "\"\($0)\"" } ?? "null"
    for (text, known) in [
      (published, TransformerConfiguration.bertBase), (distilled, .distilBertBase),
    ] {
      for keys in [["torch_dtype"], ["dtype"], ["torch_dtype", "dtype"]] {
        let members = keys.map { "\"\($0)\": \(value), " }.joined()
        #expect(try read("{\(members)" + text.dropFirst()).configuration == known)
      }
    }
  }

  @Test("keys that no release of transformers knows are passed over with a note")
  func ownKeys() throws {
    let text =
      "{\"custom_note\": \"mine\", \"adapters\": {}, \"_commit_hash\": \"abc\", "
      + published.dropFirst()
    let file = try read(text)
    #expect(file.configuration == .bertBase)
    #expect(
      file.notes == ["config.json: passed over, unknown to transformers: adapters, custom_note"])
  }

  @Test("DistilBERT's sizes go by BERT's names too, as in transformers")
  func aliases() throws {
    let text = distilled.replacing("\"dim\"", with: "\"hidden_size\"")
      .replacing("\"n_layers\"", with: "\"num_hidden_layers\"")
    #expect(try read(text).configuration == .distilBertBase)
    #expect(
      try read("{\"hidden_size\": 768, " + distilled.dropFirst()).configuration == .distilBertBase)
    let error = #expect(throws: ConfigurationError.self) {
      try read("{\"hidden_size\": 512, " + distilled.dropFirst())
    }
    #expect(error?.description.contains("dim is 768 and hidden_size is 512") == true)
  }

  @Test("two names of one setting must agree")
  func disagreement() {
    let error = #expect(throws: ConfigurationError.self) {
      try read(#"{"dtype": "float16", "torch_dtype": "float32", "# + published.dropFirst())
    }
    #expect(
      error?.description.contains("torch_dtype is \"float32\" and dtype is \"float16\"") ?? false)
  }

  @Test("all mistakes are named at once")
  func several() {
    let text = published.replacingOccurrences(of: "\"gelu\"", with: "\"relu\"")
      .replacingOccurrences(of: "\"use_cache\"", with: "\"is_decoder\"")
    let error = #expect(throws: ConfigurationError.self) { try read(text) }
    guard case .invalid(_, let problems)? = error else {
      Issue.record("expected a list of problems")
      return
    }
    #expect(problems.count == 2)
  }

  @Test("what is not JSON is refused")
  func unreadable() {
    for text in ["", "[1]", "{\"model_type\": ", "\u{0}"] {
      #expect(throws: ConfigurationError.self) { try read(text) }
    }
  }
}
