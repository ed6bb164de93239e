/// Soft targets on rows of vocabulary logits.
///
/// Gradients are for the student alone. With a gradient scale of 1/(number of rows) forward KL is PyTorch's "batchmean".
public struct SoftTargetObjective: VocabularyObjective {
  let loss: SoftTargetLoss
  let labels: [Int32]?
  public let readsTeacher = true

  /// - Parameters:
  ///   - loss: without a part that couples rows, which stream past one at a time.
  ///   - labels: [R], the right word of each row; nil for a loss that does not need it.
  public init(_ loss: SoftTargetLoss, labels: [Int32]? = nil) {
    precondition(loss.divergence.couplingNumber == nil, "rows of a vocabulary are not coupled")
    precondition(labels != nil || !loss.divergence.needsLabels, "a loss that needs labels")
    (self.loss, self.labels) = (loss, labels)
  }

  public func applies(toRow row: Int) -> Bool { true }

  public func evaluate(_ row: VocabularyRow) -> Double {
    guard let teacher = row.teacher else {
      preconditionFailure("soft targets need the teacher's logits")
    }
    return loss.evaluate(
      count: row.count, student: row.student, teacher: teacher,
      label: labels.map { Int($0[row.index]) } ?? -1, gradient: row.gradient,
      gradientScale: row.gradientScale, adds: row.adds, scratch: row.scratch)
  }
}

/// The same of hard targets, where of the teacher's logits only the largest was kept.
public struct HardTargetObjective: VocabularyObjective {
  let loss: SoftTargetLoss
  let teacher: TopLogits
  public let readsTeacher = false

  /// - Parameters:
  ///   - loss: of hard targets.
  ///   - teacher: of the rows that are evaluated, in their order; log-normalisers are not read.
  public init(_ loss: SoftTargetLoss, teacher: TopLogits) {
    precondition(loss.targets == .hard, "soft targets need more than the largest logit")
    (self.loss, self.teacher) = (loss, teacher)
  }

  public func applies(toRow row: Int) -> Bool { true }

  public func evaluate(_ row: VocabularyRow) -> Double {
    loss.factor
      * LogitRow(
        count: row.count, student: row.student, teacher: row.student, label: -1,
        temperature: loss.temperature, gradient: row.gradient,
        gradientFactor: loss.gradientFactor(row.gradientScale), adds: row.adds,
        scratch: row.scratch
      ).crossEntropy(with: Int(teacher.ids[row.index * teacher.count]))
  }
}

extension ComputeScope {
  /// Soft targets on rows of class logits, for distilling a classifier.
  /// - Parameters:
  ///   - student: s [N, K], differentiated.
  ///   - teacher: t [N, K], constant.
  ///   - labels: [N], the right class of each row; nil for a loss that does not need it.
  ///   - temperatures: [N], a temperature for each row in place of the loss's own, whose square its value is multiplied by where
  ///     the loss says so; nil for the loss's own. Rows that are coupled have one.
  ///   - gradientScale: what the gradient of each row's loss is multiplied by, besides its weight.
  ///   - rowWeights: [N], what each row's loss and gradient are multiplied by; nil for 1 each.
  /// - Returns: the N losses, scale and weights included. A part that couples the rows of the batch is in each of them.
  public func softTargets(
    _ loss: SoftTargetLoss, student: Tensor, teacher: Tensor, labels: [Int32]? = nil,
    temperatures: [Float]? = nil, gradientScale: Double, rowWeights: [Double]? = nil
  ) -> [Double] {
    precondition(
      student.shape == teacher.shape, "student \(student.shape) and teacher \(teacher.shape)")
    let (rows, classes) = (student.rows, student.columns)
    for count in [labels?.count, rowWeights?.count, temperatures?.count] {
      precondition(
        count == nil || count == rows, "\(count ?? 0) values for rows of \(student.shape)")
    }
    precondition(labels != nil || !loss.divergence.needsLabels, "a loss that needs labels")
    precondition(
      temperatures == nil || loss.divergence.couplingNumber == nil,
      "rows that are coupled have one temperature")
    let (s, t) = (student.pointer, teacher.pointer)
    let gradient = seed(student)
    let weights = rowWeights ?? [Double](repeating: 1, count: rows)
    let cost = OperationCost(
      .losses, .forward, values: (gradient == nil ? 2 : 3) * rows * classes)
    return engine.perform(cost) {
      var values = weights.enumerated().map { row, weight in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * classes) { scratch in
          guard let scratch = scratch.baseAddress else { return 0.0 }
          return weight
            * (temperatures.map { loss.at(temperature: $0[row]) } ?? loss).evaluate(
              count: classes, student: s + row * classes, teacher: t + row * classes,
              label: labels.map { Int($0[row]) } ?? -1,
              gradient: gradient.map { $0.pointer + row * classes },
              gradientScale: gradientScale * weight, adds: gradient?.adds ?? false,
              scratch: scratch)
        }
      }
      guard loss.divergence.couplingNumber != nil else { return values }
      let shared =
        loss.factor
        * loss.divergence.evaluate(
          coupling: LogitBatch(
            rows: rows, count: classes, student: s, teacher: t, temperature: loss.temperature,
            gradient: gradient?.pointer,
            gradientFactor: loss.gradientFactor(gradientScale * weights.reduce(0, +))))
      for row in values.indices { values[row] += weights[row] * shared }
      return values
    }
  }
}
