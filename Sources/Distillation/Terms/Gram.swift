// Products of two hidden states of a sequence.
import RetortOptions
import RetortTensorEngine

/// How far the student's Gram matrices are from the teacher's: between the tokens of a sequence (NST), or between the features of
/// two layers (FSP). h₁, h₂ are two hidden states of the student, which may be the same one, g₁, g₂ two of the teacher:
///
///     tokens     (h₁·h₂ᵀ/C_student - g₁·g₂ᵀ/C_teacher)², [L, L], averaged over pairs or over sequences
///     features   mean over [C, C] of (h₁ᵀ·h₂/L - g₁ᵀ·g₂/L)², averaged over sequences
///
/// Features are compared at the teacher's width: with a projection both states of the student are projected first, by the same
/// one.
/// Source: Huang, Wang 2017 (arXiv 1707.01219); Yim et al. 2017 (doi 10.1109/CVPR.2017.754).
public struct Gram: TensorTerm {
  public static let key = "gram"
  public static let title = "Gram matrices"
  public static let about =
    "How far products of two hidden states of the student are from the teacher's."
  public static let batchKinds: Set<BatchKind> = [
    .maskedText, .text, .labelledSentences, .scoredSentences,
  ]

  /// Two states of each model, numbered from 0, the output of the embeddings.
  public struct StatePairs: Sendable, Hashable {
    public var teacher: [Int]
    public var student: [Int]

    public init(teacher: [Int], student: [Int]) {
      precondition(teacher.count == 2 && student.count == 2, "two states of each model")
      (self.teacher, self.student) = (teacher, student)
    }
  }

  public var kind: GramKind
  public var states: [StatePairs]
  /// Nil for one pair of matrices.
  public var overPairs: PairReduction?
  /// `pairs` or `sequences` of tokens, `sequences` of features.
  public var average: TermAverage
  /// Of features alone.
  public var projection: StateProjection?

  public init(
    of kind: GramKind, states: [StatePairs], overPairs: PairReduction? = nil, average: TermAverage,
    projection: StateProjection? = nil
  ) {
    precondition(!states.isEmpty, "no states")
    precondition(
      average == .sequences || average == .pairs && kind == .tokens,
      "products of \(kind) averaged by \(average)")
    precondition(overPairs != nil || states.count == 1, "several pairs, summed or averaged")
    (self.kind, self.states, self.overPairs) = (kind, states, overPairs)
    (self.average, self.projection) = (average, projection)
  }

  public var training: TermTraining? { projection?.training }
  public var rows: TermRows { TermRows(.all, average: average) }
  public var readsOfStudent: Observations {
    Observations(hiddenStates: Set(states.flatMap(\.student).map { .number($0) }))
  }
  public var readsOfTeacher: Observations {
    Observations(hiddenStates: Set(states.flatMap(\.teacher).map { .number($0) }))
  }

  public var formula: String {
    let comparison =
      switch kind {
      case .tokens: "(h₁ · h₂ᵀ / C_student - g₁ · g₂ᵀ / C_teacher)²"
      case .features: "MSE(h₁ᵀ · h₂ / L, g₁ᵀ · g₂ / L)"
      }
    let words = states.map { "\($0.teacher[0]),\($0.teacher[1])→\($0.student[0]),\($0.student[1])" }
    let mean =
      switch (kind, average) {
      case (.features, _): "sequences"
      case (.tokens, .sequences): "sequences, of each the mean over its pairs of tokens"
      case (.tokens, _): rows.words
      }
    let projected =
      projection.map { ", h = " + StateProjection.words($0, of: "h_student") } ?? ""
    return "\(comparison)\(projected), states \(words.joined(separator: " "))"
      + PairReduction.words(overPairs, ofSeveral: states.count > 1)
      + ", mean over \(mean)"
  }

