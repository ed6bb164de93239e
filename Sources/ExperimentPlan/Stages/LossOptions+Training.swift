// What a loss asks of the training around it: its batches, its steps, and that something is trained.
import RetortDistillation
import RetortTransformers

extension LossOptions {
  /// What one should know of the terms with a weight before one trains on them, whatever the training is: a line each.
  var notes: [String] {
    counting.flatMap { weighted in weighted.term.notes.map { "note on \(weighted.name): \($0)" } }
  }

  private var counting: [WeightedTerm] { terms.filter(\.counts) }

  /// The same that follows from the batches and steps of a training.
  /// - Parameter totalSteps: of the whole stage; nil where it is not known.
  func notes(_ batching: BatchingOptions, totalSteps: Int?) -> [String] {
    counting.flatMap { weighted -> [String] in
      let late = weighted.schedules.compactMap { key, value in
        value.note(totalSteps: totalSteps).map { "its \(key) \($0)" }
      }
      let coupled = batching.accumulate > 1 ? weighted.term.coupling : nil
      let notes =
        coupled.map { ["\($0.words) are taken over \(batching.words), not over all of a step"] }
        ?? []
      return (notes + late).map { "note on \(weighted.name): \($0)" }
    }
  }

  /// Reports batches that a term learns nothing of, and a loss that trains nothing.
  /// - Parameter student: what is trained, before a stage gives it another head.
  func checkTraining(
    _ stage: StageDefinition, _ student: ModelShape, in checks: inout DefinitionChecks
  ) {
    let path = "stages.\(stage.id)"
    guard !checks.mistakes.touch("\(path).loss") else { return }
    let size = stage.training.batching.batchSize
    for weighted in counting {
      guard let coupling = weighted.term.coupling, size < coupling.leastSequences else { continue }
      checks.report(
        "\(path).batching.batch_size",
        expected: "at least \(coupling.leastSequences), for "
          + "\(weighted.name)", found: "\(size)",
        advice: "\(coupling.words) are taken over the sentences of a batch")
    }
    checkReach(stage, student, in: &checks)
  }

  /// A head is never frozen, so a loss that reads logits trains something.
  private func checkReach(
    _ stage: StageDefinition, _ student: ModelShape, in checks: inout DefinitionChecks
  ) {
    let reads = counting.reduce(Observations.nothing) { $0.union($1.term.readsOfStudent) }
    let frozen = stage.training.freeze
    guard let configuration = student.configuration, !frozen.isEmpty, !reads.isEmpty,
      reads.vocabularyLogits == nil, !reads.classLogits
    else { return }
    let reach = reads.reach(of: configuration, heads: [])
    let isTrained = configuration.parameterSizes(heads: []).contains { parameter in
      !reach.unreached.contains(parameter.path)
        && !frozen.contains { $0.covers(parameter: parameter.path) }
    }
    guard !isTrained else { return }
    checks.report(
      "stages.\(stage.id).freeze", expected: "something left to train that the loss reaches",
      found: "[\(frozen.map(\.description).joined(separator: ", "))]",
      advice: reach.unreached.isEmpty
        ? "leave a group out" : "without freeze the loss would train \(reach.words)")
  }
}

extension ResolvedDefinition {
  /// What one should know of the losses of its stages before any is trained, a line each.
  public var lossNotes: [String] {
    stages.flatMap { stage in stage.lossNotes().map { "\(stage.id): \($0)" } }
  }
}

extension StageDefinition {
  /// What one should know of its loss before it is trained, a line each.
  /// - Parameter totalSteps: where it is known from the data; if not given, what the limit says.
  func lossNotes(totalSteps: Int? = nil) -> [String] {
    work.loss.notes + trainingNotes(totalSteps: totalSteps)
  }

  /// Those that follow from its batches and steps.
  func trainingNotes(totalSteps: Int? = nil) -> [String] {
    var limit: Int?
    if case .steps(let steps) = training.limit { limit = steps }
    return work.loss.notes(training.batching, totalSteps: totalSteps ?? limit)
  }
}

extension BatchingOptions {
  /// After "taken over".
  fileprivate var words: String {
    "each of the \(accumulate) batches of \(batchSize) by itself"
  }
}
