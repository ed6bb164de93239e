// Which references a record is compared with.
import RetortRecords

extension ReferenceLibrary {
  /// Those that a record's definition names, and all others that have runs of the same models: a band is
  /// made of every run there is. All references for a definition that names none.
  public func references(besides record: RunRecord) throws(ReferenceError) -> [Reference] {
    guard !record.experiment.compareWith.isEmpty else { return references }
    let named = try record.experiment.compareWith.map { id throws(ReferenceError) in
      try reference(id)
    }
    let models = Set(named.flatMap(\.runs).map(\.model))
    return named
      + references.filter { other in
        !named.contains { $0.id == other.id } && other.runs.contains { models.contains($0.model) }
      }
  }
}
