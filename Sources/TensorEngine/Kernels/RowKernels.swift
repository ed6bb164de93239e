/// Reductions and updates over one row of values, whatever its length: the building blocks of softmax,
/// normalisation and the losses. Sums are taken in sixteen lanes and folded in one fixed order.
enum RowKernels {
  static func sum(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var total = Vector.zero
    for part in VectorParts(count) {
      total += load(x, part)
    }
    return total.laneSum
  }

  static func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) -> Float {
    var total = Vector.zero
    for part in VectorParts(count) {
      total.addProduct(load(x, part), load(y, part))
    }
    return total.laneSum
  }

  static func maximum(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var highest = Vector(repeating: -.infinity)
    for part in VectorParts(count) {
      highest = highest.maximum(load(x, part, filler: -.infinity))
    }
    return highest.laneMaximum
  }

  /// y += x
  static func add(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ count: Int) {
    for part in VectorParts(count) {
      store(load(y, part) + load(x, part), y, part)
    }
  }

  /// x *= factor
  static func scale(_ x: UnsafeMutablePointer<Float>, by factor: Float, _ count: Int) {
    let factor = Vector(repeating: factor)
    for part in VectorParts(count) {
      store(load(x, part) * factor, x, part)
    }
  }

  /// y = exp((x - shift) · factor); returns the sum of y. x and y may be the same memory.
  static func exponentials(
    of x: UnsafePointer<Float>, minus shift: Float, times factor: Float,
    into y: UnsafeMutablePointer<Float>, _ count: Int
  ) -> Float {
    let (shift, factor) = (Vector(repeating: shift), Vector(repeating: factor))
    var total = Vector.zero
    for part in VectorParts(count) {
      let e = exponential((load(x, part, filler: -.infinity) - shift) * factor)
      store(e, y, part)
      total += e
    }
    return total.laneSum
  }

  /// x = softmax(x)
  static func softmax(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
    let highest = maximum(x, count)
    let total = exponentials(of: x, minus: highest, times: 1, into: x, count)
    scale(x, by: 1 / total, count)
  }
}
