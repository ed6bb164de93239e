// Why a configuration cannot be used.

public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  /// A model of a family that is not computed here; nothing else of it was looked at.
  case unsupported(path: String, modelType: String)
  /// Everything that is wrong with one configuration.
  case invalid(path: String, problems: [String])

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read as config.json: \(reason)"
    case .unsupported(let path, let modelType):
      "\(path): model_type is \"\(modelType)\", expected \(Self.supportedTypes): models of other families "
        + "are not supported"
    case .invalid(let path, let problems): "\(path): \(problems.joined(separator: "; "))"
    }
  }
}

extension ConfigurationError {
  static var supportedTypes: String {
    ModelFamilies.all.map { "\"\($0)\"" }.joined(separator: " or ")
  }
}

extension TransformerConfiguration {
  /// Everything that keeps a model from being built like this, or from being the same model after it was
  /// stored; empty if nothing does.
  public var problems: [String] {
    let own = ownProblems
    return own.isEmpty ? storageProblems : own
  }

  /// What its config.json would not give back: a model must not be trained as one thing and stored as another.
  private var storageProblems: [String] {
    let text = ConfigurationFile.text(of: self, architecture: "")
    let read: TransformerConfiguration
    do {
      read = try ConfigurationFile(
        json: text.utf8, path: "config.json", families: [family]
      ).configuration
    } catch { return ["config.json cannot hold it: \(error)"] }
    return Self.fields.compactMap { name, value in
      guard value(self) != value(read) else { return nil }
      return "\(name) is \(value(self)), of which a \(family.name)'s config.json keeps "
        + value(read)
    }
  }

  /// Every field, for comparisons in words.
  private static let fields: [(name: String, value: @Sendable (Self) -> String)] = [
    ("family", { $0.family.name }), ("vocabulary size", { "\($0.vocabularySize)" }),
    ("hidden size", { "\($0.hiddenSize)" }), ("layer count", { "\($0.layerCount)" }),
    ("head count", { "\($0.headCount)" }), ("feed-forward size", { "\($0.feedForwardSize)" }),
    ("position count", { "\($0.maximumPositions)" }),
    ("token type count", { "\($0.tokenTypeCount)" }),
    ("LayerNorm epsilon", { "\($0.layerNormEpsilon)" }),
    ("hidden dropout", { "\($0.hiddenDropout)" }),
    ("attention dropout", { "\($0.attentionDropout)" }),
    ("classifier dropout", { "\($0.effectiveClassifierDropout)" }),
    ("initializer range", { "\($0.initializerRange)" }), ("padding id", { "\($0.paddingID)" }),
    ("label names", { "\($0.labels)" }),
    ("sinusoidal positions", { "\($0.usesSinusoidalPositions)" }),
  ]

  /// Far above any published model, and small enough for the parameters of the largest model to be counted.
  public static let largestSize = 1 << 22
  public static let mostLayers = 1 << 12
  static let sizeWords = "a whole number from 1 to \(largestSize)"

  /// What is wrong with the values themselves.
  var ownProblems: [String] {
    var problems: [String] = []
    for (name, value) in [
      ("vocabulary size", vocabularySize), ("hidden size", hiddenSize), ("head count", headCount),
      ("feed-forward size", feedForwardSize),
      ("position count", maximumPositions), ("label count", labels.count),
    ] where !(1...Self.largestSize).contains(value) {
      problems.append("\(name) is \(value), expected \(Self.sizeWords)")
    }
    if !(1...Self.mostLayers).contains(layerCount) {
      problems.append(
        "layer count is \(layerCount), expected a whole number from 1 to \(Self.mostLayers)")
    }
    if headCount > 0, hiddenSize % headCount != 0 {
      problems.append("hidden size \(hiddenSize) cannot be divided among \(headCount) heads")
    }
    for (name, value) in [
      ("hidden dropout", hiddenDropout), ("attention dropout", attentionDropout),
      ("classifier dropout", effectiveClassifierDropout),
    ] where !(0..<1).contains(value) {
      problems.append("\(name) is \(value), expected 0 <= p < 1")
    }
    if !(layerNormEpsilon > 0) || !layerNormEpsilon.isFinite {
      problems.append("LayerNorm epsilon is \(layerNormEpsilon), expected a positive number")
    }
    if !(initializerRange >= 0) || !initializerRange.isFinite {
      problems.append("initializer range is \(initializerRange), expected a number from 0 on")
    }
    if !(0..<max(vocabularySize, 1)).contains(paddingID) {
      problems.append("padding id \(paddingID) is not among \(vocabularySize) words")
    }
    if structure.hasTokenTypes != (1...Self.largestSize).contains(tokenTypeCount) {
      problems.append("\(tokenTypeCount) token types in a \(family)")
    }
    if Set(labels).count != labels.count {
      problems.append("two labels have the same name: \(labels.joined(separator: ", "))")
    }
    if let epsilon = family.fixedLayerNormEpsilon, layerNormEpsilon != epsilon {
      problems.append(
        "the LayerNorm epsilon of a \(family) is \(epsilon), found \(layerNormEpsilon)")
    }
    return problems
  }
}
