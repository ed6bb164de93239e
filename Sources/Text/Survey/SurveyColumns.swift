// Which columns of a table are texts and labels, where nobody says so.
import RetortTables

/// The columns that a survey looks into.
public struct SurveyColumns: Sendable, Equatable {
  /// One, or the two of a pair; none where there is no column of texts.
  public var texts: [String]
  public var textsAreGuessed = false
  public var label: String?
  public var labelIsGuessed = false

  public init(texts: [String] = [], label: String? = nil) {
    (self.texts, self.label) = (texts, label)
  }

  /// Names that pairs and single texts have in published data sets.
  private static let pairs = [
    ["sentence1", "sentence2"], ["premise", "hypothesis"], ["question1", "question2"],
    ["text_a", "text_b"], ["question", "sentence"], ["question", "passage"],
  ]
  private static let textNames = ["text", "sentence", "review", "content", "document"]
  private static let labelNames = [
    "label", "labels", "gold_label", "class", "category", "target", "sentiment", "stars", "rating",
    "score",
  ]

  /// Fills in what is not said.
  /// - Parameter rows: the first ones, with all columns.
  mutating func guess(_ columns: [String], _ rows: [TableRecord]) {
    let lowercased = columns.map { $0.lowercased() }
    func named(_ names: [String]) -> String? {
      names.lazy.compactMap(lowercased.firstIndex).first.map { columns[$0] }
    }
    if label == nil, columns.count > 1 {
      label = named(Self.labelNames).flatMap { texts.contains($0) ? nil : $0 }
      labelIsGuessed = label != nil
    }
    if texts.isEmpty {
      let pair = Self.pairs.first { $0.allSatisfy(lowercased.contains) }
      texts =
        pair?.compactMap { named([$0]) }
        ?? (named(Self.textNames) ?? longest(columns, rows)).map { [$0] } ?? []
      texts.removeAll { $0 == label }
      textsAreGuessed = !texts.isEmpty && columns.count > 1
    }
    if label == nil {
      label = fewest(columns, rows)
      labelIsGuessed = label != nil
    }
  }

  /// The column of the longest texts.
  private func longest(_ columns: [String], _ rows: [TableRecord]) -> String? {
    var best: (name: String, size: Int)?
    for (place, name) in columns.enumerated() where name != label {
      var counts = ColumnCounts(name)
      var size = 0
      for row in rows {
        counts.add(row.values[place])
        size += row.values[place].text?.utf8.count ?? 0
      }
      if counts.isText, size > best?.size ?? 0 { best = (name, size) }
    }
    return best?.name
  }

  /// The one column with few different values that come again and again; nil if there are several.
  private func fewest(_ columns: [String], _ rows: [TableRecord]) -> String? {
    let found = columns.indices.filter { place in
      guard !texts.contains(columns[place]) else { return false }
      let values = Set(rows.map { $0.values[place].text ?? "" })
      return (2...20).contains(values.count) && values.count * 5 <= rows.count
    }
    return found.count == 1 ? columns[found[0]] : nil
  }
}
