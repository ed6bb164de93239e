import Glibc

/// Temperature-softened divergence of the student from the teacher, in nats:
///
///     T² · KL( softmax(t/T) ‖ softmax(s/T) )      T² keeps the gradient's scale roughly independent of T
///
/// on the rows asked for. Gradient of a row: T · (softmax(s/T) - softmax(t/T)) · gradientScale, for the student
/// alone; 1/(number of rows) makes PyTorch's "batchmean".
/// Source: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531), section 2; reduction and T² as in DistilBERT's
/// distiller.py, lines 411-417.
public struct SoftTargetObjective: VocabularyObjective {
  let temperature: Float
  let gradientScale: Double
  public let readsTeacher = true

  /// - Parameters:
  ///   - temperature: T > 0.
  ///   - gradientScale: what the gradient of each row's loss is multiplied by.
  public init(temperature: Float, gradientScale: Double) {
    precondition(temperature > 0, "a temperature must be positive")
    (self.temperature, self.gradientScale) = (temperature, gradientScale)
  }

  public func applies(toRow row: Int) -> Bool { true }

  public func evaluate(_ row: VocabularyRow) -> Double {
    guard let teacher = row.teacher else {
      preconditionFailure("soft targets need the teacher's logits")
    }
    return RowKernels.softTargets(
      student: row.student, teacher: teacher, row.count, temperature: temperature,
      gradientScale: gradientScale, gradient: row.gradient, adds: row.adds, scratch: row.scratch)
  }
}

extension ComputeScope {
  /// The same divergence between rows of class logits, for distilling a classifier.
  /// - Parameters:
  ///   - student: s [N, K], differentiated.
  ///   - teacher: t [N, K], constant.
  /// - Returns: the N divergences, T² included.
  public func softTargetDivergence(
    student: Tensor, teacher: Tensor, temperature: Float, gradientScale: Double
  ) -> [Double] {
    precondition(
      student.shape == teacher.shape, "student \(student.shape) and teacher \(teacher.shape)")
    let classes = student.columns
    let (s, t) = (student.pointer, teacher.pointer)
    let gradient = seed(student)
    let cost = OperationCost(
      .losses, .forward, values: (gradient == nil ? 2 : 3) * student.rows * classes)
    return engine.perform(cost) {
      (0..<student.rows).map { row in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * classes) { scratch in
          guard let scratch = scratch.baseAddress else { return 0 }
          return RowKernels.softTargets(
            student: s + row * classes, teacher: t + row * classes, classes,
            temperature: temperature, gradientScale: gradientScale,
            gradient: gradient.map { $0.pointer + row * classes }, adds: gradient?.adds ?? false,
            scratch: scratch)
        }
      }
    }
  }
}

extension RowKernels {
  /// T² · KL(q ‖ p) of one row with p = softmax(s/T), q = softmax(t/T), from logits alone:
  /// with z = (s - max s)/T and u = (t - max t)/T it is  Σ q (u - z) - log Σ eᵘ + log Σ eᶻ.
  static func softTargets(
    student s: UnsafePointer<Float>, teacher t: UnsafePointer<Float>, _ count: Int,
    temperature: Float, gradientScale: Double, gradient: UnsafeMutablePointer<Float>?, adds: Bool,
    scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let (p, q) = (scratch, scratch + count)
    let (highestS, highestT) = (maximum(s, count), maximum(t, count))
    let totalS = exponentials(of: s, minus: highestS, times: 1 / temperature, into: p, count)
    let totalT = exponentials(of: t, minus: highestT, times: 1 / temperature, into: q, count)
    var weighted = 0.0
    var start = 0
    // In blocks: a float32 sum over a whole vocabulary would lose digits.
    while start < count {
      let block = min(1024, count - start)
      weighted += Double(
        weightedDifference(
          q + start, (t + start, highestT), (s + start, highestS), block))
      start += block
    }
    let temperature = Double(temperature)
    let divergence =
      weighted / temperature / Double(totalT) - log(Double(totalT)) + log(Double(totalS))
    if let gradient {
      let factor = gradientScale * temperature
      contributeDifference(
        p, by: Float(factor / Double(totalS)), q, by: Float(factor / Double(totalT)), to: gradient,
        adds: adds, count)
    }
    return temperature * temperature * divergence
  }

  /// Σ w · ((x - x₀) - (y - y₀))
  private static func weightedDifference(
    _ w: UnsafePointer<Float>, _ x: (UnsafePointer<Float>, Float),
    _ y: (UnsafePointer<Float>, Float), _ count: Int
  ) -> Float {
    let (x0, y0) = (Vector(repeating: x.1), Vector(repeating: y.1))
    var total = Vector.zero
    for part in VectorParts(count) {
      total.addProduct(load(w, part), (load(x.0, part) - x0) - (load(y.0, part) - y0))
    }
    return total.laneSum
  }

  /// z (+)= x · a - y · b
  private static func contributeDifference(
    _ x: UnsafePointer<Float>, by a: Float, _ y: UnsafePointer<Float>, by b: Float,
    to z: UnsafeMutablePointer<Float>, adds: Bool, _ count: Int
  ) {
    let (a, b) = (Vector(repeating: a), Vector(repeating: -b))
    for part in VectorParts(count) {
      let new = (load(x, part) * a).addingProduct(load(y, part), b)
      store(adds ? load(z, part) + new : new, z, part)
    }
  }
}
