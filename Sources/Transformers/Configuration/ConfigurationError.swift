// Why a configuration cannot be used.

public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  /// Everything that is wrong with one configuration.
  case invalid(path: String, problems: [String])

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read as config.json: \(reason)"
    case .invalid(let path, let problems): "\(path): \(problems.joined(separator: "; "))"
    }
  }
}

extension TransformerConfiguration {
  /// Everything that keeps a model from being built like this; empty if nothing does.
  public var problems: [String] {
    var problems: [String] = []
    for (name, value) in [
      ("vocabulary size", vocabularySize), ("hidden size", hiddenSize), ("layer count", layerCount),
      ("head count", headCount), ("feed-forward size", feedForwardSize),
      ("position count", maximumPositions), ("label count", labels.count),
    ] where value < 1 {
      problems.append("\(name) is \(value), expected at least 1")
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
    if (family == .bert) != (tokenTypeCount > 0) {
      problems.append("\(family.rawValue) with \(tokenTypeCount) token types")
    }
    if family == .distilbert, layerNormEpsilon != 1e-12 {
      problems.append("DistilBERT's LayerNorm epsilon is 1e-12, found \(layerNormEpsilon)")
    }
    return problems
  }
}
