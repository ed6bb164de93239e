// How text is cut: what a model's folder says, under a definition, as the tokenizer takes it.
import RetortText
import RetortTransformers

extension TokenizerSettings {
  /// What a tokenizer does under these settings.
  public var options: TokenizerOptions {
    TokenizerOptions(
      lowercase: lowercase, stripAccents: stripAccents, splitsCJK: splitsCJK,
      addedTokens: addedTokens.map {
        AddedSpelling(
          content: $0.content, id: Int32($0.id), isSpecial: $0.isSpecial,
          isNormalized: $0.isNormalized)
      }, truncatesLeft: truncatesLeft)
  }
}

extension VocabularyDefinition {
  /// The settings that stand beside the vocabulary, with the definition's `lowercase` if it has one. How long a
  /// sequence may be is the definition's to say, not the folder's.
  func settings(over folder: TokenizerSettings) -> TokenizerSettings {
    var settings = folder
    settings.maximumLength = nil
    if let lowercase { settings.lowercase = lowercase }
    return settings
  }
}
