// Hugging Face's config.json, written.
import RetortStrictJSON

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
    if configuration.isRegression { members["problem_type"] = .string("regression") }
    let labels = configuration.labels
    if labels != TransformerConfiguration.defaultLabels(count: 2) {
      members["id2label"] = sorted(labels.enumerated().map { ("\($0)", .string($1)) })
      members["label2id"] = sorted(labels.enumerated().map { ($1, .integer($0)) })
    }
    return ConfigurationText.lines(members)
  }

  /// An object with its keys in the order of their names; of equal ones the last counts.
  private static func sorted(_ members: [(String, JSONTree)]) -> JSONTree {
    .object(
      Dictionary(members, uniquingKeysWith: { $1 }).sorted { $0.key < $1.key }
        .map { JSONTree.Member(key: $0.key, value: $0.value) })
  }
}
