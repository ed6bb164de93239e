import Glibc

/// Keeps of every row of logits the k largest and, for each temperature T, log Σᵥ exp(zᵥ/T): what can stand for
/// the row where there is no room for it. Of equal logits the one of the lower id comes first.
///
/// No loss: it rides along in the vocabulary head, whose rows of logits are never all there at once.
public final class TopLogitSelection: VocabularyObjective {
  /// R, k
  public let rows: Int
  public let count: Int
  public let temperatures: [Double]
  public let readsTeacher = false
  // Each row is written by the one worker that evaluates it, before the head returns.
  private nonisolated(unsafe) let keptValues: UnsafeMutableBufferPointer<Float>
  private nonisolated(unsafe) let keptIDs: UnsafeMutableBufferPointer<Int32>
  private nonisolated(unsafe) let sums: UnsafeMutableBufferPointer<Float>

  public init(rows: Int, count: Int, temperatures: [Double]) {
    precondition(count > 0 && temperatures.allSatisfy { $0 > 0 }, "k and T must be positive")
    self.rows = rows
    self.count = count
    self.temperatures = temperatures
    keptValues = .allocate(capacity: rows * count)
    keptIDs = .allocate(capacity: rows * count)
    sums = .allocate(capacity: rows * temperatures.count)
    keptValues.initialize(repeating: 0)
    keptIDs.initialize(repeating: 0)
    sums.initialize(repeating: 0)
  }

  deinit {
    keptValues.deallocate()
    keptIDs.deallocate()
    sums.deallocate()
  }

  /// [R, k], largest first.
  public var values: UnsafeBufferPointer<Float> { UnsafeBufferPointer(keptValues) }
  /// [R, k]
  public var ids: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(keptIDs) }
  /// [R, temperatures]
  public var logNormalizers: UnsafeBufferPointer<Float> { UnsafeBufferPointer(sums) }

  public func applies(toRow row: Int) -> Bool { true }

  public func evaluate(_ row: VocabularyRow) -> Double {
    precondition(row.index < rows && count <= row.count, "the \(count) largest of \(row.count)")
    let places = row.index * count..<(row.index + 1) * count
    Self.select(
      row.student, row.count, values: UnsafeMutableBufferPointer(rebasing: keptValues[places]),
      ids: UnsafeMutableBufferPointer(rebasing: keptIDs[places]))
    let highest = keptValues[places.lowerBound]
    for (i, temperature) in temperatures.enumerated() {
      let total = RowKernels.exponentials(
        of: row.student, minus: highest, times: Float(1 / temperature), into: row.scratch,
        row.count)
      sums[row.index * temperatures.count + i] = Float(
        Double(highest) / temperature + log(Double(total)))
    }
    return 0
  }

  /// A heap of the largest so far, the least of them on top; then it is emptied from behind.
  static func select(
    _ logits: UnsafePointer<Float>, _ words: Int, values: UnsafeMutableBufferPointer<Float>,
    ids: UnsafeMutableBufferPointer<Int32>
  ) {
    let count = values.count
    /// Whether a comes after b in the result.
    func isLess(_ a: Int, _ b: Int) -> Bool {
      values[a] < values[b] || values[a] == values[b] && ids[a] > ids[b]
    }
    func sink(from start: Int, in size: Int) {
      var parent = start
      while true {
        var least = parent
        for child in 2 * parent + 1...2 * parent + 2 where child < size && isLess(child, least) {
          least = child
        }
        guard least != parent else { return }
        values.swapAt(parent, least)
        ids.swapAt(parent, least)
        parent = least
      }
    }
    for word in 0..<count {
      values[word] = logits[word]
      ids[word] = Int32(word)
    }
    for parent in stride(from: count / 2 - 1, through: 0, by: -1) { sink(from: parent, in: count) }
    // Later words have higher ids: an equal one stays outside.
    for word in count..<words where logits[word] > values[0] {
      values[0] = logits[word]
      ids[0] = Int32(word)
      sink(from: 0, in: count)
    }
    for last in stride(from: count - 1, to: 0, by: -1) {
      values.swapAt(0, last)
      ids.swapAt(0, last)
      sink(from: 0, in: last)
    }
  }
}
