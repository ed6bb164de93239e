/// Reductions and updates over one row of values, whatever its length: the building blocks of softmax,
/// normalisation and the losses. Sums are taken in sixteen lanes and folded in one fixed order.
enum RowKernels {
  static func sum(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var total = Vector.zero
    forEachVector(count) {
      total += load(x + $0)
    } rest: {
      total += load(x + $0, count: $1)
    }
    return total.laneSum
  }

  static func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) -> Float {
    var total = Vector.zero
    forEachVector(count) {
      total.addProduct(load(x + $0), load(y + $0))
    } rest: {
      total.addProduct(load(x + $0, count: $1), load(y + $0, count: $1))
    }
    return total.laneSum
  }

  static func maximum(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var highest = Vector(repeating: -.infinity)
    forEachVector(count) {
      highest = highest.maximum(load(x + $0))
    } rest: {
      highest = highest.maximum(load(x + $0, count: $1, filler: -.infinity))
    }
    return highest.laneMaximum
  }

  /// y += x
  static func add(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ count: Int) {
    forEachVector(count) {
      store(load(y + $0) + load(x + $0), y + $0)
    } rest: {
      store(load(y + $0, count: $1) + load(x + $0, count: $1), y + $0, count: $1)
    }
  }

  /// x *= factor
  static func scale(_ x: UnsafeMutablePointer<Float>, by factor: Float, _ count: Int) {
    let factor = Vector(repeating: factor)
    forEachVector(count) {
      store(load(x + $0) * factor, x + $0)
    } rest: {
      store(load(x + $0, count: $1) * factor, x + $0, count: $1)
    }
  }

  /// y = exp((x - shift) · factor); returns the sum of y. x and y may be the same memory.
  static func exponentials(
    of x: UnsafePointer<Float>, minus shift: Float, times factor: Float,
    into y: UnsafeMutablePointer<Float>, _ count: Int
  ) -> Float {
    let (shift, factor) = (Vector(repeating: shift), Vector(repeating: factor))
    var total = Vector.zero
    forEachVector(count) {
      let e = exponential((load(x + $0) - shift) * factor)
      store(e, y + $0)
      total += e
    } rest: {
      let e = exponential((load(x + $0, count: $1, filler: -.infinity) - shift) * factor)
      store(e, y + $0, count: $1)
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
