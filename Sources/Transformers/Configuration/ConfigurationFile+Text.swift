// Hugging Face's config.json, written.

extension ConfigurationFile {
  /// The text of a config.json that transformers 4.44.2 builds the same model from.
  /// - Parameter architecture: the class to load, such as `DistilBertForMaskedLM`.
  public static func text(
    of configuration: TransformerConfiguration, architecture: String
  ) -> String {
    let family = configuration.family
    var members = family.constants
    for key in family.keys { members[key.name] = key.write(configuration) }
    members["architectures"] = .array([.string(architecture)])
    members["model_type"] = .string(family.name)
    members["torch_dtype"] = .string("float32")
    let labels = configuration.labels
    if labels != TransformerConfiguration.defaultLabels(count: 2) {
      members["id2label"] = .object(
        Dictionary(
          uniqueKeysWithValues: labels.enumerated().map { ("\($0)", JSONValue.string($1)) }))
      members["label2id"] = .object(
        Dictionary(
          labels.enumerated().map { ($1, JSONValue.integer($0)) }, uniquingKeysWith: { $1 }))
    }
    return JSONValue.lines(members)
  }
}
