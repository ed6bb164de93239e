// Hugging Face's config.json, read strictly.
import RetortFiles
import RetortStrictJSON

/// A configuration as a config.json states it.
///
/// Keys of any release's configuration classes that change the computation must have values we compute, so that no
/// model is ever read as another one; those known to change nothing are passed over, and so is any other key, with a
/// note. Sizes must be stated;
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
    let family: ModelFamily
    switch object["model_type"] {
    case .string(let name)?:
      guard let known = families.first(where: { $0.name == name }) else {
        throw .unsupported(path: path, modelType: name)
      }
      family = known
    case let value:
      throw .invalid(
        path: path,
        problems: [
          "model_type is \(value?.line ?? "missing"), expected "
            + ConfigurationError.supportedTypes
        ])
    }
    var fields = ConfigurationFields(object: object)
    let configuration = fields.configuration(of: family)
    fields.checkOtherKeys(family)
    let problems = fields.problems.isEmpty ? configuration.ownProblems : fields.problems
    guard problems.isEmpty else { throw .invalid(path: path, problems: problems) }
    self.configuration = configuration
    var notes: [String] = []
    if configuration.usesSinusoidalPositions {
      notes.append(
        "sinusoidal_pos_embds: stored position embeddings are used as they are and stay trainable "
          + "unless the definition freezes them")
    }
    if !fields.unknown.isEmpty {
      notes.append(
        "config.json: passed over, unknown to transformers: "
          + fields.unknown.joined(separator: ", "))
    }
    self.notes = notes
  }

  /// - Throws: where the folder has a config.json of a family that is not computed here; of anything else nothing is
  ///   said, so that this can be asked before whether the folder is complete.
  public static func checkFamily(
    folder: String, families: [ModelFamily] = ModelFamilies.all
  ) throws(ConfigurationError) {
    let path = "\(folder)/config.json"
    guard let bytes = try? MappedFile.contents(path: path),
      let name = (try? ConfigurationText.members(of: bytes))?["model_type"]?.text
    else { return }
    guard families.contains(where: { $0.name == name }) else {
      throw .unsupported(path: path, modelType: name)
    }
  }
}
