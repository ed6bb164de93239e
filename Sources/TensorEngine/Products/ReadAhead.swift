/// Memory that a later panel will be packed from, called into the second cache two lines at a time while sums run: the
/// weights of a model are read once a pass, from beyond every cache, and would be waited for otherwise.
struct ReadAhead {
  let first: UnsafePointer<Float>
  /// From one line to the other of a pair, in values.
  let pair: Int
  /// From one pair to the next.
  let step: Int
  /// Inner indices of the sums at hand between one pair and the next.
  let turns: Int

  /// A panel's source is called in by sixteenths.
  static let parts = 16
}

extension ProductSide {
  /// A part of what a panel is packed from.
  /// - Parameters:
  ///   - outer: the panel's first outer index.
  ///   - part: which sixteenth, from 0.
  ///   - speed: how many sixteenths the sums at hand have to call in.
  func readAhead(outer: Int, inner: Range<Int>, part: Int, speed: Int) -> ReadAhead {
    let turns = max(1, ReadAhead.parts / speed)
    guard !isInnerContiguous else {
      // Two rows of sixteen values a line.
      return ReadAhead(
        first: base + (outer + 2 * part) * stride + inner.lowerBound, pair: stride,
        step: vectorWidth, turns: turns)
    }
    let rows = (inner.count + ReadAhead.parts - 1) / ReadAhead.parts
    return ReadAhead(
      first: base + (inner.lowerBound + part * rows) * stride + outer, pair: vectorWidth,
      step: stride, turns: turns)
  }
}
