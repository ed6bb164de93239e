/// Whether a model's most probable word is its teacher's: 1 or 0 a row. Of equal ones the first counts. It has no gradient.
public struct TopWordAgreement: VocabularyObjective {
  public let readsTeacher = true

  public init() {}

  public func applies(toRow row: Int) -> Bool { true }

  public func evaluate(_ row: VocabularyRow) -> Double {
    precondition(row.gradient == nil, "an agreement is measured, not trained on")
    guard let teacher = row.teacher else {
      preconditionFailure("an agreement needs the teacher's logits")
    }
    return RowKernels.placeOfMaximum(row.student, row.count)
      == RowKernels.placeOfMaximum(teacher, row.count) ? 1 : 0
  }
}
