// A vocabulary as a person may name it.
import RetortExperimentPlan
import RetortFiles
import RetortText
import RetortTransformers

enum StoredVocabulary {
  /// - Parameter name: a vocab.txt, a folder that has one, a checkpoint (.h5), or hub:owner/name.
  /// - Returns: the vocabulary, and how text is cut into its tokens: as a tokenizer_config.json beside it says.
  static func read(_ name: String) throws -> (Vocabulary, TokenizerSettings) {
    if name.hasSuffix(".h5") {
      let stored = try StoredModel(path: name)
      return (stored.vocabulary, stored.tokenizer)
    }
    var folder = name
    if name.hasPrefix("hub:"), let address = ModelAddress(name) {
      folder = try Locations().locate(address, needing: [.vocabulary]).path
    }
    let path = Folder.exists(path: folder) ? "\(folder)/vocab.txt" : folder
    return (try Vocabulary(path: path), try TokenizerSettings(besideVocabulary: path))
  }
}
