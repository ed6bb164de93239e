// A teacher that was run before: what it said is read from an activation store.
import RetortStorage
import RetortText
import RetortTransformers

/// Gives a training the outputs that were stored for it, batch by batch, after making sure that the batch is the
/// one they were computed of: by its step where words are masked anew in every epoch, by its examples otherwise.
///
/// From last hidden states the head's transformation and decoder are computed again, which is the live
/// teacher's own arithmetic: the same targets to the bit from float32, rounded to 11 bits from binary16. From
/// the largest logits nothing is computed, and the loss is another one (`TopKSoftTargetObjective`).
public final class StoredTeacher: TeacherSource {
  private let store: any ActivationStore
  /// The teacher's own columns.
  private let model: ModelOutputs
  private let head: MaskedLanguageHead?
  private let vocabularySize: Int
  /// How kept logits are read, by temperature, and which of the stored log-normalisers that takes. Nil for neither.
  private let readings: [Double?: Int?]
  private let scope: ComputeScope
  // Memory that is kept from batch to batch.
  private var scratch: [Float] = []
  private var kept: [Double?: TopLogits] = [:]

  /// - Parameters:
  ///   - store: of the stage's teacher outputs.
  ///   - name: of one of several teachers; nil for the only one.
  ///   - identity: what the store must be of, as it was written by.
  ///   - objective: the stage's, as `Objective.taught(from:)` gives it for this store.
  ///   - head: the teacher's; needed if logits are read and the store has none. Its encoder is not.
  ///   - vocabularySize: V, the same for teacher and student.
  /// - Throws: everything that makes the store unfit for this training.
  public init(
    store: any ActivationStore, name: String? = nil, identity: [String: String],
    objective: Objective, head: MaskedLanguageHead?, vocabularySize: Int, engine: Engine
  ) throws(StoredTeacherError) {
    try Self.check(store, isOf: identity)
    guard let model = store.outputs.model(name) else {
      throw .lacks(
        path: store.path, what: [name.map { "outputs of the teacher \($0)" } ?? "one teacher"],
        has: store.outputs.models.map { $0.name ?? "outputs of one teacher" }.joined(
          separator: ", "))
    }
    let asked = name.map(objective.reads(ofTeacher:)) ?? objective.readsOfTeacher
    var readings: [Double?: Int?] = [:]
    let missing = Self.missing(asked, in: model, objective, &readings)
    guard missing.isEmpty else {
      throw .lacks(path: store.path, what: missing, has: model.words)
    }
    precondition(
      head != nil || asked.vocabularyLogits == nil || !model.needsHead,
      "logits from hidden states take the teacher's head")
    self.store = store
    self.model = model
    self.head = head
    self.vocabularySize = vocabularySize
    self.readings = readings
    scope = ComputeScope(engine: engine, recording: false)
  }

  /// A store may have more teachers than a training reads.
  private static func check(
    _ store: any ActivationStore, isOf identity: [String: String]
  ) throws(StoredTeacherError) {
    let others = store.source.keys.filter { !$0.hasPrefix("teachers.") }
    let differences = Set(identity.keys).union(others).sorted()
      .filter { identity[$0] != store.source[$0] }
      .map {
        StoredTeacherError.Difference(name: $0, found: store.source[$0], expected: identity[$0])
      }
    guard differences.isEmpty else {
      throw .ofAnother(path: store.path, differences: differences)
    }
  }

  /// What is asked for and not there, in words.
  /// - Parameter readings: are set for the logits that are kept.
  private static func missing(
    _ asked: Observations, in model: ModelOutputs, _ objective: Objective,
    _ readings: inout [Double?: Int?]
  ) -> [String] {
    var missing: [String] = []
    if let logits = model.topLogits, let positions = asked.vocabularyLogits {
      for reading in objective.readingsOfKeptLogits {
        let place = reading.flatMap(logits.temperatures.firstIndex(of:))
        if let reading, place == nil { missing.append("temperature \(reading)") }
        readings.updateValue(place, forKey: reading)
      }
      if logits.positions == .masked, positions == .all {
        missing.append("logits of all positions")
      }
    }
    // Vectors may be pooled, and logits computed, from the last hidden states.
    let pools = asked.pooled.contains { model.column(of: $0) == nil }
    let isPooledAlone = pools && !asked.hiddenStates.contains(.last)
    let computes = asked.vocabularyLogits != nil && model.needsHead
    for layer in asked.hiddenStates.union(computes ? [.last] : []).sorted()
    where model.column(of: layer) == nil {
      missing.append(layer == .last ? "last hidden states" : "hidden states \(layer)")
    }
    if isPooledAlone, !computes, model.column(of: HiddenLayer.last) == nil {
      for pooling in asked.pooled.map(\.rawValue).sorted() {
        missing.append("vectors of whole sequences (\(pooling))")
      }
    }
    missing += asked.projections.filter { model.column(of: $0) == nil }.map(\.description).sorted()
    if asked.classLogits, model[.classLogits] == nil { missing.append("class logits") }
    return missing
  }

