/// How undecided a model is: the entropy  H( softmax(s/T) )  of its own distribution over the words, in nats, a row. No loss:
/// it has no gradient.
public struct EntropyObjective: VocabularyObjective {
  private let temperature: Double
  public let readsTeacher = false

  /// - Parameter temperature: T > 0.
  public init(temperature: Double) {
    precondition(temperature > 0, "a temperature must be positive")
    self.temperature = temperature
  }

  public func applies(toRow row: Int) -> Bool { true }

  public func evaluate(_ row: VocabularyRow) -> Double {
    precondition(row.gradient == nil, "an entropy is measured, not trained on")
    return RowKernels.softEntropy(
      of: row.student, row.count, temperature: temperature, scratch: row.scratch)
  }
}
