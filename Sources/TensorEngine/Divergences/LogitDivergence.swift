/// How far a row of a student's logits s is from the teacher's t, both divided by a temperature T: one number, and its
/// gradient. The rows are over any outcomes, a vocabulary's words or a task's classes. A new divergence is a file in this
/// folder and a line in `Divergences`.
///
/// Here and below  p = softmax(s/T),  q = softmax(t/T),  and ln is taken of logits less their log-sum-exp, never of p or q,
/// which underflow over a vocabulary.
public protocol LogitDivergence: Sendable, Equatable {
  /// What a definition calls it.
  static var key: String { get }
  /// In a sentence, for the reference.
  static var about: String { get }
  /// The numbers that it has, as a definition writes them; none for most.
  static var numbers: [DivergenceNumber] { get }

  /// - Parameter numbers: one for each of `Self.numbers`, in their order.
  init(numbers: [Double])
  /// Those that it was made with.
  var numbers: [Double] { get }

  /// The divergence with its numbers, and the factor that it is multiplied by.
  func formula(_ words: DivergenceWords) -> String
  /// What one should know of it at this scale before one trains on it, a sentence each.
  func notes(scale: SoftTargetLoss.Scale) -> [String]

  /// Whether the right outcome of each row must be known.
  var needsLabels: Bool { get }
  /// Whether T divides out of the value once it is multiplied by T².
  var isFreeOfTemperature: Bool { get }
  /// What is 0 or has no gradient where there are two outcomes: keys of numbers, nil for the whole of it.
  var deadOnTwoOutcomes: [String?] { get }
  /// The number that couples the rows of a batch, by its key: then the loss is no sum over rows. Nil for none.
  var couplingNumber: String? { get }

  /// The divergence of one row. Where `row.gradient` is there, its gradient with respect to s/T times
  /// `row.gradientFactor` goes into it: added if `row.adds`, else stored.
  func evaluate(_ row: LogitRow) -> Double

  /// What is added to the divergence of each row because of the other rows of the batch; its gradient is added to what
  /// the rows have written. Called only where `couplingNumber` is given.
  func evaluate(coupling batch: LogitBatch) -> Double
}

extension LogitDivergence {
  public static var numbers: [DivergenceNumber] { [] }
  public var numbers: [Double] { [] }
  public func notes(scale: SoftTargetLoss.Scale) -> [String] { [] }
  public var needsLabels: Bool { false }
  public var isFreeOfTemperature: Bool { false }
  public var deadOnTwoOutcomes: [String?] { [] }
  public var couplingNumber: String? { nil }
  public func evaluate(coupling batch: LogitBatch) -> Double { 0 }

  func isSame(as other: any LogitDivergence) -> Bool { other as? Self == self }
}

/// One number of a divergence.
public struct DivergenceNumber: Sendable {
  /// Which numbers are accepted.
  public enum Range: Sendable { case betweenZeroAndOne, notNegative }

  /// Its key below that of the divergence; nil for an only number, which is written as the divergence's own value.
  public let key: String?
  public let range: Range
  /// As one would write it.
  public let example: String
  /// What it does, in a sentence.
  public let about: String

  public init(key: String? = nil, _ range: Range, example: String, about: String) {
    (self.key, self.range, self.example, self.about) = (key, range, example, about)
  }
}

/// What the formula of a divergence is put together from.
public struct DivergenceWords: Sendable {
  /// T as text.
  public let temperature: String
  public let scale: SoftTargetLoss.Scale
  /// A number as people write it.
  public let text: @Sendable (Double) -> String

  public init(
    temperature: String, scale: SoftTargetLoss.Scale, text: @escaping @Sendable (Double) -> String
  ) {
    (self.temperature, self.scale, self.text) = (temperature, scale, text)
  }

  /// `2² · `, or nothing.
  public var factor: String { scale == .tSquared ? "\(temperature)² · " : "" }
  /// p and q.
  public var student: String { "softmax(student / \(temperature))" }
  public var teacher: String { "softmax(teacher / \(temperature))" }
  /// For a formula that names them more than once.
  public var definitions: String { "q = \(teacher), p = \(student)" }
}

/// One row of logits of student and teacher.
public struct LogitRow {
  /// K, the number of outcomes.
  public let count: Int
  /// s [K]
  public let student: UnsafePointer<Float>
  /// t [K]
  public let teacher: UnsafePointer<Float>
  /// The right outcome, in 0..<K; -1 where it is not known.
  public let label: Int
  /// T > 0
  public let temperature: Float
  /// [K]; nil where no gradient is asked for.
  public let gradient: UnsafeMutablePointer<Float>?
  /// What the gradient of the divergence with respect to s/T is multiplied by.
  public let gradientFactor: Double
  /// Whether the gradient is added to what is there.
  public let adds: Bool
  /// [2, K]
  public let scratch: UnsafeMutablePointer<Float>

  /// All memory is the caller's and must be valid while the row is evaluated.
  public init(
    count: Int, student: UnsafePointer<Float>, teacher: UnsafePointer<Float>, label: Int,
    temperature: Float, gradient: UnsafeMutablePointer<Float>?, gradientFactor: Double, adds: Bool,
    scratch: UnsafeMutablePointer<Float>
  ) {
    (self.count, self.student, self.teacher, self.label) = (count, student, teacher, label)
    (self.temperature, self.gradient, self.gradientFactor) = (temperature, gradient, gradientFactor)
    (self.adds, self.scratch) = (adds, scratch)
  }
}

/// The rows of a batch, all there at once.
public struct LogitBatch {
  /// N
  public let rows: Int
  /// K
  public let count: Int
  /// s [N, K]
  public let student: UnsafePointer<Float>
  /// t [N, K]
  public let teacher: UnsafePointer<Float>
  /// T > 0
  public let temperature: Float
  /// [N, K], to be added to; nil where no gradient is asked for.
  public let gradient: UnsafeMutablePointer<Float>?
  /// What the gradient with respect to s/T of the value is multiplied by: that of one row times what all rows count.
  public let gradientFactor: Double
}
