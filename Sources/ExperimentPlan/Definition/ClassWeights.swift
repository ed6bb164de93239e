// How much the classes of a task count in its training.
import RetortOptions

/// Weights of the classes in the cross-entropy that a model is trained on.
enum ClassWeights: Sendable, Hashable {
  /// n / (K · count of the class), as scikit-learn's `compute_class_weight` has it: all classes count alike.
  case balanced
  /// By the class's name, in the order in which they are written; 1 for a class that is not named.
  case written([Named])

  struct Named: Sendable, Hashable {
    var name: String
    var weight: Double
  }

  private static let standardWord = "balanced"

  static let type = OptionType<ClassWeights>(
    schema: .forms([
      OptionForm("Such that all classes count alike", .choice([standardWord])),
      OptionForm("By the label as it stands in the file", .anything(words: "weights by label")),
    ]),
    words: "balanced, or weights by label", example: "{ bad: 3.0 }", standIn: .balanced,
    read: { node, key, map in
      if node.scalar == standardWord { return .balanced }
      guard let entries = node.entries, !entries.isEmpty else {
        map.reportWrong(
          node, key, expected: "balanced, or weights by label as in \(key): { bad: 3.0 }")
        return nil
      }
      guard let below = MapReader(node, at: map.pathOf(key), map.collector) else { return nil }
      defer { below.finish() }
      let named = entries.compactMap { entry in
        below.value(entry.key, .number(.positive, example: "3.0")).map {
          Named(name: entry.key, weight: $0)
        }
      }
      return named.count == entries.count ? .written(named) : nil
    },
    write: { weights in
      switch weights {
      case .balanced: .text(standardWord)
      case .written(let named): .map(named.map { ($0.name, .number($0.weight)) })
      }
    })

  /// What is wrong with them for these classes, by the name that is written; empty where nothing is.
  func problems(classes: [String]) -> [(name: String, text: String, advice: String)] {
    guard case .written(let named) = self else { return [] }
    return named.filter { !classes.contains($0.name) }.map {
      ($0.name, "no class '\($0.name)'", Spelling.advice(for: $0.name, among: classes))
    }
  }

  /// By class.
  /// - Parameter counts: training examples by class.
  /// - Returns: nil where a class has no example that its weight could follow from.
  func values(classes: [String], counts: [Int]) -> [Double]? {
    switch self {
    case .balanced:
      guard counts.allSatisfy({ $0 > 0 }) else { return nil }
      let total = Double(counts.reduce(0, +))
      return counts.map { total / (Double(counts.count) * Double($0)) }
    case .written(let named):
      return classes.map { name in named.first { $0.name == name }?.weight ?? 1 }
    }
  }

  /// For an explanation.
  var words: String {
    switch self {
    case .balanced: "class weights: balanced, n / (K · count of the class)"
    case .written(let named):
      "class weights: "
        + named.map { "\($0.name) \(PlainNumber.text($0.weight))" }.joined(separator: ", ")
        + ", any other 1"
    }
  }
}
