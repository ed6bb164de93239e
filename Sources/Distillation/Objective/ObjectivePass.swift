// One batch through teacher, student and objective.
import RetortText
import RetortTransformers

/// Computes the terms' sums over a batch and, in a recording scope, the seeds of the backward pass.
struct ObjectivePass {
  let student: TransformerModel
  let teacher: (any TeacherSource)?
  /// Resolved for student and teachers, and as it is at the step.
  let objective: Objective
  /// The terms' own, by term.
  let parameters: [[Parameter]]
  /// Of the step, by term.
  let weights: [Double]
  let counts: RowCounts
  let scope: ComputeScope
  /// Whether the terms' further measurements, such as the teacher's entropy, are taken too.
  var measures = false

  /// The sum of each term over its rows, and the sums of further measurements.
  struct Sums {
    var terms: [Double]
    var measurements: [String: Measurement] = [:]
  }

  struct Measurement {
    var rows: TermRows
    var sum: Double
  }

  func run(
    _ batch: TrainingBatch, at place: BatchPlace, mode: ForwardMode
  ) throws -> Sums {
    var sums = Sums(terms: [Double](repeating: 0, count: objective.terms.count))
    let layout = SequenceLayout(batch.packed)
    let reads = objective.readsOfStudent
    let logitRows = logitRows(reads.vocabularyLogits, batch, layout)
    guard
      logitRows != nil || !reads.hiddenStates.isEmpty || !reads.projections.isEmpty
        || reads.classLogits
    else { return sums }

    let targets = try Targets(
      of: teacher, for: objective, batch.packed, layout, at: place, logitRows: logitRows)
    let observed = student.observe(
      batch.packed, layout: layout, hiddenStates: reads.hiddenStates,
      projections: reads.projections, logitRows: logitRows, classLogits: reads.classLogits,
      mode: mode, in: scope)
    if let logitRows, let last = observed.last {
      vocabularyTerms(
        of: batch, layout: layout, last: last, rows: logitRows,
        targets: targets, mode: mode, into: &sums)
    }
    for (index, weighted) in objective.terms.enumerated() {
      guard let term = weighted.term as? any TensorTerm else { continue }
      sums.terms[index] = term.sum(
        over: TermBatch(
          student: observed.tensors, teacher: targets.tensors(for: weighted, in: scope),
          words: batch.words, classes: batch.classes, numbers: batch.numbers, layout: layout,
          parameters: parameters[index]),
        gradientScale: counts.gradientScale(over: term.rows, weight: weights[index]), in: scope)
    }
    return sums
  }

  /// The rows whose logits are computed; nil where nobody reads any, or nothing is masked.
  private func logitRows(
    _ positions: TokenPositions?, _ batch: TrainingBatch, _ layout: SequenceLayout
  ) -> RowSelection? {
    switch positions {
    case nil: return nil
    case .all: return layout.allRows
    case .masked:
      let masked = batch.words.maskedRows
      return masked.isEmpty ? nil : RowSelection(layout: layout, rows: masked)
    }
  }

  private func vocabularyTerms(
    of batch: TrainingBatch, layout: SequenceLayout,
    last: (rows: Tensor, selection: RowSelection), rows: RowSelection, targets: Targets,
    mode: ForwardMode, into sums: inout Sums
  ) {
    guard let head = student.maskedLanguageHead else {
      preconditionFailure("a student without a masked-LM head has no logits")
    }
    let selected =
      last.selection.count == rows.count ? last.rows : scope.rows(rows.rows, of: last.rows)
    let features = head.transform(
      selected, placement: rows.placement, mode: mode, in: scope)
    let labels = rows.rows.map { batch.words[Int($0)] }
    var objectives: [WeightedObjective] = []
    var places: [Int] = []
    var measured: [(name: String, rows: TermRows, objective: WeightedObjective)] = []
    let teachers = objective.vocabularyTeachers
    for (index, weighted) in objective.terms.enumerated() {
      guard let term = weighted.term as? any VocabularyTerm else { continue }
      let known = VocabularyRows(
        labels: labels,
        teacherLogits: term.readsTeacher
          ? targets.topLogits(for: weighted, temperature: term.temperatureOfKeptLogits) : nil)
      let logits = weighted.logits(among: teachers)
      let rowWeights = term.rows.weights(layout: layout, words: batch.words).map { all in
        rows.rows.map { all[Int($0)] }
      }
      places.append(index)
      objectives.append(
        WeightedObjective(
          term.objective(of: known),
          gradientScale: counts.gradientScale(over: term.rows, weight: weights[index]),
          rowWeights: rowWeights, teacher: logits))
      guard measures else { continue }
      for (name, objective) in term.measurements(of: known) {
        measured.append(
          (
            name, term.rows,
            WeightedObjective(
              objective, gradientScale: 0, rowWeights: rowWeights, teacher: logits)
          ))
      }
    }
    // Measurements last: they add nothing to a gradient that a term has written.
    let values = scope.vocabularyHead(
      hidden: features, decoder: head.decoder, bias: head.decoderBias,
      teachers: targets.vocabularies(of: teachers),
      objectives: objectives + measured.map(\.objective))
    for (place, value) in zip(places, values) { sums.terms[place] = value }
    for (measurement, value) in zip(measured, values.dropFirst(places.count)) {
      sums.measurements[measurement.name] = Measurement(rows: measurement.rows, sum: value)
    }
  }
}

extension WeightedTerm {
  /// Which of the vocabulary logits of these teachers the term is given.
  fileprivate func logits(among teachers: [String?]) -> TeacherLogits {
    let places = ofTeachers { teachers.firstIndex(of: $0) ?? 0 }
    guard places.count > 1, let combination else { return .of(places[0]) }
    return .combined(
      places, combination.ofVocabulary(temperature: term.temperatureOfTeacher ?? 1))
  }
}
