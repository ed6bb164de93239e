/// An objective whose values are kept row by row, where their sum alone does not do: an interval needs to know how they vary.
///
/// It is evaluated forward only. Rows come on several threads, each once.
public final class KeptRowValues: VocabularyObjective, @unchecked Sendable {
  private let objective: any VocabularyObjective
  private let kept: UnsafeMutableBufferPointer<Double>
  public var readsTeacher: Bool { objective.readsTeacher }

  /// - Parameter rowCount: R, of the rows that will be streamed.
  public init(_ objective: any VocabularyObjective, rowCount: Int) {
    self.objective = objective
    kept = .allocate(capacity: rowCount)
    kept.initialize(repeating: 0)
  }

  deinit { kept.deallocate() }

  /// [R]; 0 where the objective does not apply. To be read when the head has returned.
  public var values: [Double] { Array(kept) }

  public func applies(toRow row: Int) -> Bool { objective.applies(toRow: row) }

  public func evaluate(_ row: VocabularyRow) -> Double {
    precondition(row.gradient == nil, "values are kept of what is measured alone")
    let value = objective.evaluate(row)
    kept[row.index] = value
    return value
  }
}
