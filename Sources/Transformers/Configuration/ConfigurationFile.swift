// Hugging Face's config.json, read strictly.
import RetortFiles
import RetortStrictJSON

/// A configuration as a config.json states it.
///
/// Keys that change the computation must have values we compute; keys known to change nothing are passed
/// over; any other key is an error, so that no model is ever read as another one. Sizes must be stated;
/// other missing keys have the default of the family's configuration class in transformers 4.44.2, which is what their absence means there.
public struct ConfigurationFile: Sendable {
  public let configuration: TransformerConfiguration
  /// What a reader should know, one sentence each.
  public let notes: [String]

  /// - Parameter families: that the file may be of.
  public init(
    path: String, families: [ModelFamily] = ModelFamilies.all
  ) throws(ConfigurationError) {
    let bytes: [UInt8]
    do { bytes = try MappedFile.contents(path: path) } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    try self.init(json: bytes, path: path, families: families)
  }

  /// - Parameters:
  ///   - path: for error messages.
  ///   - families: that the file may be of.
  public init(
    json: some Sequence<UInt8>, path: String, families: [ModelFamily] = ModelFamilies.all
  ) throws(ConfigurationError) {
    let object: [String: JSONTree]
    do { object = try ConfigurationText.members(of: json) } catch {
      throw .unreadable(path: path, reason: "not a JSON object: \(error)")
    }
    let name = object["model_type"]?.text
    guard let family = families.first(where: { $0.name == name }) else {
      let found = object["model_type"]?.line ?? "none"
      let known = families.map { "\"\($0)\"" }.joined(separator: " or ")
      throw .invalid(path: path, problems: ["model_type is \(found), expected \(known)"])
    }
    var fields = ConfigurationFields(object: object)
    let configuration = fields.configuration(of: family)
    fields.checkOtherKeys(family)
    let problems = fields.problems.isEmpty ? configuration.ownProblems : fields.problems
    guard problems.isEmpty else { throw .invalid(path: path, problems: problems) }
    self.configuration = configuration
    notes =
      configuration.usesSinusoidalPositions
      ? [
        "sinusoidal_pos_embds: stored position embeddings are used as they are and stay trainable "
          + "unless the definition freezes them"
      ] : []
  }
}