  public func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] {
    guard kind == .features else { return [] }
    return StateProjection.problems(projection, student: student, teacher: teacher).map {
      var problem = $0
      if projection == nil, let advice = problem.advice {
        problem.advice =
          advice + "; or write of: tokens, whose matrices have the same size at any width"
      }
      return problem
    }
  }

  public func makeParameters(
    path: String, student: ModelDimensions, teacher: ModelDimensions, seed: UInt64
  ) -> [Parameter] {
    let names = states.map {
      "\($0.student[0])_\($0.student[1])_to_\($0.teacher[0])_\($0.teacher[1])"
    }
    return projection?.makeParameters(
      path: path, names: names, student: student, teacher: teacher, seed: seed) ?? []
  }

  public func keys(ofStudentLayer layer: Int) -> [String] { keys(of: layer, in: 1, \.student) }
  public func keys(ofTeacherLayer layer: Int) -> [String] { keys(of: layer, in: 0, \.teacher) }

  private func keys(
    of layer: Int, in model: Int, _ path: KeyPath<StatePairs, [Int]>
  ) -> [String] {
    states.enumerated().flatMap { index, pairs in
      pairs[keyPath: path].indices.filter { pairs[keyPath: path][$0] == layer }
        .map { "states.\(index).\(model).\($0)" }
    }
  }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    let factor = overPairs?.factor(of: states.count) ?? 1
    let layout = batch.layout
    // Of tokens a sequence's value is a sum over its L² pairs.
    let weights: [Double]? =
      kind == .tokens && average == .sequences
      ? (0..<layout.sequenceCount).map { n in
        1 / Double(layout.length(of: n) * layout.length(of: n))
      } : nil
    func tensors(_ observed: ObservedTensors, _ numbers: [Int]) -> (Tensor, Tensor) {
      (observed.hiddenState(.number(numbers[0])), observed.hiddenState(.number(numbers[1])))
    }
    /// The student's two, at the teacher's width; one tensor if they are the same state.
    func projected(_ index: Int, _ numbers: [Int]) -> (Tensor, Tensor) {
      let (first, second) = tensors(batch.student, numbers)
      guard let projection else { return (first, second) }
      let one = projection(first, pair: index, batch.parameters, in: scope)
      return (
        one,
        numbers[0] == numbers[1]
          ? one : projection(second, pair: index, batch.parameters, in: scope)
      )
    }
    return states.enumerated().reduce(0) { sum, element in
      let (index, pairs) = element
      let losses = scope.gramLoss(
        of: kind, student: projected(index, pairs.student),
        teacher: tensors(batch.teacher, pairs.teacher), layout: layout,
        gradientScale: factor * gradientScale, sequenceWeights: weights)
      return sum + factor * losses.reduce(0, +)
    }
  }
}

extension Gram {
  public static let options = OptionList(
    {
      // What does not go together is reported by the check below.
      Gram(
        of: $0, states: $1, overPairs: PairReduction.read($2, ofSeveral: $1.count > 1),
        average: $0 == .features ? .sequences : $3, projection: $4)
    },
    OptionField(
      "of", \.kind, .choice,
      "tokens: products of every two tokens of a sequence (NST); features: of every two features (FSP)."
    ),
    OptionField(
      "states", \.states,
      .list(
        of: StatePairs.type, ListRule(least: 1, isDistinct: true, oneAlone: false),
        words: "a list, each item two states of the teacher and two of the student"
      ).described(example: "[[[0, 0], [0, 0]], [[4, 4], [1, 1]]]"),
      "Whose products are compared: two states of the teacher, which may be the same one, and two of the student; 0 is the output "
        + "of the embeddings."),
    PairReduction.option(\.overPairs),
    OptionField(
      "average", \.average, .choice(among: [.pairs, .sequences], name: \.rawValue),
      "pairs: every pair of tokens counts the same; sequences: every sequence does. Features are averaged over sequences."
    ),
    OptionField(
      optional: "projection", \.projection, StateProjection.type(ofPairs: true),
      "Projects the student's states to the teacher's width before their features are multiplied, both states of a pair by the "
        + "same projection; with of: features, only where the widths differ, or with force: true."
    )
  ).checked(["of", "states", "average"]) { term, map in
    if term.kind == .tokens, let node = map.node("projection") {
      map.report(
        Diagnostic(
          node.origin, map.pathOf("projection"), expected: "no projection with of: tokens",
          found: "one", advice: "a matrix between tokens has the same size at any width"),
        "projection")
    }
    PairReduction.check(ofSeveral: term.states.count > 1, map)
    if term.kind == .features, let node = map.node("average"), node.scalar != "sequences" {
      map.reportWrong(
        node, "average", expected: "sequences with of: features",
        advice: "a matrix between features has no pairs of tokens")
    }
  }
}

extension Gram.StatePairs {
  /// `[[t1, t2], [s1, s2]]`.
  static let type: OptionType<Gram.StatePairs> = {
    let two = OptionType<[Int]>.list(
      of: .integer(atLeast: 0), ListRule(least: 2, most: 2, oneAlone: false),
      words: "two states", standIn: [0, 0])
    let both = OptionType<[[Int]]>.list(
      of: two, ListRule(least: 2, most: 2, oneAlone: false),
      words: "[[teacher, teacher], [student, student]]", standIn: [[0, 0], [0, 0]])
    return OptionType(
      schema: both.schema, words: both.words, example: "[[4, 4], [1, 1]]",
      standIn: Gram.StatePairs(teacher: [0, 0], student: [0, 0]),
      read: { node, key, map in
        both.read(node, key, map).map { Gram.StatePairs(teacher: $0[0], student: $0[1]) }
      }, write: { both.write([$0.teacher, $0.student]) })
  }()
}
