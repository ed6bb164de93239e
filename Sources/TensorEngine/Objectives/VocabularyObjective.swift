/// A loss on rows of vocabulary logits. The vocabulary head streams rows of logits through a list of them, so
/// that the logits of a whole batch never exist at once and a new loss is one new file.
public protocol VocabularyObjective: Sendable {
  /// Whether rows of the teacher's logits must be computed.
  var readsTeacher: Bool { get }

  /// Whether row `row` of the batch contributes. Rows of weight 0 never come here.
  func applies(toRow row: Int) -> Bool

  /// The loss of one row, without a weight. Where `row.gradient` is there, the gradient of that loss with respect to the
  /// student's logits, times `row.gradientScale`, goes into it: added if `row.adds`, else stored.
  func evaluate(_ row: VocabularyRow) -> Double
}

/// An objective with what its rows count.
public struct WeightedObjective: Sendable {
  let objective: any VocabularyObjective
  let gradientScale: Double
  let rowWeights: [Double]?
  let teacher: TeacherLogits

  /// - Parameters:
  ///   - gradientScale: what the gradient of each row's loss is multiplied by, besides the row's weight; 1/(number of rows)
  ///     makes the mean. 0 for what is only measured.
  ///   - rowWeights: [R], what each row's loss and gradient are multiplied by; a row of weight 0 is not evaluated. Nil for
  ///     1 each.
  ///   - teacher: whose logits it is given, if it reads a teacher's.
  public init(
    _ objective: any VocabularyObjective, gradientScale: Double, rowWeights: [Double]? = nil,
    teacher: TeacherLogits = .of(0)
  ) {
    (self.objective, self.gradientScale) = (objective, gradientScale)
    (self.rowWeights, self.teacher) = (rowWeights, teacher)
  }

  func weight(ofRow row: Int) -> Double { rowWeights?[row] ?? 1 }

  func applies(toRow row: Int) -> Bool {
    weight(ofRow: row) != 0 && objective.applies(toRow: row)
  }
}

/// One row of logits on its way through the objectives.
public struct VocabularyRow {
  /// Which row of the batch it is.
  public let index: Int
  /// V
  public let count: Int
  /// [V]
  public let student: UnsafePointer<Float>
  /// [V]; nil for an objective that reads none.
  public let teacher: UnsafePointer<Float>?
  /// [V]; nil in a forward-only scope.
  public let gradient: UnsafeMutablePointer<Float>?
  /// What the gradient of the row's loss is multiplied by.
  public let gradientScale: Double
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
  ///   - gradientScale: what the gradient is multiplied by.
  ///   - adds: whether the gradient is added to what is there.
  ///   - scratch: [2, V].
  public init(
    index: Int, count: Int, student: UnsafePointer<Float>, teacher: UnsafePointer<Float>?,
    gradient: UnsafeMutablePointer<Float>?, gradientScale: Double, adds: Bool,
    scratch: UnsafeMutablePointer<Float>
  ) {
    self.index = index
    self.count = count
    self.student = student
    self.teacher = teacher
    self.gradient = gradient
    self.gradientScale = gradientScale
    self.adds = adds
    self.scratch = scratch
  }
}
