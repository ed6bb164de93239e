/// A loss on rows of vocabulary logits. The vocabulary head streams rows of logits through a list of them, so
/// that the logits of a whole batch never exist at once and a new loss is one new file.
public protocol VocabularyObjective: Sendable {
  /// Whether rows of the teacher's logits must be computed.
  var readsTeacher: Bool { get }

  /// Whether row `row` of the batch contributes. Of a term of masked positions, rows of others never come here.
  func applies(toRow row: Int) -> Bool

  /// The loss of one row, without a weight. Where `row.gradient` is there, the gradient of that loss with respect to the
  /// student's logits, times the objective's own gradient scale, goes into it: added if `row.adds`, else stored.
  func evaluate(_ row: VocabularyRow) -> Double
}

/// One row of logits on its way through the objectives.
public struct VocabularyRow {
  /// Which row of the batch it is.
  public let index: Int
  /// V
  public let count: Int
  /// [V]
  public let student: UnsafePointer<Float>
  /// [V]; nil where no objective reads a teacher.
  public let teacher: UnsafePointer<Float>?
  /// [V]; nil in a forward-only scope.
  public let gradient: UnsafeMutablePointer<Float>?
  /// Whether an earlier objective has already written the gradient: then a contribution is added, else it is
  /// stored over what is there.
  public let adds: Bool
  /// [2, V], the worker's own.
  public let scratch: UnsafeMutablePointer<Float>

  /// A row by itself, as a test of an objective makes one. All memory is the caller's and must be valid while the objective
  /// evaluates the row.
  /// - Parameters:
  ///   - index: which row of the batch it is.
  ///   - count: V.
  ///   - student: logits [V].
  ///   - teacher: logits [V]; nil for an objective that reads none.
  ///   - gradient: [V], to be written or added to; nil for the loss alone.
  ///   - adds: whether the gradient is added to what is there.
  ///   - scratch: [2, V].
  public init(
    index: Int, count: Int, student: UnsafePointer<Float>, teacher: UnsafePointer<Float>?,
    gradient: UnsafeMutablePointer<Float>?, adds: Bool, scratch: UnsafeMutablePointer<Float>
  ) {
    self.index = index
    self.count = count
    self.student = student
    self.teacher = teacher
    self.gradient = gradient
    self.adds = adds
    self.scratch = scratch
  }
}
