// Hidden states of pairs of layers.
import RetortOptions
import RetortTensorEngine

/// How far hidden states of the student are from the teacher's: of each pair of layers a mean over rows, and of the pairs their
/// sum or mean. h' is the student's state h, or its projection to the teacher's width C:
///
///     mse               1/C ‖h' - g‖²
///     sum_mse           ‖h' - g‖²
///     cosine            1 - cos(h', g)
///     normalised_mse    ‖h'/‖h'‖ - g/‖g‖‖² = 2 (1 - cos(h', g))
///
/// Source: mse: Jiao et al. 2020 (arXiv 1909.10351), equations 8 and 9; cosine: Sanh et al. 2019 (arXiv 1910.01108), section 3;
/// normalised_mse: Sun et al. 2019 (arXiv 1908.09355), equation 7, of which the authors' code has 1/C.
public struct Hidden: TensorTerm, LayerMapTerm {
  public static let key = "hidden"
  public static let title = "hidden states"
  public static let about =
    "How far hidden states of the student are from the teacher's, over pairs of layers."
  public static let batchKinds: Set<BatchKind> = [
    .maskedText, .text, .labelledSentences, .scoredSentences,
  ]

  public enum Comparison: String, Sendable, CaseIterable {
    case mse
    case sumMSE = "sum_mse"
    case cosine
    case normalisedMSE = "normalised_mse"
  }

  public var compare: Comparison
  public var states: LayerMap
  /// Nil for one pair of layers.
  public var overPairs: PairReduction?
  public var positions: TermPositions
  /// `tokens` or `sequences`.
  public var average: TermAverage
  public var projection: StateProjection?

  public init(
    compare: Comparison, states: LayerMap, overPairs: PairReduction? = nil,
    positions: TermPositions, average: TermAverage, projection: StateProjection? = nil
  ) {
    precondition(
      average == .tokens || average == .sequences, "hidden states are averaged by \(average)")
    precondition(overPairs != nil || !states.mayHaveSeveral, "several pairs, summed or averaged")
    (self.compare, self.states, self.overPairs) = (compare, states, overPairs)
    (self.positions, self.average, self.projection) = (positions, average, projection)
  }

  public var rows: TermRows { TermRows(positions, average: average) }
  public var training: TermTraining? { projection?.training }

  public static let layers = LayerMap.Layers.hiddenStates
  public var layerMap: LayerMap {
    get { states }
    set { states = newValue }
  }

  /// Until the models are known, those that there are of any models.
  private var pairs: [(teacher: HiddenLayer, student: HiddenLayer)] {
    if let pairs = states.settledPairs {
      return pairs.map { (.number($0.teacher), .number($0.student)) }
    }
    switch states {
    case .uniform, .nearest: return [(.number(0), .number(0)), (.last, .last)]
    case .pairs, .skip, .last: return [(.last, .last)]
    }
  }

  public var readsOfStudent: Observations {
    Observations(hiddenStates: Set(pairs.map(\.student)))
  }
  public var readsOfTeacher: Observations {
    Observations(hiddenStates: Set(pairs.map(\.teacher)))
  }

  public var notes: [String] { [states.orderNote("states")].compactMap { $0 } }

  public var formula: String {
    let h = StateProjection.words(projection, of: "h_student")
    let comparison =
      switch compare {
      case .mse: "MSE(\(h), h_teacher)"
      case .sumMSE: "‖\(h) - h_teacher‖²"
      case .cosine: "(1 - cos(h_teacher, \(h)))"
      case .normalisedMSE: "‖\(h)/‖\(h)‖ - h_teacher/‖h_teacher‖‖²"
      }
    return "\(comparison), states \(states.words)"
      + PairReduction.words(overPairs, ofSeveral: states.mayHaveSeveral)
      + ", mean over \(rows.words)"
  }

