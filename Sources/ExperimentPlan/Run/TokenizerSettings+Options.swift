// How text is cut: what a model's folder says, under a definition, as the tokenizer takes it.
import RetortText
import RetortTransformers

extension TokenizerSettings {
  /// What a tokenizer does under these settings.
  public var options: TokenizerOptions {
    TokenizerOptions(lowercase: lowercase, stripAccents: stripAccents, splitsCJK: splitsCJK)
  }
}

extension VocabularyDefinition {
  /// The settings that stand beside the vocabulary, with the definition's `lowercase` if it has one.
  func settings(over folder: TokenizerSettings) -> TokenizerSettings {
    var settings = folder
    if let lowercase { settings.lowercase = lowercase }
    return settings
  }
}
