// What the teachers of a batch give to each term.
import RetortText
import RetortTransformers

extension ObjectivePass {
  /// The targets of every teacher that is read, by its name; of the only one by none.
  struct Targets {
    private var all: [String?: TeacherTargets] = [:]

    /// - Parameters:
    ///   - teacher: nil for an objective that reads none.
    ///   - logitRows: rows whose vocabulary logits are read; nil for none.
    init(
      of teacher: (any TeacherSource)?, for objective: Objective, _ batch: PackedBatch,
      _ layout: SequenceLayout, at place: BatchPlace, logitRows: RowSelection?
    ) throws {
      guard let teacher else { return }
      func ask(_ source: any TeacherSource, _ reads: Observations) throws -> TeacherTargets {
        try source.targets(
          for: batch, layout: layout, at: place,
          request: TeacherRequest(
            hiddenStates: reads.hiddenStates, projections: reads.projections,
            pooled: reads.pooled,
            logitRows: reads.vocabularyLogits == nil ? nil : logitRows,
            classLogits: reads.classLogits))
      }
      let names = objective.teacherNames
      guard !names.isEmpty else {
        all[.none] = try ask(teacher, objective.readsOfTeacher)
        return
      }
      for name in names {
        all[name] = try ask(teacher.named(name), objective.reads(ofTeacher: name))
      }
    }

    /// The vocabulary logits of teachers, in the order of their names; none where a store has the largest alone.
    func vocabularies(of names: [String?]) -> [TeacherVocabulary] {
      let found = names.compactMap { all[$0]?.vocabulary }
      precondition(
        found.isEmpty || found.count == names.count, "vocabulary logits of some teachers alone")
      return found
    }

    /// What was kept of the logits that a term reads, of its only teacher.
    func topLogits(for weighted: WeightedTerm, temperature: Double?) -> TopLogits? {
      all[weighted.teachers.first]?.topLogits[temperature]
    }

    /// Hidden states and class logits for a term; those of several teachers combined.
    func tensors(for weighted: WeightedTerm, in scope: ComputeScope) -> ObservedTensors {
      let targets = weighted.ofTeachers { all[$0]?.tensors ?? ObservedTensors() }
      guard let combination = weighted.combination, targets.count > 1 else { return targets[0] }
      let logits = targets.map(\.classLogits)
      let (rows, columns) = (logits[0].rows, logits[0].columns)
      let combined = combination.combined(
        logits.map { $0.copyValues() }, columns: columns,
        temperature: weighted.term.temperatureOfTeacher ?? 1)
      var tensors = ObservedTensors()
      tensors.add(classLogits: scope.input(combined, rows: rows, columns: columns))
      return tensors
    }
  }
}
