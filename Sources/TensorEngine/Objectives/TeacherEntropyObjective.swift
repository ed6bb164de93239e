import Glibc

/// How undecided the teacher is: the entropy of its softened distribution, in nats, a row:
///
///     H( softmax(t/T) ) = - Σ q log q
///
/// It is what KL(teacher ‖ student) leaves out of the cross-entropy between the two, and no loss: the gradient
/// stays as it is. Of the k logits kept of a row it is the entropy over k + 1 outcomes, all other words being one,
/// as `TopKSoftTargetObjective` takes them.
public struct TeacherEntropyObjective: VocabularyObjective {
  /// What it is called where it is measured.
  public static let name = "teacher_entropy"

  private let temperature: Double
  private let kept: KeptLogits?
  public var readsTeacher: Bool { kept?.readsTeacher ?? true }

  /// - Parameters:
  ///   - temperature: T > 0.
  ///   - kept: the largest of the teacher's logits, where the others are one outcome; nil for all.
  public init(temperature: Double, kept: KeptLogits?) {
    precondition(temperature > 0, "a temperature must be positive")
    (self.temperature, self.kept) = (temperature, kept)
  }

  public func applies(toRow row: Int) -> Bool { true }

  public func evaluate(_ row: VocabularyRow) -> Double {
    precondition(row.gradient == nil || row.adds, "something must have written the gradient")
    if let kept {
      return kept.withWords(of: row, temperature: temperature) { _, shares in
        (shares.kept + [shares.rest]).reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
      }
    }
    guard let teacher = row.teacher else {
      preconditionFailure("its entropy needs the teacher's logits")
    }
    return RowKernels.softEntropy(
      of: teacher, row.count, temperature: temperature, scratch: row.scratch)
  }
}

extension RowKernels {
  /// H(q) with q = softmax(t/T), from logits alone: with u = (t - max t)/T it is  log Σ eᵘ - Σ u eᵘ / Σ eᵘ.
  static func softEntropy(
    of t: UnsafePointer<Float>, _ count: Int, temperature: Double,
    scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let highest = maximum(t, count)
    let total = Double(
      exponentials(of: t, minus: highest, times: Float(1 / temperature), into: scratch, count))
    var weighted = 0.0
    for i in 0..<count { weighted += Double(scratch[i]) * Double(t[i] - highest) }
    return log(total) - weighted / temperature / total
  }
}
