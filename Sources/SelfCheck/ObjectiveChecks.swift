import RetortTransformers

/// Every loss by itself, with the gradients of all it differentiates.
struct ObjectiveChecks {
  let engine: Engine

  private let rows = HashedBatch.tokenCount
  private let columns = 51
  private let vocabularySize = 1237

  func measure() -> [Measurement] {
    crossEntropy() + maskedLanguage() + softTargets() + topSoftTargets() + cosine()
  }

  private func crossEntropy() -> [Measurement] {
    let probe = OperationProbe(.crossEntropy, on: engine)
    let logits = probe.input("logits", rows: rows, columns: 5, scale: 16)
    let losses = probe.scope.crossEntropy(
      logits: logits, labels: probe.hash("labels").integers(rows, below: 5),
      gradientScale: 1 / Double(rows))
    probe.record("losses", Fingerprint(of: losses))
    probe.recordGradients(inputs: ["logits": logits])
    return probe.measurements
  }

  private func cosine() -> [Measurement] {
    let probe = OperationProbe(.cosine, on: engine)
    let student = probe.input("student", rows: rows, columns: columns)
    let losses = probe.scope.cosineEmbeddingLoss(
      student: student, teacher: probe.input("teacher", rows: rows, columns: columns),
      gradientScale: 1 / Double(rows))
    probe.record("losses", Fingerprint(of: losses))
    probe.recordGradients(inputs: ["student": student])
    return probe.measurements
  }

  /// Every third row has a label.
  private func maskedLanguage() -> [Measurement] {
    let probe = OperationProbe(.maskedLanguage, on: engine)
    let words = probe.hash("labels").integers(rows, below: vocabularySize)
    let labels = words.enumerated().map { $0.offset % 3 == 0 ? $0.element : -1 }
    return measure(
      MaskedLanguageObjective(labels: labels),
      meanOver: labels.count { $0 >= 0 }, probe)
  }

  private func softTargets() -> [Measurement] {
    let probe = OperationProbe(.softTargets, on: engine)
    let size = 35
    let teacher = TeacherVocabulary(
      hidden: probe.input("teacher hidden", rows: rows, columns: size, scale: 2),
      decoder: probe.parameter("teacher decoder", .weight, [vocabularySize, size]),
      bias: probe.parameter("teacher bias", .bias, [vocabularySize]))
    return measure(
      SoftTargetObjective(.hinton(temperature: 2)), meanOver: rows,
      teacher: teacher, probe)
  }

  /// Seven words of a row are kept.
  private func topSoftTargets() -> [Measurement] {
    let probe = OperationProbe(.topSoftTargets, on: engine)
    let kept = 7
    let hash = probe.hash("kept")
    let places = (0..<rows * kept).map { (row: $0 / kept, place: $0 % kept) }
    let teacher = TopLogits(
      rows: rows, count: kept,
      values: places.map { (4 - Float($0.place) * 0.5) + hash.unit($0.row * kept + $0.place) },
      ids: places.map { Int32((37 * $0.row + 61 * $0.place) % vocabularySize) },
      logNormalizers: [Float](repeating: 4, count: rows))
    return measure(
      TopKSoftTargetObjective(teacher: .stored(teacher), temperature: 2, scale: .tSquared),
      meanOver: rows, probe)
  }

  /// An objective at the end of the vocabulary head.
  private func measure(
    _ objective: any VocabularyObjective, meanOver count: Int, teacher: TeacherVocabulary? = nil,
    _ probe: OperationProbe
  ) -> [Measurement] {
    let hidden = probe.input("hidden", rows: rows, columns: columns, scale: 2)
    let decoder = probe.parameter("decoder", .weight, [vocabularySize, columns])
    let bias = probe.parameter("bias", .bias, [vocabularySize])
    let sums = probe.scope.vocabularyHead(
      hidden: hidden, decoder: decoder, bias: bias, teacher: teacher,
      objectives: [WeightedObjective(objective, gradientScale: 1 / Double(count))])
    probe.record("loss", Fingerprint(of: sums.map { $0 / Double(count) }))
    probe.recordGradients(
      inputs: ["hidden states": hidden], parameters: ["decoder": decoder, "bias": bias])
    return probe.measurements
  }
}
