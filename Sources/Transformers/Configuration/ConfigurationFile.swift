// Hugging Face's config.json, read strictly.
import Files
import Foundation

/// A configuration as a config.json states it.
///
/// Keys that change the computation must have values we compute; keys known to change nothing are passed
/// over; any other key is an error, so that no model is ever read as another one. Sizes must be stated;
/// other missing keys have the default of transformers 4.44.2's `BertConfig` and `DistilBertConfig`,
/// which is what their absence means there.
public struct ConfigurationFile: Sendable {
  public let configuration: TransformerConfiguration
  /// What a reader should know, one sentence each.
  public let notes: [String]

  public init(path: String) throws(ConfigurationError) {
    let bytes: [UInt8]
    do { bytes = try MappedFile.contents(path: path) } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    try self.init(json: Data(bytes), path: path)
  }

  /// - Parameter path: for error messages.
  public init(json: Data, path: String) throws(ConfigurationError) {
    let object: [String: JSONValue]
    do { object = try JSONDecoder().decode([String: JSONValue].self, from: json) } catch {
      throw .unreadable(path: path, reason: "not a JSON object")
    }
    guard case .string(let name)? = object["model_type"],
      let family = TransformerConfiguration.Family(rawValue: name)
    else {
      let found = object["model_type"].map(\.description) ?? "none"
      throw .invalid(
        path: path, problems: ["model_type is \(found), expected \"bert\" or \"distilbert\""])
    }
    var fields = ConfigurationFields(object: object)
    let configuration = family == .bert ? fields.bert() : fields.distilBert()
    fields.checkOtherKeys()
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

/// The keys of a config.json, taken one by one.
private struct ConfigurationFields {
  private let object: [String: JSONValue]
  private var read: Set<String> = ["model_type"]
  private(set) var problems: [String] = []

  init(object: [String: JSONValue]) { self.object = object }

  mutating func bert() -> TransformerConfiguration {
    expectGELU("hidden_act")
    return TransformerConfiguration(
      family: .bert, vocabularySize: size("vocab_size"), hiddenSize: size("hidden_size"),
      layerCount: size("num_hidden_layers"), headCount: size("num_attention_heads"),
      feedForwardSize: size("intermediate_size"),
      maximumPositions: size("max_position_embeddings"),
      tokenTypeCount: size("type_vocab_size", default: 2),
      layerNormEpsilon: number("layer_norm_eps", default: 1e-12) ?? 1e-12,
      hiddenDropout: number("hidden_dropout_prob", default: 0.1) ?? 0.1,
      attentionDropout: number("attention_probs_dropout_prob", default: 0.1) ?? 0.1,
      classifierDropout: number("classifier_dropout", default: nil),
      initializerRange: number("initializer_range", default: 0.02) ?? 0.02,
      paddingID: size("pad_token_id", default: 0), labels: labels(),
      usesSinusoidalPositions: false)
  }

  mutating func distilBert() -> TransformerConfiguration {
    expectGELU("activation")
    return TransformerConfiguration(
      family: .distilbert, vocabularySize: size("vocab_size"), hiddenSize: size("dim"),
      layerCount: size("n_layers"), headCount: size("n_heads"), feedForwardSize: size("hidden_dim"),
      maximumPositions: size("max_position_embeddings"), tokenTypeCount: 0,
      layerNormEpsilon: 1e-12,  // fixed in `modeling_distilbert.py`
      hiddenDropout: number("dropout", default: 0.1) ?? 0.1,
      attentionDropout: number("attention_dropout", default: 0.1) ?? 0.1,
      classifierDropout: number("seq_classif_dropout", default: 0.2) ?? 0.2,
      initializerRange: number("initializer_range", default: 0.02) ?? 0.02,
      paddingID: size("pad_token_id", default: 0), labels: labels(),
      usesSinusoidalPositions: bool("sinusoidal_pos_embds", default: false))
  }

  /// The rest must have the one value we compute, or be known to change nothing.
  mutating func checkOtherKeys() {
    for (key, value) in object.sorted(by: { $0.key < $1.key }) where !read.contains(key) {
      if let accepted = ConfigurationKeys.accepted[key] {
        if !accepted.contains(value) {
          problems.append(
            "\(key) is \(value), which is not supported (expected "
              + accepted.map(\.description).joined(separator: " or ") + ")")
        }
      } else if !ConfigurationKeys.withoutEffect.contains(key) {
        problems.append("unknown key \(key)")
      }
    }
    for names in ConfigurationKeys.synonyms {
      let given = names.compactMap { name in object[name].map { (name: name, value: $0) } }
      guard let first = given.first, given.contains(where: { $0.value != first.value }) else {
        continue
      }
      problems.append(
        given.map { "\($0.name) is \($0.value)" }.joined(separator: " and ")
          + ", expected the same value: they are two names of one setting")
    }
  }

  private mutating func take(_ key: String) -> JSONValue? {
    read.insert(key)
    return object[key]
  }

  private mutating func wrong(_ key: String, _ value: JSONValue, expected: String) {
    problems.append("\(key) is \(value), expected \(expected)")
  }

  private mutating func size(_ key: String, default missing: Int? = nil) -> Int {
    switch take(key) {
    case .integer(let value)?: return value
    case .null? where missing != nil: return missing ?? 0
    case let value?: wrong(key, value, expected: "an integer")
    case nil:
      if missing == nil { problems.append("\(key) is missing") }
    }
    return missing ?? 0
  }

  private mutating func number(_ key: String, default missing: Double?) -> Double? {
    switch take(key) {
    case .integer(let value)?: return Double(value)
    case .number(let value)?: return value
    case .null?, nil: return missing
    case let value?:
      wrong(key, value, expected: "a number")
      return missing
    }
  }

  private mutating func bool(_ key: String, default missing: Bool) -> Bool {
    switch take(key) {
    case .bool(let value)?: return value
    case nil: return missing
    case let value?:
      wrong(key, value, expected: "true or false")
      return missing
    }
  }

  /// Exact GELU, under either of its names, is what we compute.
  private mutating func expectGELU(_ key: String) {
    guard let value = take(key), value != .string("gelu"), value != .string("gelu_python") else {
      return
    }
    wrong(key, value, expected: "\"gelu\" (no other activation is supported)")
  }

  private mutating func labels() -> [String] {
    let count = object["num_labels"] == nil ? nil : size("num_labels")
    guard let value = take("id2label"), value != .null else {
      return TransformerConfiguration.defaultLabels(count: count ?? 2)
    }
    guard case .object(let members) = value else {
      wrong("id2label", value, expected: "an object of names by number")
      return []
    }
    let labels = (0..<members.count).compactMap { index -> String? in
      if case .string(let name)? = members["\(index)"] { name } else { nil }
    }
    if labels.count != members.count || count.map({ $0 != labels.count }) ?? false {
      wrong("id2label", value, expected: "a name for each of 0, 1, ... up to num_labels")
    }
    return labels
  }
}
