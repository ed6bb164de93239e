import Text
import Transformers

extension MaskedLanguageTraining {
  /// Takes a step's objective apart: every term by itself through the same batches, with the same dropout. The
  /// parameters have no gradient before and none after, and nothing else of the training is touched.
  ///
  /// It costs a forward and backward pass a term, and memory for the gradients of all.
  func account(of group: [MaskedBatch], step: Int) throws -> LossAccount {
    var values: [Double] = []
    var gradients: [[[Float]?]] = []
    var teacherEntropy: Double?
    for term in settings.objective.terms {
      let alone = settings.objective.alone(term.name)
      let losses = try losses(
        of: group, step: step, objective: alone, measuresTeacherEntropy: true, in: scope,
        mode: { trainingMode(step: step, microBatch: $0) })
      values += losses.step.terms.map(\.value)
      teacherEntropy = losses.teacherEntropy ?? teacherEntropy
      gradients.append(optimizer.parameters.map { $0.gradientValues() })
      student.clearGradients()
    }
    let norms = gradients.map { Self.product($0, $0).squareRoot() }
    let cosines = LossAccount.pairs(termCount: gradients.count).map { first, second in
      let lengths = norms[first] * norms[second]
      return lengths == 0 ? 0 : Self.product(gradients[first], gradients[second]) / lengths
    }
    return LossAccount(
      step: step + 1, terms: values, gradientNorms: norms, cosines: cosines,
      teacherEntropy: teacherEntropy)
  }

  /// Inner product of two gradients, by parameter; a parameter without one has zeros.
  private static func product(_ one: [[Float]?], _ other: [[Float]?]) -> Double {
    zip(one, other).reduce(0) { sum, pair in
      guard let x = pair.0, let y = pair.1 else { return sum }
      return sum + zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
  }
}

extension DistillationObjective {
  /// One of its terms by itself, with weight 1.
  func alone(_ name: String) -> DistillationObjective {
    var objective = DistillationObjective(softTargets: nil, maskedLanguage: nil, cosine: nil)
    switch name {
    case softTargets?.name:
      objective.softTargets = softTargets
      objective.softTargets?.weight = 1
    case "masked_lm": objective.maskedLanguage = 1
    default: objective.cosine = 1
    }
    return objective
  }
}
