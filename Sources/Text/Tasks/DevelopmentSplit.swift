// A development set taken from the training examples.
import RetortFiles

/// Which examples are kept from the training. It depends on the texts and the seed alone, not on the order of the file,
/// and equal texts, or equal pairs of them, stay on one side.
public struct DevelopmentSplit: Sendable, Hashable {
  /// Share of the examples that are kept, above 0 and below 1.
  public var fraction: Double
  public var seed: UInt64
  /// Whether the share is taken of every class by itself. A text with several labels counts for its first.
  public var isStratified: Bool

  public init(fraction: Double, seed: UInt64, isStratified: Bool) {
    precondition(fraction > 0 && fraction < 1, "a fraction of \(fraction)")
    self.fraction = fraction
    self.seed = seed
    self.isStratified = isStratified
  }

  /// Places of the examples that stay, and of those that are kept, each in the order of the table. Of each class the
  /// texts are taken in the order of their hashes until at least the share, to the nearest whole example, is reached.
  public func places(in table: TaskTable) -> (training: [Int], development: [Int]) {
    var groups: [String: [String: [Int]]] = [:]
    var classOfText: [String: String] = [:]
    for (place, text) in table.texts.enumerated() {
      let text = table.secondTexts.map { "\(text.utf8.count) \(text)\n\($0[place])" } ?? text
      let label = isStratified ? table.labels?[place] ?? "" : ""
      let group = classOfText[text, default: label]
      classOfText[text] = group
      groups[group, default: [:]][text, default: []].append(place)
    }
    var development: Set<Int> = []
    for texts in groups.values {
      let count = texts.values.reduce(0) { $0 + $1.count }
      let wanted = Int((fraction * Double(count)).rounded())
      var taken = 0
      let ordered = texts.map { (hash: hash(of: $0), text: $0, places: $1) }
        .sorted { ($0.hash, $0.text) < ($1.hash, $1.text) }
      for entry in ordered where taken < wanted {
        taken += entry.places.count
        development.formUnion(entry.places)
      }
    }
    let places = Array(0..<table.count)
    return (places.filter { !development.contains($0) }, places.filter(development.contains))
  }

  private func hash(of text: String) -> String { SHA256.hexDigest(of: "\(seed)\n\(text)") }
}
