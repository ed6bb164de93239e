// Published models that the experiments name, so that definitions can be checked where the folders are not at hand.

public enum PublishedModels {
  /// By their names on the Hugging Face hub.
  /// - Source: the config.json of each.
  public static let configurations: [String: TransformerConfiguration] = [
    "google-bert/bert-base-uncased": .bertBase,
    "distilbert/distilbert-base-uncased": .distilBertBase,
    "sentence-transformers/all-MiniLM-L6-v2": .miniLML6,
  ]

  /// Names without an owner, as scripts from before the hub had owners have them, with their names today.
  public static let fullNames: [String: String] = Dictionary(
    uniqueKeysWithValues: [
      (
        "google-bert",
        [
          "bert-base-uncased", "bert-base-cased", "bert-large-uncased", "bert-large-cased",
          "bert-base-multilingual-uncased", "bert-base-multilingual-cased", "bert-base-chinese",
          "bert-base-german-cased", "bert-large-uncased-whole-word-masking",
          "bert-large-cased-whole-word-masking",
        ]
      ),
      (
        "distilbert",
        [
          "distilbert-base-uncased", "distilbert-base-cased", "distilbert-base-multilingual-cased",
          "distilbert-base-german-cased", "distilbert-base-uncased-finetuned-sst-2-english",
        ]
      ),
    ].flatMap { owner, names in names.map { ($0, "\(owner)/\($0)") } })
}

extension TransformerConfiguration {
  /// As published for `all-MiniLM-L6-v2` and `MiniLM-L6-H384-uncased`.
  public static let miniLML6 = published(
    .bert, hidden: 384, layers: 6, heads: 12, feedForward: 1536)

  /// A family's defaults in these sizes, with the vocabulary and the positions of the uncased English models.
  static func published(
    _ family: ModelFamily, hidden: Int, layers: Int, heads: Int, feedForward: Int
  ) -> TransformerConfiguration {
    family.configuration(
      vocabularySize: 30_522, hiddenSize: hidden, layerCount: layers, headCount: heads,
      feedForwardSize: feedForward, maximumPositions: 512)
  }
}
