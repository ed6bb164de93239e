// How a definition or a command names a stored model.
import RetortTransformers

/// Where a folder of the published form (config.json, weights, vocabulary) is.
public enum ModelAddress: Sendable, Equatable, Hashable, CustomStringConvertible {
  /// `hub:owner/name` or `hub:owner/name@revision`, looked up in the cache, the mirror and Hugging Face's cache.
  case hub(owner: String, name: String, revision: String? = nil)
  /// A folder, a checkpoint `.h5` or a stage of a run, `RUN#STAGE`: in a definition from its folder, on the command line
  /// from the working directory.
  case path(String)

  /// How an address is written.
  public static let form = "hub:owner/name[@revision] or a path"

  /// - Returns: nil for `hub:` without owner and name.
  public init?(_ text: String) {
    guard text.hasPrefix("hub:") else {
      guard !text.isEmpty else { return nil }
      self = .path(text)
      return
    }
    let halves = text.dropFirst(4).split(
      separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false)
    // The name of a branch or a pull request may have slashes: refs/pr/1.
    let revision = halves.dropFirst().flatMap {
      $0.split(separator: "/", omittingEmptySubsequences: false)
    }
    guard parts.count == 2, (parts + revision).allSatisfy(Self.isName) else { return nil }
    self = .hub(
      owner: String(parts[0]), name: String(parts[1]),
      revision: halves.count > 1 ? String(halves[1]) : nil)
  }

  private static func isName(_ part: Substring) -> Bool {
    !part.isEmpty && part != "." && part != ".."
      && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
  }

  /// The address of the hub that somebody may have meant: `bert-base-uncased` is a name of older scripts,
  /// `owner/name` how other programs name a model.
  public static func meant(by text: String) -> ModelAddress? {
    let name = text.hasPrefix("hub:") ? String(text.dropFirst(4)) : text
    if let full = PublishedModels.fullNames[name] { return ModelAddress("hub:\(full)") }
    guard !text.hasPrefix("hub:"), !text.hasSuffix(".h5"), !text.hasPrefix(".") else { return nil }
    guard case .hub(let owner, let name, let revision)? = ModelAddress("hub:\(text)") else {
      return nil
    }
    return .hub(owner: owner, name: name, revision: revision)
  }

  public var description: String {
    switch self {
    case .hub(let owner, let name, let revision):
      "hub:\(owner)/\(name)" + (revision.map { "@\($0)" } ?? "")
    case .path(let path): path
    }
  }
}
