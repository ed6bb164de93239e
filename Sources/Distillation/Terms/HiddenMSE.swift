// Hidden states of layer pairs, the student's projected to the teacher's width.
import RetortLayers
import RetortOptions
import RetortTensorEngine

/// Σ over the pairs of MSE(h_student · Wᵀ, h_teacher): a mean over the teacher's width and over all positions.
///
/// Each pair has a projection W [teacher's width, student's width] of its own. It is trained with the student and
/// no part of it, so the student may be of any width.
/// Source: Jiao et al. 2020 (arXiv 1909.10351), equations 8 and 9.
public struct HiddenMSE: TensorTerm {
  public static let key = "hidden_mse"
  public static let title = "hidden MSE"
  public static let about =
    "The mean squared difference between hidden states, the student's through a learned projection."
  public static let batchKinds: Set<BatchKind> = [
    .maskedText, .labelledSentences, .scoredSentences,
  ]
  public static let options = OptionList(
    { HiddenMSE(pairs: $0) },
    OptionField(
      "pairs", \.pairs,
      OptionType.list(
        of: .map(LayerPair.options, words: "{student, teacher}"),
        ListRule(least: 1, isDistinct: true), words: "a list of pairs", tooFew: "at least one pair"
      ).described(example: "[{ student: 1, teacher: 2 }, { student: 3, teacher: 6 }]"),
      "Pairs of layers to compare: one of the student, one of the teacher."))

  /// Hidden states numbered as in transformers: 0 is the output of the embeddings, n that of block n.
  public struct LayerPair: Sendable, Hashable {
    public var student: Int
    public var teacher: Int

    public init(student: Int, teacher: Int) { (self.student, self.teacher) = (student, teacher) }

    static let options = OptionList(
      { LayerPair(student: $0, teacher: $1) },
      OptionField(
        "student", \.student, .integer(atLeast: 0),
        "The student's layer; 0 is the output of the embeddings."),
      OptionField(
        "teacher", \.teacher, .integer(atLeast: 0, example: "2"),
        "The teacher's layer; 0 is the output of the embeddings."))
  }

  public var pairs: [LayerPair]

  public init(pairs: [LayerPair]) {
    precondition(!pairs.isEmpty, "no pairs of layers")
    self.pairs = pairs
  }

  public var rows: TermRows { .tokens }
  public var readsOfStudent: Observations {
    Observations(hiddenStates: Set(pairs.map { .number($0.student) }))
  }
  public var readsOfTeacher: Observations {
    Observations(hiddenStates: Set(pairs.map { .number($0.teacher) }))
  }

  public var formula: String {
    let parts = pairs.map { "MSE(W · h_student[\($0.student)], h_teacher[\($0.teacher)])" }
    return "(\(parts.joined(separator: " + "))), mean over \(rows.words)"
  }

  public func keys(ofStudentLayer layer: Int) -> [String] {
    pairs.indices.filter { pairs[$0].student == layer }.map { "pairs.\($0).student" }
  }

  public func keys(ofTeacherLayer layer: Int) -> [String] {
    pairs.indices.filter { pairs[$0].teacher == layer }.map { "pairs.\($0).teacher" }
  }

  /// The projections, in the order of the pairs. They keep the size of what they project.
  public func makeParameters(
    path: String, student: ModelDimensions, teacher: ModelDimensions, seed: UInt64
  ) -> [Parameter] {
    guard let inner = student.hiddenSize, let outer = teacher.hiddenSize else {
      preconditionFailure("a projection between models of unknown width")
    }
    precondition(Set(pairs).count == pairs.count, "pairs of layers, each once")
    return pairs.map { pair in
      let projection = Parameter(
        path: "\(path).\(pair.student)_to_\(pair.teacher).weight", kind: .weight,
        shape: [outer, inner])
      projection.initialize(
        .normal(standardDeviation: 1 / Double(inner).squareRoot()), seed: seed)
      return projection
    }
  }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    zip(pairs, batch.parameters).reduce(0) { sum, part in
      let (pair, projection) = part
      let projected = scope.linear(
        batch.student.hiddenState(.number(pair.student)), weight: ParameterSpan(projection),
        bias: nil)
      let width = Double(projection.rows)
      let errors = scope.squaredError(
        student: projected, teacher: batch.teacher.hiddenState(.number(pair.teacher)),
        gradientScale: gradientScale / width)
      return sum + errors.reduce(0, +) / width
    }
  }
}
