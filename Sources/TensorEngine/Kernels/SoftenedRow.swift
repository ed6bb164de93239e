import Glibc

/// The exponentials of a row of logits x, from which its softmax and the logarithms of it follow:
/// softmax(x/T) = powers / total,  ln softmax(x/T) = (x - highest)/T - ln total.
struct SoftenedRow {
  let logits: UnsafePointer<Float>
  /// exp((x - highest)/T)
  let powers: UnsafeMutablePointer<Float>
  let highest: Float
  /// Of the powers, from 1 to the number of outcomes.
  let total: Double

  /// - Parameters:
  ///   - inverseTemperature: 1/T.
  ///   - powers: where they go, as many as there are logits.
  init(
    _ logits: UnsafePointer<Float>, _ count: Int, inverseTemperature: Float,
    into powers: UnsafeMutablePointer<Float>
  ) {
    (self.logits, self.powers) = (logits, powers)
    highest = RowKernels.maximum(logits, count)
    total = Double(
      RowKernels.exponentials(
        of: logits, minus: highest, times: inverseTemperature, into: powers, count))
  }

  var logTotal: Double { log(total) }
}

extension LogitRow {
  /// Student's and teacher's exponentials, in the row's scratch.
  func softened() -> (student: SoftenedRow, teacher: SoftenedRow) {
    let inverse = 1 / temperature
    return (
      SoftenedRow(student, count, inverseTemperature: inverse, into: scratch),
      SoftenedRow(teacher, count, inverseTemperature: inverse, into: scratch + count)
    )
  }
}

extension RowKernels {
  /// The sum of `value` over a row, taken in blocks: a float32 sum over a whole vocabulary would lose digits.
  @inline(__always)
  static func sumOfBlocks(
    _ count: Int, _ value: (_ start: Int, _ count: Int) -> Float
  ) -> Double {
    var sum = 0.0
    var start = 0
    while start < count {
      let block = min(1024, count - start)
      sum += Double(value(start, block))
      start += block
    }
    return sum
  }

  /// The same of vectors of values.
  @inline(__always)
  static func sum(_ count: Int, of value: (VectorPart) -> Vector) -> Double {
    sumOfBlocks(count) { start, block in
      var total = Vector.zero
      for part in VectorParts(block) {
        total += value(VectorPart(offset: start + part.offset, remaining: part.remaining))
      }
      return total.laneSum
    }
  }

  /// Where outcomes are of a gradient that is added to what is there, or stored.
  @inline(__always)
  static func contribute(
    to gradient: UnsafeMutablePointer<Float>, adds: Bool, _ count: Int,
    _ value: (VectorPart) -> Vector
  ) {
    for part in VectorParts(count) {
      let new = value(part)
      store(adds ? load(gradient, part) + new : new, gradient, part)
    }
  }
}
