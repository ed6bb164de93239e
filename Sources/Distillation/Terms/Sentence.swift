// Vectors of whole sentences.
import RetortOptions
import RetortTensorEngine

/// How far a student's sentence vectors are from a teacher's. u and v [C] are the student's and the teacher's: the last hidden state
/// pooled over a sequence, projected if there is a projection, and of length 1 if they are normalised:
///
///     cosine             1 - cos(u, v)
///     mse                1/C ‖u - v‖²
///     similarity_mse     mean over the sequences m of the batch of (uₙ·uₘ - vₙ·vₘ)²
///     margin_mse         ((uₙ·uₐ - uₙ·u_b) - (vₙ·vₐ - vₙ·v_b))², a and b the next two sequences of the batch
///     info_nce           -ln( exp(uₙ·vₙ/τ) / Σₘ exp(uₙ·vₘ/τ) ), m the sequences of the batch
///
/// The mean is over the sequences of a step. The last three depend on which sequences share a batch.
/// Source: mse: Reimers, Gurevych 2020 (arXiv 2004.09813), equation 1; margin_mse: Hofstätter et al. 2020 (arXiv 2010.02666);
/// info_nce: van den Oord et al. 2018 (arXiv 1807.03748).
public struct Sentence: TensorTerm {
  public static let key = "sentence"
  public static let title = "sentence vectors"
  public static let about = "How far a student's sentence vectors are from a teacher's."
  public static let batchKinds: Set<BatchKind> = [
    .maskedText, .text, .labelledSentences, .scoredSentences,
  ]

  public enum Comparison: Sendable, Hashable {
    case cosine, mse, similarityMSE, marginMSE
    case infoNCE(temperature: Double)
  }

  public var compare: Comparison
  public var pooling: Pooling
  public var isNormalised: Bool
  public var projection: StateProjection?
  /// `sequences`.
  public var average: TermAverage

  public init(
    compare: Comparison, pooling: Pooling, isNormalised: Bool, projection: StateProjection? = nil,
    average: TermAverage = .sequences
  ) {
    precondition(average == .sequences, "sentence vectors are averaged by \(average)")
    (self.compare, self.pooling, self.isNormalised) = (compare, pooling, isNormalised)
    (self.projection, self.average) = (projection, average)
  }

  public var rows: TermRows { .sentences }
  public var training: TermTraining? { projection?.training }
  public var readsOfStudent: Observations { Observations(hiddenStates: [.last]) }
  public var readsOfTeacher: Observations { Observations(pooled: [pooling]) }

  /// Similarities are numbers at any width.
  private var needsEqualWidths: Bool { compare != .similarityMSE && compare != .marginMSE }

  public var coupling: BatchCoupling? {
    switch compare {
    case .cosine, .mse: nil
    // Of one vector that is not normalised there is its length.
    case .similarityMSE:
      BatchCoupling("the similarities between sentences", leastSequences: isNormalised ? 2 : 1)
    case .marginMSE: BatchCoupling("the differences between similarities")
    case .infoNCE: BatchCoupling("the similarities to other sentences")
    }
  }

  public var formula: String {
    let comparison =
      switch compare {
      case .cosine: "(1 - cos(u, v))"
      case .mse: "MSE(u, v)"
      case .similarityMSE: "(u_n · u_m - v_n · v_m)²"
      case .marginMSE: "((u_n · u_a - u_n · u_b) - (v_n · v_a - v_n · v_b))²"
      case .infoNCE(let temperature):
        "-ln(exp(u_n · v_n / \(PlainNumber.text(temperature))) / Σ_m exp(u_n · v_m / \(PlainNumber.text(temperature))))"
      }
    let vectors =
      (pooling == .mean ? "means over a sequence's tokens" : "the first token's states")
      + (isNormalised ? ", at length 1" : "")
    let among =
      switch compare {
      case .cosine, .mse: ""
      case .similarityMSE, .infoNCE: ", m the sequences of the same batch"
      case .marginMSE: ", a and b the next two sequences of the same batch"
      }
    return
      "\(comparison), u = \(StateProjection.words(projection, of: "student's")) and v = teacher's "
      + "last states: \(vectors)\(among), mean over \(rows.words)"
  }

  public func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] {
    StateProjection.problems(
      projection, needsEqualWidths: needsEqualWidths, student: student, teacher: teacher)
  }

  public func makeParameters(
    path: String, student: ModelDimensions, teacher: ModelDimensions, seed: UInt64
  ) -> [Parameter] {
    projection?.makeParameters(
      path: path, names: ["pooled"], student: student, teacher: teacher, seed: seed) ?? []
  }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    let pooled = pooling(batch.student.hiddenState(.last), layout: batch.layout, in: scope)
    let u = normalise(
      projection?(pooled, pair: 0, batch.parameters, in: scope) ?? pooled, in: scope)
    let v = normalise(batch.teacher.pooled(pooling), in: scope)
    return losses(u, v, scale: gradientScale, in: scope).reduce(0, +)
  }

  private func normalise(_ vectors: Tensor, in scope: ComputeScope) -> Tensor {
    isNormalised ? scope.unitRows(vectors) : vectors
  }

  private func losses(
    _ u: Tensor, _ v: Tensor, scale: Double, in scope: ComputeScope
  ) -> [Double] {
    switch compare {
    case .cosine:
      return scope.cosineEmbeddingLoss(student: u, teacher: v, gradientScale: scale)
    case .mse:
      let width = Double(u.columns)
      return scope.squaredError(student: u, teacher: v, gradientScale: scale / width)
        .map { $0 / width }
    case .similarityMSE:
      return scope.similarityLoss(
        student: u, teacher: v, .squaredError, gradientScale: scale)
    case .marginMSE:
      return scope.similarityLoss(student: u, teacher: v, .margin, gradientScale: scale)
    case .infoNCE(let temperature):
      return scope.similarityLoss(
        student: u, teacher: v, .contrastive(temperature: temperature), gradientScale: scale)
    }
  }
}

extension Sentence {
  public static let options = OptionList(
    {
      Sentence(compare: $0, pooling: $1, isNormalised: $2, projection: $3, average: $4)
    },
    OptionField(
      "compare", \.compare,
      .named(
        [
          ("cosine", .cosine), ("mse", .mse), ("similarity_mse", .similarityMSE),
          ("margin_mse", .marginMSE),
        ],
        or: [
          OptionAlternative(
            "info_nce", .number(.positive, example: "0.05"), "The temperature τ.",
            make: { .infoNCE(temperature: $0) },
            take: { if case .infoNCE(let temperature) = $0 { temperature } else { nil } })
        ]),
      "cosine: one minus the cosine; mse: the mean squared difference over the features; similarity_mse: that of the similarities "
        + "to the other sentences of the batch; margin_mse: that of the differences between two similarities; info_nce: each "
        + "sentence's vector should be nearest to the teacher's of the same sentence. The last three depend on batch_size."
    ),
    OptionField(
      "pooling", \.pooling, .choice,
      "mean: the mean over all tokens of a sentence, as in sentence-transformers; first: the state of [CLS]."
    ),
    OptionField(
      "normalise", \.isNormalised, .truth, "Whether vectors are divided by their length first."),
    OptionField(
      optional: "projection", \.projection, StateProjection.type(ofPairs: false),
      "Projects the student's vectors to the teacher's width; only where the widths differ, or with force: true."
    ),
    OptionField(
      "average", \.average, .choice(among: [.sequences], name: \.rawValue), otherwise: .sequences,
      "Every sentence counts the same."))
}
