// A teacher that was run before: what it said is read from an activation store.
import RetortStorage
import RetortText
import RetortTransformers

/// Gives a training the outputs that were stored for it, batch by batch, after making sure that the batch is the
/// one they were computed of.
///
/// From last hidden states the head's transformation and decoder are computed again, which is the live
/// teacher's own arithmetic: the same targets to the bit from float32, rounded to 11 bits from binary16. From
/// the largest logits nothing is computed, and the loss is another one (`TopKSoftTargetObjective`).
public final class StoredTeacher: TeacherSource {
  private let store: StageActivationStore
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
  ///   - identity: what the store must be of, as it was written by.
  ///   - objective: the stage's, as `Objective.taught(from:)` gives it for this store.
  ///   - head: the teacher's; needed if logits are read and the store has none. Its encoder is not.
  ///   - vocabularySize: V, the same for teacher and student.
  /// - Throws: everything that makes the store unfit for this training.
  public init(
    store: StageActivationStore, identity: [String: String], objective: Objective,
    head: MaskedLanguageHead?, vocabularySize: Int, engine: Engine
  ) throws(StoredTeacherError) {
    let names = Set(identity.keys).union(store.source.keys).sorted()
    let differences = names.filter { identity[$0] != store.source[$0] }.map {
      StoredTeacherError.Difference(name: $0, found: store.source[$0], expected: identity[$0])
    }
    guard differences.isEmpty else {
      throw .ofAnother(path: store.path, differences: differences)
    }
    let (asked, layout) = (objective.readsOfTeacher, store.layout)
    var readings: [Double?: Int?] = [:]
    if let logits = layout.topLogits, let positions = asked.vocabularyLogits {
      for reading in objective.readingsOfKeptLogits {
        let place = reading.flatMap(logits.temperatures.firstIndex(of:))
        if let reading, place == nil {
          throw .lacks(
            path: store.path, what: "temperature \(reading)",
            has: logits.temperatures.isEmpty
              ? "none" : logits.temperatures.map { "\($0)" }.joined(separator: ", "))
        }
        readings.updateValue(place, forKey: reading)
      }
      guard logits.positions == .all || positions == .masked else {
        throw .lacks(path: store.path, what: "logits of all positions", has: "masked ones only")
      }
    }
    let computesLogits = asked.vocabularyLogits != nil && layout.topLogits == nil
    let stored = layout.hiddenStates?.layers ?? []
    for layer in asked.hiddenStates.union(computesLogits ? [.last] : []).sorted()
    where !stored.contains(layer.storedName) {
      throw .lacks(
        path: store.path,
        what: layer == .last ? "last hidden states" : "hidden states \(layer)",
        has: stored.isEmpty ? "logits only" : "hidden states \(stored.joined(separator: ", "))")
    }
    guard asked.projections.isEmpty else { throw .holdsNoAttention(path: store.path) }
    guard !asked.classLogits else {
      throw .lacks(path: store.path, what: "class logits", has: "outputs for masked text")
    }
    precondition(
      head != nil || !computesLogits, "logits from hidden states take the teacher's head")
    self.store = store
    self.head = head
    self.vocabularySize = vocabularySize
    self.readings = readings
    scope = ComputeScope(engine: engine, recording: false)
  }

  /// Makes sure, before a training begins, that the store reaches to its end.
  public func check(covers steps: Int) throws(StoredTeacherError) {
    guard steps > 0, store.batchNumber(step: steps - 1, microBatch: 0) == nil else { return }
    throw .tooShort(path: store.path, steps: store.stepCount, wanted: steps)
  }

