/// The gradient of a table of which a step touches few rows: memory for those alone.
///
/// DistilBERT's word embeddings are 94 MB and a batch of SST-2 holds some 300 different words, 1 MB of rows.
///
/// A row's values begin at the lane of a vector at which they would lie in the whole table, with zeros around them, so
/// that a sum over its vectors is that of the whole table to the last bit.
final class RowGradient {
  let rows: Int
  let columns: Int
  /// Of each row, where it lies; 0, a row of zeros, for those that nothing was added to.
  private var places: [Int32]
  /// In the order of their places, from 1.
  private(set) var touchedRows: [Int32] = []
  private var memory: AlignedBuffer
  private var base: UnsafeMutablePointer<Float>
  /// Values from one place to the next: a row and what is left of its first and its last vector.
  private var stride: Int { (columns + 2 * (vectorWidth - 1)) / vectorWidth * vectorWidth }

  init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    places = [Int32](repeating: 0, count: rows)
    (memory, base) = Self.allocate(count: 0)
    reserve(1)
  }

  /// Whether anything may have been added to the row.
  func isTouched(_ row: Int) -> Bool { places[row] != 0 }

  /// Makes a row of zeros of each that has none yet.
  func touch(_ ids: UnsafeBufferPointer<Int32>) {
    let before = touchedRows.count
    for id in ids where places[Int(id)] == 0 {
      touchedRows.append(id)
      places[Int(id)] = Int32(touchedRows.count)
    }
    reserve(touchedRows.count + 1)
    (base + (before + 1) * stride)
      .update(repeating: 0, count: (touchedRows.count - before) * stride)
  }

  /// Forgets all rows and keeps their memory.
  func clear() {
    for row in touchedRows { places[Int(row)] = 0 }
    touchedRows.removeAll(keepingCapacity: true)
  }

  /// The values of a row, [columns]; zeros, only to be read, where nothing was added.
  @inline(__always)
  func row(_ row: Int) -> UnsafeMutablePointer<Float> {
    base + Int(places[row]) * stride + (row * columns) % vectorWidth
  }

  /// Σ g² of a range of the whole table's values, in the order in which `RowKernels.dot` adds them.
  /// - Parameter range: begins with a vector, and ends with one or with the table.
  func sumOfSquares(of range: Range<Int>) -> Float {
    var total = Vector.zero
    for row in range.lowerBound / columns...(range.upperBound - 1) / columns where isTouched(row) {
      // A place holds the vectors of the whole table that the row lies in.
      let first = row * columns / vectorWidth * vectorWidth
      let start = max(range.lowerBound, first)
      let end = min(range.upperBound, (row + 1) * columns)
      let place = base + Int(places[row]) * stride
      for offset in Swift.stride(from: start - first, to: end - first, by: vectorWidth) {
        let values = load(place + offset)
        total.addProduct(values, values)
      }
    }
    return total.laneSum
  }

  /// Cuts a range of the whole table's values into rows, each with its part of the gradient.
  func forEachRow(
    of range: Range<Int>, _ body: (_ range: Range<Int>, _ gradient: UnsafePointer<Float>) -> Void
  ) {
    var start = range.lowerBound
    while start < range.upperBound {
      let row = start / columns
      let end = min((row + 1) * columns, range.upperBound)
      body(start..<end, UnsafePointer(self.row(row)) + (start - row * columns))
      start = end
    }
  }

  /// Copies the touched rows into a whole table of zeros.
  func write(to table: UnsafeMutablePointer<Float>) {
    for row in touchedRows {
      (table + Int(row) * columns).update(from: self.row(Int(row)), count: columns)
    }
  }

  /// Room for so many places, the first of them zeros.
  private func reserve(_ places: Int) {
    guard places * stride > memory.values.count else { return }
    let (larger, start) = Self.allocate(count: 2 * places * stride)
    start.update(from: base, count: memory.values.count)
    (memory, base) = (larger, start)
  }

  private static func allocate(count: Int) -> (AlignedBuffer, UnsafeMutablePointer<Float>) {
    let memory = AlignedBuffer(count: count)
    guard let base = memory.values.baseAddress else { preconditionFailure("a buffer of nothing") }
    return (memory, base)
  }
}
