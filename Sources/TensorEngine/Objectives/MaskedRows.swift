/// An objective on the rows that carry a label alone, among rows of which others may stream past.
public struct MaskedRows: VocabularyObjective {
  private let objective: any VocabularyObjective
  private let labels: [Int32]

  /// - Parameters:
  ///   - objective: what is evaluated on those rows.
  ///   - labels: [R], -1 for a row that the objective is kept from.
  public init(_ objective: any VocabularyObjective, labels: [Int32]) {
    (self.objective, self.labels) = (objective, labels)
  }

  public var readsTeacher: Bool { objective.readsTeacher }
  public func applies(toRow row: Int) -> Bool { labels[row] >= 0 && objective.applies(toRow: row) }
  public func evaluate(_ row: VocabularyRow) -> Double { objective.evaluate(row) }
}