  public func targets(
    for batch: PackedBatch, layout: SequenceLayout, at place: BatchPlace, request: TeacherRequest
  ) throws -> TeacherTargets {
    guard let number = store.batchNumber(step: place.step, microBatch: place.microBatch) else {
      throw StoredTeacherError.tooShort(
        path: store.path, steps: store.stepCount, wanted: place.step + 1)
    }
    let stored = store.batch(number)
    guard stored.offsets == batch.offsets, stored.tokenIDs.elementsEqual(batch.tokenIDs) else {
      throw StoredTeacherError.otherTokens(
        path: store.path, step: place.step, microBatch: place.microBatch)
    }
    scope.reset()
    var targets = TeacherTargets()
    let computed = store.layout.topLogits == nil ? request.logitRows : nil
    var states: [HiddenLayer: Tensor] = [:]
    for layer in request.hiddenStates.union(computed == nil ? [] : [.last]).sorted() {
      states[layer] = hiddenStates(layer, ofBatch: number, rows: layout.tokenCount)
    }
    targets.tensors = ObservedTensors(hiddenStates: states)
    if let computed, let last = states[.last] {
      targets.vocabulary = head?.teaching(
        hidden: last, rows: layout.allRows, wanted: computed, in: scope)
    }
    if let wanted = request.logitRows {
      for (reading, place) in readings {
        targets.topLogits[reading] = try topLogits(
          ofBatch: number, rows: wanted.rows, reading: reading, place: place)
      }
    }
    return targets
  }

  public var dimensions: ModelDimensions {
    ModelDimensions(
      hiddenSize: store.layout.hiddenStates?.hiddenSize, vocabularySize: vocabularySize)
  }

  /// [T, C]
  private func hiddenStates(
    _ layer: HiddenLayer, ofBatch number: Int, rows: Int
  ) -> Tensor {
    let columns = store.layout.hiddenStates?.hiddenSize ?? 0
    return withScratch(rows * columns) { states in
      store.readHiddenStates(layer.storedName, ofBatch: number, into: states)
      return scope.input(UnsafeBufferPointer(states), rows: rows, columns: columns)
    }
  }

  /// - Parameter place: of the log-normalisers among the stored ones; nil for none.
  private func topLogits(
    ofBatch number: Int, rows: [Int32], reading: Double?, place: Int?
  ) throws(StoredTeacherError) -> TopLogits? {
    guard let layout = store.layout.topLogits else { return nil }
    let ids = store.topLogitIDs(ofBatch: number)
    guard ids.allSatisfy({ (0..<vocabularySize).contains(Int($0)) }) else {
      throw .foreignWords(path: store.path, vocabularySize: vocabularySize)
    }
    let storedRows = store.logitRowCount(ofBatch: number)
    let holdsTheseRows = rows.count == storedRows
    precondition(
      layout.positions == .all || holdsTheseRows,
      "\(rows.count) rows of \(storedRows) stored for the masked positions")
    let normalizers = place.map { (values: store.logNormalizers(ofBatch: number), place: $0) }
    let (k, temperatures) = (layout.count, layout.temperatures.count)
    var kept =
      self.kept.removeValue(forKey: reading)
      ?? TopLogits(rows: 0, count: 0, values: [], ids: [], logNormalizers: [])
    withScratch(storedRows * k) { values in
      store.readTopLogits(ofBatch: number, into: values)
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
    _ count: Int, _ body: (UnsafeMutableBufferPointer<Float>) -> Result
  ) -> Result {
    if scratch.count < count { scratch = [Float](repeating: 0, count: count) }
    return scratch.withUnsafeMutableBufferPointer {
      body(UnsafeMutableBufferPointer(rebasing: $0[..<count]))
    }
  }
}

extension HiddenLayer {
  /// What a store calls it.
  var storedName: String { description }

  init?(storedName: String) {
    if storedName == StageActivationLayout.HiddenStates.lastLayer {
      self = .last
    } else if let number = Int(storedName) {
      self = .number(number)
    } else {
      return nil
    }
  }
}

extension Objective {
  /// The objective that a store of this layout can teach: where it has logits, they take the place of the
  /// whole distribution.
  public func taught(from layout: StageActivationLayout) throws(NeedsAllLogits) -> Objective {
    guard let logits = layout.topLogits else { return self }
    return try keeping(logits: logits.count)
  }
}
