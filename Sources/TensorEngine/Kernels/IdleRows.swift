/// Which rows of an embedding no gradient has reached since training began.
///
/// Their moments are zero, and so is their gradient: of AdamW's update  p · decay - s · m / (√v / c + ε)  only the decay
/// is left, to the last bit. On SST-2 most words never occur, so most of the largest parameter's moments need not be
/// read or written.
public final class IdleRows: @unchecked Sendable {
  private var isIdle: [Bool]
  private let columns: Int

  /// Looks through the moments as they are when the first step is taken, new or restored.
  /// - Parameters:
  ///   - rows, columns: of the embedding.
  ///   - firstMoment, secondMoment: [rows, columns] each; nothing but updates may change them from here on.
  public init(rows: Int, columns: Int, firstMoment: AlignedBuffer, secondMoment: AlignedBuffer) {
    self.columns = columns
    isIdle = (0..<rows).map { row in
      let range = row * columns..<(row + 1) * columns
      return firstMoment.values[range].allSatisfy { $0 == 0 }
        && secondMoment.values[range].allSatisfy { $0 == 0 }
    }
  }

  /// To be called before an update with the parameter's gradient as it then is.
  func wake(_ parameter: Parameter) {
    switch parameter.gradient {
    case nil: return
    case .whole: for row in isIdle.indices { isIdle[row] = false }
    case .rows(let some): for row in some.touchedRows { isIdle[Int(row)] = false }
    }
  }

  /// Cuts a range of elements into stretches of rows alike.
  func forEachStretch(of range: Range<Int>, _ body: (_ range: Range<Int>, _ idle: Bool) -> Void) {
    var start = range.lowerBound
    while start < range.upperBound {
      var row = start / columns
      let idle = isIdle[row]
      while row < isIdle.count, isIdle[row] == idle, row * columns < range.upperBound { row += 1 }
      let end = min(row * columns, range.upperBound)
      body(start..<end, idle)
      start = end
    }
  }
}
