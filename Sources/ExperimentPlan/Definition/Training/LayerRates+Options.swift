// Learning rates of a model's groups of parameters, as a definition says them and as an explanation lists them.
import RetortDistillation
import RetortFormatting
import RetortOptions
import RetortTransformers

extension LayerRates {
  static let type = OptionType<LayerRates>.map(
    OptionList(
      LayerRates.init(layerDecay:head:),
      OptionField(
        "layer_decay", \.layerDecay, .number(.positiveFraction, example: "0.9"), otherwise: 1,
        "With d and L layers counted from 0: layer i has learning_rate * d^(L - i), the embeddings "
          + "learning_rate * d^(L + 1), the head learning_rate."),
      OptionField(
        optional: "head", \.head, .number(.notNegative, example: "1.0e-3"),
        "The highest learning rate of the head: of all that lies behind the last layer, BERT's pooler too. If left out: "
          + "learning_rate."))
  ).described(example: "{ layer_decay: 0.9, head: 1.0e-3 }")

  /// After a learning rate; empty where all groups have it.
  var words: String {
    (layerDecay < 1 ? ", layer decay \(PlainNumber.text(layerDecay))" : "")
      + (head.map { ", head \(PlainNumber.text($0))" } ?? "")
  }

  /// A line a group, with its peak and how many weights it trains; empty where all groups have the optimizer's peak.
  /// - Parameters:
  ///   - peak: the optimizer's.
  ///   - shape: of the model with its head.
  func lines(over peak: Double, of shape: ModelShape, frozen: [FrozenGroup]) -> [String] {
    guard self != LayerRates() else { return [] }
    guard let layerCount = shape.layerCount else {
      return ["learning rates: \(PlainNumber.text(peak))\(words)"]
    }
    let trained = Self.trainedCounts(of: shape, frozen: frozen)
    return ["learning rates by group, highest"]
      + Group.all(layerCount: layerCount).map { group in
        let rate = PlainNumber.text(
          self.peak(of: group, over: peak, layerCount: layerCount).rounded(toDigits: 4))
        let weights = trained.map { counts -> String in
          let count = counts[group] ?? 0
          return count == 0 ? ", frozen" : ", \(count.grouped) weights"
        }
        return "  \(group.words): \(rate)\(weights ?? "")"
      }
  }

  /// Nil where the sizes of the model are not known.
  private static func trainedCounts(
    of shape: ModelShape, frozen: [FrozenGroup]
  ) -> [Group: Int]? {
    guard var configuration = shape.configuration, shape.vocabularySize != nil,
      let classes = shape.classifier?.classes
    else { return nil }
    configuration.labels = classes
    var counts: [Group: Int] = [:]
    for (path, count) in configuration.parameterSizes(heads: [.classification])
    where !frozen.contains(where: { $0.covers(parameter: path) }) {
      counts[Group(parameter: path), default: 0] += count
    }
    return counts
  }
}

extension LayerRates.Group {
  fileprivate var words: String {
    switch self {
    case .embeddings: "embeddings"
    case .block(let index): "layer \(index)"
    case .head: "head"
    }
  }
}

extension Double {
  /// To so many significant digits.
  fileprivate func rounded(toDigits digits: Int) -> Double { Double(significant(digits)) ?? self }
}
