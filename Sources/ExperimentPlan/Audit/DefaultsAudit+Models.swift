// Configurations and tokenizers compared with transformers'.
import Foundation
import RetortRecords
import RetortText
import RetortTransformers

extension DefaultsAudit {
  // MARK: Models

  static let models: [AuditedDefault] = bert + distilBERT + students

  private static let bert: [AuditedDefault] = {
    let (published, bare) = (TransformerConfiguration.bertBase, ModelFamily.bert.defaults)
    return rows(
      section: "BERT: `bert-base-uncased`, and a config.json that states sizes alone",
      table: "bert-config",
      [
        ("vocab_size", published.vocabularySize.description),
        ("hidden_size", published.hiddenSize.description),
        ("num_hidden_layers", published.layerCount.description),
        ("num_attention_heads", published.headCount.description),
        ("intermediate_size", published.feedForwardSize.description),
        ("max_position_embeddings", published.maximumPositions.description),
        ("type_vocab_size", bare.tokenTypeCount.description),
        ("layer_norm_eps", bare.layerNormEpsilon.description),
        ("hidden_dropout_prob", bare.hiddenDropout.description),
        ("attention_probs_dropout_prob", bare.attentionDropout.description),
        ("classifier_dropout", bare.classifierDropout?.description ?? "null"),
        ("initializer_range", bare.initializerRange.description),
        ("pad_token_id", bare.paddingID.description), ("id2label", list(bare.labels)),
      ])
  }()

  private static let distilBERT: [AuditedDefault] = {
    let (published, bare) = (
      TransformerConfiguration.distilBertBase, ModelFamily.distilbert.defaults
    )
    let section = "DistilBERT: `distilbert-base-uncased`, and a config.json that states sizes alone"
    return rows(
      section: section, table: "distilbert-config",
      [
        ("vocab_size", published.vocabularySize.description),
        ("dim", published.hiddenSize.description),
        ("n_layers", published.layerCount.description),
        ("n_heads", published.headCount.description),
        ("hidden_dim", published.feedForwardSize.description),
        ("max_position_embeddings", published.maximumPositions.description),
        ("sinusoidal_pos_embds", bare.usesSinusoidalPositions.description),
        ("dropout", bare.hiddenDropout.description),
        ("attention_dropout", bare.attentionDropout.description),
        ("seq_classif_dropout", bare.classifierDropout?.description ?? "null"),
        ("initializer_range", bare.initializerRange.description),
        ("pad_token_id", bare.paddingID.description), ("id2label", list(bare.labels)),
      ])
      + rows(
        section: section, table: "distilbert-model",
        [("LayerNorm.eps", bare.layerNormEpsilon.description)])
  }()

  /// A DistilBERT made of a BERT whose constants are others.
  private static let students: [AuditedDefault] = {
    var teacher = TransformerConfiguration.bertBase
    teacher.layerNormEpsilon *= 2
    teacher.classifierDropout = 0.5
    let student = teacher.student(family: .distilbert, layerCount: 1)
    let section = "A DistilBERT made of a BERT's layers"
    return rows(
      section: section, table: "distilbert-config",
      [("seq_classif_dropout", student.classifierDropout?.description ?? "null")])
      + rows(
        section: section, table: "distilbert-model",
        [("LayerNorm.eps", student.layerNormEpsilon.description)])
  }()

  private static func list(_ items: [String]) -> String { "[\(items.joined(separator: ", "))]" }

  private static func rows(
    section: String, table: String, _ values: [(String, String)]
  ) -> [AuditedDefault] {
    values.map {
      AuditedDefault(
        section: section, setting: $0.0, value: $0.1, counterpart: installed(table, $0.0))
    }
  }

  // MARK: Tokenizer and vocabulary

  static let tokenizer: [AuditedDefault] =
    rows(
      section: "Tokenizer of a folder without tokenizer_config.json", table: "bert-tokenizer",
      [
        ("do_lower_case", TokenizerSettings.uncased.lowercase.description),
        ("tokenize_chinese_chars", TokenizerSettings.uncased.splitsCJK.description),
        ("strip_accents", TokenizerSettings.uncased.stripAccents?.description ?? "null"),
        ("max_input_chars_per_word", longestWord.description),
      ])
    + [
      AuditedDefault(
        section: trainedVocabulary, setting: "vocabulary.train.size",
        value: FilledBody.mustBeWritten, counterpart: installed("wordpiece-training", "vocab_size"),
        reason: "a size fits its corpus or does not")
    ]
    + rows(
      section: trainedVocabulary, table: "wordpiece-training",
      [
        ("min_frequency", trainer.minimumFrequency.description),
        ("limit_alphabet", trainer.alphabetLimit.description),
      ])

  private static let trainedVocabulary = "Vocabulary that is trained"

  private static let trainer = WordPieceTrainer(
    size: 1, options: TokenizerOptions(lowercase: true, stripAccents: nil, splitsCJK: true))

  /// Characters of the longest word that is not unknown as such, found by trying.
  private static var longestWord: Int {
    let vocabulary: Vocabulary
    do {
      vocabulary = try Vocabulary(tokens: Vocabulary.specialTokens + ["a", "##a"])
    } catch { preconditionFailure("a vocabulary of one letter: \(error)") }
    let tokenizer = BertTokenizer(
      vocabulary: vocabulary, lowercase: true, stripAccents: nil, splitsCJK: true)
    return (1...1000).last { length in
      !tokenizer.encode(String(repeating: "a", count: length)).contains(vocabulary.unknownID)
    } ?? 0
  }
}
