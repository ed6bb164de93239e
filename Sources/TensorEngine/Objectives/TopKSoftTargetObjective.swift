import Glibc

/// What is kept of a teacher's logits: the k largest of each row, and how much the whole row came to.
public struct TopLogits: Sendable, Equatable {
  /// R
  public private(set) var rows: Int
  /// k
  public private(set) var count: Int
  /// t [R, k], largest first.
  public private(set) var values: [Float]
  /// [R, k], the vocabulary ids of `values`.
  public private(set) var ids: [Int32]
  /// log Σᵥ exp(tᵥ/T) over the whole vocabulary [R], at the temperature T they will be used at; empty where no temperature
  /// was asked for.
  public private(set) var logNormalizers: [Float]

  public init(
    rows: Int, count: Int, values: [Float], ids: [Int32], logNormalizers: [Float]
  ) {
    precondition(
      values.count == rows * count && ids.count == rows * count
        && (logNormalizers.isEmpty || logNormalizers.count == rows),
      "top logits of [\(rows), \(count)]: \(values.count) values, \(ids.count) ids, "
        + "\(logNormalizers.count) normalisers")
    self.rows = rows
    self.count = count
    self.values = values
    self.ids = ids
    self.logNormalizers = logNormalizers
  }

  /// Makes these those of another batch, in the memory of the last one where it is large enough.
  /// - Parameters:
  ///   - hasNormalizers: whether there are log-normalisers.
  ///   - fill: writes values and ids, [rows, count] each, and log-normalisers, [rows] or empty.
  public mutating func replace(
    rows: Int, count: Int, hasNormalizers: Bool,
    _ fill: (
      _ values: UnsafeMutableBufferPointer<Float>, _ ids: UnsafeMutableBufferPointer<Int32>,
      _ logNormalizers: UnsafeMutableBufferPointer<Float>
    ) -> Void
  ) {
    (self.rows, self.count) = (rows, count)
    values.become(rows * count)
    ids.become(rows * count)
    logNormalizers.become(hasNormalizers ? rows : 0)
    values.withUnsafeMutableBufferPointer { values in
      ids.withUnsafeMutableBufferPointer { ids in
        logNormalizers.withUnsafeMutableBufferPointer { fill(values, ids, $0) }
      }
    }
  }
}

extension Array where Element: Numeric {
  /// So many zeros, in the memory that is there.
  fileprivate mutating func become(_ count: Int) {
    removeAll(keepingCapacity: true)
    append(contentsOf: repeatElement(0, count: count))
  }
}

/// Temperature-softened divergence of the student from what was kept of the teacher, in nats: over k + 1
/// outcomes, the k words kept of the row and one for all the others together,
///
///     T² · [ Σᵢ qᵢ log(qᵢ/pᵢ) + qᵣ log(qᵣ/pᵣ) ]
///     qᵢ = exp(tᵢ/T - log-normaliser), qᵣ = 1 - Σᵢ qᵢ;   p = softmax(s/T), pᵣ = 1 - Σᵢ pᵢ
///
/// It is a different loss from forward KL, never larger (two distributions can only look more alike
/// when outcomes are lumped), and the same where every word is kept. How the teacher shares qᵣ among the other words
/// teaches nothing: the student keeps its own proportions there.
///
/// Without T² both are 1/T² of that. Gradient of a row, for the student alone: T · (pᵢ - qᵢ) for a word that is kept,
/// T · pᵥ · (1 - qᵣ/pᵣ) for one that is not.
/// Source: derived here from Hinton, Vinyals, Dean 2015 (arXiv 1503.02531), section 2.
public struct TopKSoftTargetObjective: VocabularyObjective {
  let teacher: KeptLogits
  let temperature: Double
  let scale: SoftTargetLoss.Scale
  public var readsTeacher: Bool { teacher.readsTeacher }

  /// - Parameters:
  ///   - teacher: the largest logits of the rows that are evaluated.
  ///   - temperature: T > 0, the one that the log-normalisers belong to.
  ///   - scale: whether T² is there.
  public init(teacher: KeptLogits, temperature: Double, scale: SoftTargetLoss.Scale) {
    precondition(temperature > 0, "a temperature must be positive")
    (self.teacher, self.temperature, self.scale) = (teacher, temperature, scale)
  }

  public func applies(toRow row: Int) -> Bool { true }

  public func evaluate(_ row: VocabularyRow) -> Double {
    teacher.withWords(of: row, temperature: temperature) { ids, q in
      evaluate(row, ids: ids, q: q)
    }
  }