  /// Makes sure, before a training begins, that the store reaches to its end.
  public func check(covers steps: Int) throws {
    guard let store = store as? StageActivationStore, steps > 0,
      store.batchNumber(step: steps - 1, microBatch: 0) == nil
    else { return }
    throw StoredTeacherError.tooShort(path: store.path, steps: store.stepCount, wanted: steps)
  }

  public func targets(
    for batch: PackedBatch, layout: SequenceLayout, at place: BatchPlace, request: TeacherRequest
  ) throws -> TeacherTargets {
    let rows = try rows(of: batch, at: place)
    scope.reset()
    var targets = TeacherTargets()
    let computed = model.needsHead ? request.logitRows : nil
    let pools = request.pooled.filter { model.column(of: $0) == nil }
    var states: [HiddenLayer: Tensor] = [:]
    let layers = request.hiddenStates.union(computed == nil && pools.isEmpty ? [] : [.last])
    for layer in layers.sorted() {
      states[layer] = try tensor(model.column(of: layer), rows, layout)
    }
    var projections: [BlockProjection: ObservedProjection] = [:]
    for asked in request.projections {
      guard let column = model.column(of: asked),
        let tensor = try tensor(column, rows, layout)
      else { continue }
      projections[asked] = ObservedProjection(
        TensorColumns(tensor), size: column.width, headCount: model.headCount ?? 1)
    }
    targets.tensors = ObservedTensors(
      hiddenStates: states, projections: projections,
      classLogits: request.classLogits ? try tensor(model[.classLogits], rows, layout) : nil)
    var pooled = targets.tensors.pooled(pools, layout: layout, in: scope)
    for pooling in request.pooled.subtracting(pools) {
      pooled[pooling] = try tensor(model.column(of: pooling), rows, layout)
    }
    targets.tensors.add(pooled: pooled)
    if let computed, let last = states[.last] {
      targets.vocabulary = head?.teaching(
        hidden: last, rows: layout.allRows, wanted: computed, in: scope)
    }
    if let wanted = request.logitRows, let logits = model.topLogits {
      for (reading, place) in readings {
        targets.topLogits[reading] = try topLogits(
          logits, at: rows, wanted: wanted.rows, reading: reading, place: place)
      }
    }
    return targets
  }

