// Looking at stored models before anything is computed.
import Foundation
import RetortFiles
import RetortStorage
import RetortText
import RetortTransformers
import Synchronization

extension Locations {
  /// Configuration, names and shapes of the model under an address, from the most complete folder there is; as
  /// published where there is none.
  public func look(_ address: ModelAddress) -> ModelLook {
    let wishes: [[ModelFile]] = [
      ModelFile.allCases, [.configuration, .vocabulary], [.configuration],
    ]
    guard let model = wishes.lazy.compactMap({ try? locate(address, needing: $0) }).first else {
      return .published(address)
    }
    do {
      return .outline(
        model.isCheckpoint ? try Self.outline(checkpoint: model.path) : try outline(model.path))
    } catch { return .unusable(["\(error)"]) }
  }

  private func outline(_ folder: String) throws -> ModelOutline {
    let folder = try HuggingFaceFolder(path: folder)
    let tokens = try folder.vocabulary.map {
      try Vocabulary(text: $0, path: folder.vocabularyPath).tokens
    }
    var outline =
      folder.weightForm == nil
      ? ModelOutline(configuration: folder.configuration, tokens: tokens)
      : ModelOutline(
        configuration: folder.configuration, tokens: tokens, weights: try folder.weights(),
        names: .huggingFace(folder.configuration))
    outline.notes = folder.assumptions + folder.notes
    return outline
  }

  private static func outline(checkpoint path: String) throws -> ModelOutline {
    let stored = try StoredModel(path: path)
    return ModelOutline(
      configuration: stored.configuration, tokens: stored.vocabulary.tokens,
      weights: CheckpointWeights(try Checkpoint(path: path)),
      names: .own(stored.configuration))
  }
}

/// Remembers what was seen: a definition's variants ask for the same models again and again.
final class ModelLooks: Sendable {
  private let locations: Locations
  private let seen = Mutex<[ModelAddress: ModelLook]>([:])

  init(_ locations: Locations) { self.locations = locations }

  func look(_ address: ModelAddress) -> ModelLook {
    seen.withLock { seen in
      if let known = seen[address] { return known }
      let look = locations.look(address)
      seen[address] = look
      return look
    }
  }
}