  public func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] {
    states.problems(key: "states", of: .hiddenStates, student: student, teacher: teacher)
      + StateProjection.problems(projection, student: student, teacher: teacher)
  }

  public func keys(ofStudentLayer layer: Int) -> [String] {
    states.keys("states", ofStudentLayer: layer)
  }

  public func keys(ofTeacherLayer layer: Int) -> [String] {
    states.keys("states", ofTeacherLayer: layer)
  }

  public func makeParameters(
    path: String, student: ModelDimensions, teacher: ModelDimensions, seed: UInt64
  ) -> [Parameter] {
    projection?.makeParameters(
      path: path, names: pairs.map { "\($0.student)_to_\($0.teacher)" }, student: student,
      teacher: teacher, seed: seed) ?? []
  }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    precondition(!states.isOpen, "which layers are compared is settled before a batch is")
    let rows = batch.rows(rows)
    guard rows.count > 0 else { return 0 }
    let factor = overPairs?.factor(of: pairs.count) ?? 1
    return pairs.enumerated().reduce(0) { sum, element in
      let (index, pair) = element
      let states = rows.of(batch.student.hiddenState(pair.student), in: scope)
      let losses = losses(
        projection?(states, pair: index, batch.parameters, in: scope) ?? states,
        rows.of(batch.teacher.hiddenState(pair.teacher), in: scope),
        scale: factor * gradientScale, weights: rows.weights, in: scope)
      return sum + factor * losses.reduce(0, +)
    }
  }

  private func losses(
    _ student: Tensor, _ teacher: Tensor, scale: Double, weights: [Double]?,
    in scope: ComputeScope
  ) -> [Double] {
    switch compare {
    case .mse:
      let width = Double(student.columns)
      return scope.squaredError(
        student: student, teacher: teacher, gradientScale: scale / width, rowWeights: weights
      ).map { $0 / width }
    case .sumMSE:
      return scope.squaredError(
        student: student, teacher: teacher, gradientScale: scale, rowWeights: weights)
    case .cosine:
      return scope.cosineEmbeddingLoss(
        student: student, teacher: teacher, gradientScale: scale, rowWeights: weights)
    case .normalisedMSE:
      return scope.normalizedSquaredError(
        student: student, teacher: teacher, gradientScale: scale, rowWeights: weights)
    }
  }
}

extension Hidden {
  public static let options = OptionList(
    {
      Hidden(
        compare: $0, states: $1,
        overPairs: PairReduction.read($2, ofSeveral: $1.mayHaveSeveral), positions: $3, average: $4,
        projection: $5)
    },
    OptionField(
      "compare", \.compare, .choice,
      "mse: the mean squared difference over the features; sum_mse: its sum over them; cosine: one minus the cosine; "
        + "normalised_mse: the squared distance of the states at length 1, which is twice that."),
    OptionField(
      "states", \.states, LayerMap.type(),
      "Which states are compared: pairs of the teacher's and the student's, 0 being the output of the embeddings and n that of "
        + "layer n; uniform: each of the student with every k-th of a teacher of k times as many layers; skip: the same without "
        + "the first and the last, as PKD; last: the last of both; nearest: each of the student with the one that it is most "
        + "like, by linear CKA."
    ),
    PairReduction.option(\.overPairs),
    OptionField(
      "positions", \.positions, .choice,
      "Positions at which states are compared: all tokens, the masked ones, the first of each sequence ([CLS]), or all but [CLS] "
        + "and [SEP]."),
    OptionField(
      "average", \.average, .averageOfPositions,
      "tokens: every position counts the same; sequences: every sequence does, whatever its length."
    ),
    OptionField(
      optional: "projection", \.projection, StateProjection.type(ofPairs: true),
      "Projects the student's states to the teacher's width; only where the widths differ, or with force: true."
    )
  ).checked(["states"]) { term, map in
    PairReduction.check(ofSeveral: term.states.mayHaveSeveral, map)
  }
}

extension OptionType where Value == TermAverage {
  /// Of a value a position.
  static var averageOfPositions: OptionType {
    .choice(among: [.tokens, .sequences], name: \.rawValue)
  }
}