  public func classLogits(ofExample example: Int) throws -> [Float]? {
    guard let store = store as? ExampleActivationStore, let column = model[.classLogits] else {
      return nil
    }
    guard let rows = store.rows(ofSequences: [example]) else {
      throw StoredTeacherError.otherText(path: store.path, example: example)
    }
    var failure: ActivationStoreError?
    let values = [Float](unsafeUninitializedCapacity: column.width) { target, count in
      do throws(ActivationStoreError) {
        try store.outputs.read(.classLogits, of: model, rows: rows, into: target)
        count = column.width
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  public var dimensions: ModelDimensions {
    ModelDimensions(
      layerCount: model.layerCount, hiddenSize: model.hiddenSize, vocabularySize: vocabularySize,
      classCount: model.classCount, headCount: model.headCount)
  }

  /// Where a batch's rows stand, after a comparison of its tokens with those of the teacher.
  private func rows(of batch: PackedBatch, at place: BatchPlace) throws -> StoredRows {
    if let store = store as? StageActivationStore {
      guard let number = store.batchNumber(step: place.step, microBatch: place.microBatch) else {
        throw StoredTeacherError.tooShort(
          path: store.path, steps: store.stepCount, wanted: place.step + 1)
      }
      let stored = store.batch(number)
      guard stored.offsets == batch.offsets, stored.tokenIDs.elementsEqual(batch.tokenIDs) else {
        throw StoredTeacherError.otherTokens(
          path: store.path, step: place.step, microBatch: place.microBatch)
      }
      return store.rows(ofBatch: number)
    }
    guard let store = store as? ExampleActivationStore else {
      preconditionFailure("a store of an unknown form")
    }
    guard let rows = store.rows(ofSequences: batch.examples) else {
      throw StoredTeacherError.otherText(
        path: store.path, example: batch.examples.max() ?? 0)
    }
    let tokenIDs = try store.outputs.tokenIDs(rows)
    var start = 0
    for (number, stored) in rows.tokens.enumerated() {
      let range = Int(batch.offsets[number])..<Int(batch.offsets[number + 1])
      guard stored.count == range.count,
        tokenIDs[start..<start + stored.count].elementsEqual(batch.tokenIDs[range])
      else {
        throw StoredTeacherError.otherText(path: store.path, example: batch.examples[number])
      }
      start += stored.count
    }
    return rows
  }

  /// A column's rows; nil for no column.
  private func tensor(
    _ column: ModelOutputs.Column?, _ rows: StoredRows, _ layout: SequenceLayout
  ) throws -> Tensor? {
    guard let column else { return nil }
    let count = column.output.isOfTokens ? layout.tokenCount : layout.sequenceCount
    return try withScratch(count * column.width) { values in
      try store.outputs.read(column.output, of: model, rows: rows, into: values)
      return scope.input(UnsafeBufferPointer(values), rows: count, columns: column.width)
    }
  }

  /// - Parameter place: of the log-normalisers among the stored ones; nil for none.
  private func topLogits(
    _ layout: ModelOutputs.TopLogits, at stored: StoredRows, wanted rows: [Int32],
    reading: Double?, place: Int?
  ) throws -> TopLogits? {
    let ids = try store.outputs.topLogitIDs(of: model, rows: stored)
    guard ids.allSatisfy({ (0..<vocabularySize).contains(Int($0)) }) else {
      throw StoredTeacherError.foreignWords(path: store.path, vocabularySize: vocabularySize)
    }
    let storedRows = stored.logitCount
    let holdsTheseRows = rows.count == storedRows
    precondition(
      layout.positions == .all || holdsTheseRows,
      "\(rows.count) rows of \(storedRows) stored for the masked positions")
    let normalizers = try place.map {
      (values: try store.outputs.logNormalizers(of: model, rows: stored), place: $0)
    }
    let (k, temperatures) = (layout.count, layout.temperatures.count)
    var kept =
      self.kept.removeValue(forKey: reading)
      ?? TopLogits(rows: 0, count: 0, values: [], ids: [], logNormalizers: [])
    try withScratch(storedRows * k) { values in
      try store.outputs.readTopLogits(of: model, rows: stored, into: values)
      kept.replace(rows: rows.count, count: k, hasNormalizers: place != nil) {
        keptValues, keptIDs, logNormalizers in
        for i in rows.indices {
          // Masked rows of a store of all, or exactly the rows that it has.
          let row = holdsTheseRows ? i : Int(rows[i])
          for j in 0..<k {
            keptValues[i * k + j] = values[row * k + j]
            keptIDs[i * k + j] = ids[row * k + j]
          }
          if let normalizers {
            logNormalizers[i] = normalizers.values[row * temperatures + normalizers.place]
          }
        }
      }
    }
    self.kept[reading] = kept
    return kept
  }

  private func withScratch<Result>(
    _ count: Int, _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    if scratch.count < count { scratch = [Float](repeating: 0, count: count) }
    return try scratch.withUnsafeMutableBufferPointer {
      try body(UnsafeMutableBufferPointer(rebasing: $0[..<count]))
    }
  }
}

extension Objective {
  /// The objective that stores of these outputs can teach: where they have logits, those take the place of the
  /// whole distribution.
  public func taught(from models: [ModelOutputs]) throws(NeedsAllLogits) -> Objective {
    guard let logits = models.lazy.compactMap(\.topLogits).first else { return self }
    return try keeping(logits: logits.count)
  }
}
