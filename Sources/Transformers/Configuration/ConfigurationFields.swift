// The members of a config.json, taken one by one; every mistake is collected.
import RetortStrictJSON

struct ConfigurationFields {
  private let object: [String: JSONTree]
  private var read: Set<String> = ["model_type"]
  private(set) var problems: [String] = []
  /// Keys that no release of transformers knows of these families: somebody's own.
  private(set) var unknown: [String] = []

  init(object: [String: JSONTree]) { self.object = object }

  /// What the keys of the family say.
  mutating func configuration(of family: ModelFamily) -> TransformerConfiguration {
    var configuration = TransformerConfiguration(
      family: family, vocabularySize: 0, hiddenSize: 0, layerCount: 0, headCount: 0,
      feedForwardSize: 0, maximumPositions: 0, tokenTypeCount: 0,
      layerNormEpsilon: family.fixedLayerNormEpsilon ?? 0, hiddenDropout: 0, attentionDropout: 0,
      classifierDropout: nil, initializerRange: 0, paddingID: 0, labels: labels(),
      usesSinusoidalPositions: false)
    for key in family.keys { key.read(&self, &configuration) }
    return configuration
  }

  /// The rest must have the one value we compute, or be known to change nothing.
  mutating func checkOtherKeys(_ family: ModelFamily) {
    // What one family writes changes nothing in another, or would as much.
    let families = [family] + ModelFamilies.all
    for (key, value) in object.sorted(by: { $0.key < $1.key }) where !read.contains(key) {
      let accepted =
        ConfigurationKeys.accepted[key] ?? families.lazy.compactMap { $0.acceptedKeys[key] }.first
      if let accepted {
        let isOfMissingHead =
          ConfigurationKeys.ofMaskedLanguageHead.contains(key) && lacksMaskedLanguageHead
        if !accepted.contains(value), !isOfMissingHead {
          problems.append(
            "\(key) is \(value.line), which is not supported (expected "
              + accepted.map(\.line).joined(separator: " or ") + ")")
        }
      } else if !ConfigurationKeys.withoutEffect.contains(key),
        !families.contains(where: { $0.ignoredKeys.contains(key) })
      {
        unknown.append(key)
      }
    }
    for names in ConfigurationKeys.synonyms {
      checkSame(names.compactMap { name in object[name].map { (name, $0) } })
    }
  }

  /// Whether `architectures` says so.
  private var lacksMaskedLanguageHead: Bool {
    let names = object["architectures"]?.elements?.map { $0.text ?? "" } ?? []
    return !names.isEmpty
      && names.allSatisfy { name in
        ConfigurationKeys.withoutMaskedLanguageHead.contains { name.hasSuffix($0) }
      }
  }

  private mutating func checkSame(_ given: [(name: String, value: JSONTree)]) {
    guard let first = given.first, given.contains(where: { $0.value != first.value }) else {
      return
    }
    problems.append(
      given.map { "\($0.name) is \($0.value.line)" }.joined(separator: " and ")
        + ", expected the same value: they are two names of one setting")
  }

  private mutating func take(_ key: String) -> JSONTree? {
    read.insert(key)
    return object[key]
  }

  private mutating func wrong(_ key: String, _ value: JSONTree, expected: String) {
    problems.append("\(key) is \(value.line), expected \(expected)")
  }

  /// - Parameter alias: another name of the key, under which transformers takes it too.
  mutating func size(_ key: String, alias: String? = nil, default missing: Int? = nil) -> Int {
    if let alias, let other = take(alias) {
      guard let value = object[key] else { return size(alias, default: missing) }
      checkSame([(key, value), (alias, other)])
    }
    switch take(key) {
    case .null? where missing != nil: return missing ?? 0
    case let value?:
      if let size = value.integer() { return size }
      wrong(key, value, expected: "an integer")
    case nil:
      if missing == nil { problems.append("\(key) is missing") }
    }
    return missing ?? 0
  }

  mutating func number(_ key: String, default missing: Double?) -> Double? {
    switch take(key) {
    case .null?, nil: return missing
    case let value?:
      if case .number = value, let number = value.real { return number }
      wrong(key, value, expected: "a number")
      return missing
    }
  }

  mutating func bool(_ key: String, default missing: Bool) -> Bool {
    switch take(key) {
    case .bool(let value)?: return value
    case nil: return missing
    case let value?:
      wrong(key, value, expected: "true or false")
      return missing
    }
  }

  /// Exact GELU, under either of its names, is what we compute.
  mutating func expectGELU(_ key: String) {
    guard let value = take(key), value != .string("gelu"), value != .string("gelu_python") else {
      return
    }
    wrong(key, value, expected: "\"gelu\" (no other activation is supported)")
  }

  private mutating func labels() -> [String] {
    var count: Int?
    if let value = object["num_labels"] {
      let found = size("num_labels")
      // Names are made for so many; what is not a number was reported.
      if (1...TransformerConfiguration.largestSize).contains(found) {
        count = found
      } else if value.integer() != nil {
        wrong("num_labels", value, expected: TransformerConfiguration.sizeWords)
      }
    }
    guard let value = take("id2label"), value != .null else {
      checkProblem(of: count ?? 2)
      return TransformerConfiguration.defaultLabels(count: count ?? 2)
    }
    guard let members = value.members else {
      wrong("id2label", value, expected: "an object of names by number")
      return []
    }
    let labels = (0..<members.count).compactMap { index -> String? in
      value["\(index)"]?.text
    }
    if labels.count != members.count || count.map({ $0 != labels.count }) ?? false {
      wrong("id2label", value, expected: "a name for each of 0, 1, ... up to num_labels")
    } else {
      checkProblem(of: labels.count)
    }
    return labels
  }

  /// A model with one label is a regression, and one with more is none; any other problem is refused for all models.
  private mutating func checkProblem(of count: Int) {
    guard let value = object["problem_type"], value.text == "regression", count != 1 else { return }
    problems.append(
      "problem_type is \(value.line) with \(count) labels, expected one label (id2label), or "
        + "\"single_label_classification\"")
  }
}
