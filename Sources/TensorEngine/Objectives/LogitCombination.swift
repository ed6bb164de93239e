import Glibc

/// Which logits of a vocabulary head's teachers an objective is given.
public enum TeacherLogits: Sendable, Equatable {
  /// Those of one teacher, by its place in the head's list.
  case of(Int)
  /// Those of several as one.
  case combined([Int], LogitCombination)

  var places: [Int] {
    switch self {
    case .of(let place): [place]
    case .combined(let places, _): places
    }
  }
}

/// How rows of logits tₖ of K teachers become one.
public enum LogitCombination: Sendable, Equatable {
  /// 1/K Σ tₖ, the logits of the geometric mean of the teachers' distributions.
  case logits
  /// T ln( 1/K Σ softmax(tₖ/T) ), whose softmax at T is the mean of the teachers' distributions at T.
  case probabilities(temperature: Double)

  /// - Parameters:
  ///   - rows: [K], logits [V] of each teacher.
  ///   - count: V.
  ///   - result: [V].
  ///   - scratch: [V].
  func combine(
    _ rows: [UnsafePointer<Float>], _ count: Int, into result: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .logits:
      let share = Vector(repeating: 1 / Float(rows.count))
      for part in VectorParts(count) {
        let sum = rows.dropFirst().reduce(load(rows[0], part)) { $0 + load($1, part) }
        store(sum * share, result, part)
      }
    case .probabilities(let temperature):
      let inverse = Vector(repeating: Float(1 / temperature))
      for (place, row) in rows.enumerated() {
        let q = SoftenedRow(
          row, count, inverseTemperature: Float(1 / temperature), into: scratch)
        let (highest, logTotal) = (
          Vector(repeating: q.highest), Vector(repeating: Float(q.logTotal))
        )
        // In logarithms: of a word that all teachers hold for all but impossible, nothing else would be left.
        for part in VectorParts(count) {
          let new = (load(row, part) - highest) * inverse - logTotal
          guard place > 0 else {
            store(new, result, part)
            continue
          }
          let sum = load(result, part)
          // ln(eᵃ + eᵇ) = a + ln(1 + eᵇ⁻ᵃ)
          store(sum + softplus(new - sum), result, part)
        }
      }
      let (factor, shift) = (
        Vector(repeating: Float(temperature)), Vector(repeating: Float(log(Double(rows.count))))
      )
      for part in VectorParts(count) { store((load(result, part) - shift) * factor, result, part) }
    }
  }
}
