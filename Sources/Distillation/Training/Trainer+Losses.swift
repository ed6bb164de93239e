// A step's batches through the objective, whole or broken down by term.
import RetortTransformers

extension Trainer {
  /// Losses of one step's batches; in a recording scope also their gradients.
  func pass(
    over batches: [TrainingBatch], step: Int, objective: Objective, parameters: [[Parameter]],
    measures: Bool = false, modes: [ForwardMode], in scope: ComputeScope
  ) throws -> (losses: StepLosses, measurements: [String: Double]) {
    let counts = try RowCounts(batches, weightedBy: objective.weighsExamples ? teacher : nil)
    let weights = objective.weights(step: step, of: totalSteps)
    let objective = objective.at(step: step, of: totalSteps)
    let pass = ObjectivePass(
      student: job.model, teacher: objective.needsTeacher ? teacher : nil, objective: objective,
      parameters: parameters, weights: weights, counts: counts, scope: scope, measures: measures)
    var sums = [Double](repeating: 0, count: objective.terms.count)
    var measured: [String: ObjectivePass.Measurement] = [:]
    for (microBatch, batch) in batches.enumerated() {
      scope.reset()
      let found = try pass.run(
        batch, at: BatchPlace(step: step, microBatch: microBatch), mode: modes[microBatch])
      for index in sums.indices { sums[index] += found.terms[index] }
      measured.merge(found.measurements) { .init(rows: $0.rows, sum: $0.sum + $1.sum) }
      if scope.isRecording { scope.backward() }
    }
    let terms = zip(objective.terms, sums).map { weighted, sum in
      StepLosses.Term(
        name: weighted.name, value: counts.mean(over: weighted.term.rows, of: sum))
    }
    let total = zip(weights, terms).reduce(0) { $0 + $1.0 * $1.1.value }
    return (
      StepLosses(terms: terms, total: total),
      measured.mapValues { counts.mean(over: $0.rows, of: $0.sum) }
    )
  }

  /// What the first step begins with: its losses before any update, without dropout.
  public func initialLosses() throws -> StepLosses {
    let batches = try job.order(ofEpoch: 0).prefix(settings.accumulation).enumerated().map {
      try job.batch($1, at: BatchPlace(step: 0, microBatch: $0))
    }
    return try pass(
      over: batches, step: 0, objective: settings.objective, parameters: objectiveParameters,
      modes: batches.map { _ in .inference }, in: ComputeScope(engine: engine, recording: false)
    ).losses
  }

  /// Breaks a step's gradient down: every term by itself through the same batches, with the same dropout. The
  /// parameters have no gradient before and none after, and nothing else of the training is touched.
  ///
  /// It costs a forward and backward pass a term, and memory for the gradients of all.
  func breakdown(
    of batches: [TrainingBatch], step: Int, modes: [ForwardMode]
  ) throws -> GradientBreakdown {
    var values: [Double] = []
    var gradients: [[[Float]?]] = []
    var measured: [String: Double] = [:]
    let objective = settings.objective
    for (term, parameters) in zip(objective.terms, objectiveParameters) {
      let (losses, measurements) = try pass(
        over: batches, step: step, objective: objective.alone(term.name),
        parameters: [parameters], measures: true, modes: modes, in: scope)
      values += losses.terms.map(\.value)
      for (measure, value) in measurements {
        measured[objective.name(ofMeasure: measure, by: term)] = value
      }
      gradients.append(optimizer.parameters.map { $0.gradientValues() })
      clearGradients()
    }
    let norms = gradients.map { Self.product($0, $0).squareRoot() }
    let cosines = GradientBreakdown.pairs(termCount: gradients.count).map { first, second in
      let lengths = norms[first] * norms[second]
      return lengths == 0 ? 0 : Self.product(gradients[first], gradients[second]) / lengths
    }
    return GradientBreakdown(
      step: step + 1, terms: values, gradientNorms: norms, cosines: cosines,
      measurements: measured)
  }

  /// Inner product of two gradients, by parameter; a parameter without one has zeros.
  private static func product(_ one: [[Float]?], _ other: [[Float]?]) -> Double {
    zip(one, other).reduce(0) { sum, pair in
      guard let x = pair.0, let y = pair.1 else { return sum }
      return sum + zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
  }
}
