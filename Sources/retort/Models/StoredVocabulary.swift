// A vocabulary as a person may name it.
import RetortExperimentPlan
import RetortFiles
import RetortText
import RetortTransformers

enum StoredVocabulary {
  /// - Parameters:
  ///   - name: a vocab.txt, a folder that has one or a tokenizer.json, a checkpoint (.h5), hub:owner/name, or a
  ///     stage of a run.
  ///   - option: where it was named, for the error message.
  /// - Returns: the vocabulary, and how text is cut into its tokens: as the files beside it say.
  static func read(
    _ name: String, option: String = "--vocab"
  ) throws -> (Vocabulary, TokenizerSettings) {
    if name.hasSuffix(".h5") || RunStage(name) != nil {
      let stored = try StoredModel.open(name, option: option)
      return (stored.vocabulary, stored.tokenizer)
    }
    var path = name
    if name.hasPrefix("hub:") {
      path = try ModelAddress.parse(name, option: option).located(needing: [.vocabulary]).path
    }
    let tokenizer = try FolderTokenizer(path: path)
    guard let text = tokenizer.vocabulary else {
      throw CommandFailure(
        "\(path): no \(FolderTokenizer.vocabularyFiles.joined(separator: " and no "))")
    }
    return (try Vocabulary(text: text, path: tokenizer.path), tokenizer.settings)
  }
}