  private func evaluate(
    _ row: VocabularyRow, ids: UnsafeBufferPointer<Int32>, q: TeacherShares
  ) -> Double {
    // In logarithms throughout: however small the student's share of the rest, it never becomes 0.
    let rest = RestOfWords(row, without: ids, temperature: temperature)
    var highest = -Double.infinity
    for id in ids { highest = max(highest, Double(row.student[Int(id)]) / temperature) }
    var sum = 0.0
    for id in ids { sum += exp(Double(row.student[Int(id)]) / temperature - highest) }
    let logTotal = Self.logSum(highest + log(sum), rest.logSum)

    var divergence = 0.0
    for (i, id) in ids.enumerated() where q.kept[i] > 0 {
      divergence +=
        q.kept[i] * (log(q.kept[i]) - (Double(row.student[Int(id)]) / temperature - logTotal))
    }
    if q.rest > 0, rest.sum > 0 {
      divergence += q.rest * (log(q.rest) - (rest.logSum - logTotal))
    }
    if let gradient = row.gradient {
      let scale =
        scale == .tSquared
        ? row.gradientScale * temperature : row.gradientScale / temperature
      let share = exp(rest.logSum - logTotal)
      RowKernels.contributeScaled(
        rest.exponentials,
        by: rest.sum > 0 ? Float(scale * (share - q.rest) / Double(rest.sum)) : 0,
        to: gradient, adds: row.adds, row.count)
      for (i, id) in ids.enumerated() {
        let p = exp(Double(row.student[Int(id)]) / temperature - logTotal)
        gradient[Int(id)] += Float(scale * (p - q.kept[i]))
      }
    }
    return scale == .tSquared ? temperature * temperature * divergence : divergence
  }

  /// log(eᵃ + eᵇ); not a number where one of them is none, which `min` and `max` would hide.
  private static func logSum(_ a: Double, _ b: Double) -> Double {
    let (low, high) = a > b ? (b, a) : (a, b)
    return low == -.infinity ? high : high + log1p(exp(low - high))
  }
}

/// Where the k largest of a teacher's logits come from.
public enum KeptLogits: Sendable {
  /// They were kept, in the order of the rows that are evaluated, with log-normalisers: the first k of each row.
  case stored(TopLogits, k: Int)
  /// They are looked up among the teacher's logits of each row.
  case largest(k: Int)

  /// All that were kept.
  public static func stored(_ teacher: TopLogits) -> KeptLogits {
    .stored(teacher, k: teacher.count)
  }

  var readsTeacher: Bool {
    switch self {
    case .stored: false
    case .largest: true
    }
  }

  /// - Parameter body: is given the k words of a row and the teacher's distribution over them and the rest.
  func withWords<Result>(
    of row: VocabularyRow, temperature: Double,
    _ body: (UnsafeBufferPointer<Int32>, TeacherShares) -> Result
  ) -> Result {
    switch self {
    case .stored(let teacher, let k):
      precondition(
        row.index < teacher.rows && k <= teacher.count,
        "\(k) logits of row \(row.index) of top logits [\(teacher.rows), \(teacher.count)]")
      let first = row.index * teacher.count
      let shares = TeacherShares(
        teacher.values[first..<first + k],
        logNormalizer: Double(teacher.logNormalizers[row.index]), temperature: temperature)
      return teacher.ids.withUnsafeBufferPointer {
        body(UnsafeBufferPointer(rebasing: $0[first..<first + k]), shares)
      }
    case .largest(let k):
      guard let logits = row.teacher else {
        preconditionFailure("the largest logits are the teacher's")
      }
      return withUnsafeTemporaryAllocation(of: Float.self, capacity: k) { values in
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: k) { ids in
          TopLogitSelection.select(logits, row.count, values: values, ids: ids)
          let q = SoftenedRow(
            logits, row.count, inverseTemperature: Float(1 / temperature), into: row.scratch)
          return body(
            UnsafeBufferPointer(ids),
            TeacherShares(
              values, logNormalizer: Double(q.highest) / temperature + q.logTotal,
              temperature: temperature))
        }
      }
    }
  }
}

/// The teacher's distribution over k words and the rest.
struct TeacherShares {
  var kept: [Double]
  var rest: Double

  /// - Parameters:
  ///   - values: t [k].
  ///   - logNormalizer: ln Σᵥ exp(tᵥ/T) over the whole vocabulary.
  init(_ values: some Collection<Float>, logNormalizer: Double, temperature: Double) {
    kept = values.map { exp(Double($0) / temperature - logNormalizer) }
    let sum = kept.reduce(0, +)
    rest = max(0, 1 - sum)
    // Float32 normalisers may leave a sum just above 1.
    if sum > 1 { for i in kept.indices { kept[i] /= sum } }
  }
}

/// The student's words that the teacher's k are not among, as one.
private struct RestOfWords {
  /// [V]: exp((sᵥ - highest)/T), 0 for the k.
  let exponentials: UnsafeMutablePointer<Float>
  /// Their sum; 0 where every word is kept.
  let sum: Float
  /// log Σ exp(sᵥ/T)
  let logSum: Double

  init(_ row: VocabularyRow, without ids: UnsafeBufferPointer<Int32>, temperature: Double) {
    let values = row.scratch
    values.update(from: row.student, count: row.count)
    for id in ids { values[Int(id)] = -.infinity }
    exponentials = values
    let highest = RowKernels.maximum(values, row.count)
    guard highest > -.infinity else {
      values.update(repeating: 0, count: row.count)
      (sum, logSum) = (0, -.infinity)
      return
    }
    sum = RowKernels.exponentials(
      of: values, minus: highest, times: Float(1 / temperature), into: values, row.count)
    logSum = Double(highest) / temperature + log(Double(sum))
  }
}
