// What brings a student's states to the teacher's width, with how it is trained.
import RetortLayers
import RetortOptions
import RetortTensorEngine

/// How parameters of a term are trained, apart from the student's.
public struct TermTraining: Sendable, Hashable {
  /// The peak of their learning rate; the stage's schedule multiplies it.
  public var learningRate: Double
  /// Of weights; biases do not decay.
  public var weightDecay: Double
  /// Whether they count in the gradient's norm and are clipped together with the student's weights; otherwise neither.
  public var isClipped: Bool

  public init(learningRate: Double, weightDecay: Double, isClipped: Bool) {
    (self.learningRate, self.weightDecay) = (learningRate, weightDecay)
    self.isClipped = isClipped
  }
}

/// A learned projection of the student:  h' = h · Wᵀ + b, from the student's width to the teacher's. It is trained with the student,
/// kept in the stage's checkpoints and no part of the model that comes out.
///
/// There is none of the teacher: one that were trained could make the loss 0 by itself.
public struct StateProjection: Sendable, Hashable {
  public enum Side: String, Sendable, CaseIterable { case student }
  public var from: Side
  /// Whether all pairs of states have the same one.
  public var isShared: Bool
  public var hasBias: Bool
  /// W's first values; b begins as 0.
  public var initial: Initial
  public var learningRate: Double
  public var weightDecay: Double
  public var clipping: Clipping
  /// Whether there is one although the widths are the same.
  public var isForced: Bool

  public enum Initial: Sendable, Hashable {
    /// Of this standard deviation.
    case normal(Double)
    case xavierUniform
    case identity
  }

  public enum Clipping: String, Sendable, CaseIterable {
    case withStudent = "with_student"
    case apart
  }

  public init(
    from: Side = .student, isShared: Bool, hasBias: Bool, initial: Initial, learningRate: Double,
    weightDecay: Double, clipping: Clipping, isForced: Bool = false
  ) {
    (self.from, self.isShared, self.hasBias) = (from, isShared, hasBias)
    (self.initial, self.isForced) = (initial, isForced)
    (self.learningRate, self.weightDecay) = (learningRate, weightDecay)
    self.clipping = clipping
  }

  var training: TermTraining {
    TermTraining(
      learningRate: learningRate, weightDecay: weightDecay, isClipped: clipping == .withStudent)
  }
}

// MARK: - Parameters

extension StateProjection {
  /// - Parameters:
  ///   - path: what their paths begin with.
  ///   - names: of the projections; one of them where they are shared.
  ///   - student, teacher: of known widths.
  /// - Returns: of each projection W, then b if there is one.
  func makeParameters(
    path: String, names: [String], student: ModelDimensions, teacher: ModelDimensions,
    seed: UInt64
  ) -> [Parameter] {
    guard let inner = student.hiddenSize, let outer = teacher.hiddenSize else {
      preconditionFailure("a projection between models of unknown width")
    }
    return (isShared ? ["shared"] : names).flatMap { name in
      let weight = Parameter(
        path: "\(path).\(name).weight", kind: .weight, shape: [outer, inner])
      weight.initialize(initial.initializer, seed: seed)
      guard hasBias else { return [weight] }
      let bias = Parameter(path: "\(path).\(name).bias", kind: .bias, shape: [outer])
      bias.initialize(.zeros, seed: seed)
      return [weight, bias]
    }
  }

  /// - Parameters:
  ///   - states: h [R, C of the student].
  ///   - index: of the pair of states, from 0.
  ///   - parameters: as `makeParameters` gives them.
  /// - Returns: h' [R, C of the teacher].
  func callAsFunction(
    _ states: Tensor, pair index: Int, _ parameters: [Parameter], in scope: ComputeScope
  ) -> Tensor {
    let first = (isShared ? 0 : index) * (hasBias ? 2 : 1)
    return scope.linear(
      states, weight: ParameterSpan(parameters[first]),
      bias: hasBias ? ParameterSpan(parameters[first + 1]) : nil)
  }
}

extension StateProjection.Initial {
  fileprivate var initializer: Initializer {
    switch self {
    case .normal(let deviation): .normal(standardDeviation: deviation)
    case .xavierUniform: .xavierUniform
    case .identity: .identity
    }
  }
}

// MARK: - In definitions

extension StateProjection {
  /// - Parameter ofPairs: whether the term has pairs of states that may share one.
  static func type(ofPairs: Bool) -> OptionType<StateProjection> {
    let from = OptionField(
      "from", \StateProjection.from, .choice, otherwise: .student,
      "Whose states are projected: the student's, to the teacher's width.")
    let bias = OptionField(
      "bias", \StateProjection.hasBias, .truth, "Whether it adds a vector, which begins as 0.")
    let initial = OptionField(
      "init", \StateProjection.initial,
      OptionType.named(
        [("xavier_uniform", .xavierUniform), ("identity", .identity)],
        or: [
          OptionAlternative(
            "normal", .number(.notNegative, example: "0.02"), "The standard deviation.",
            make: { .normal($0) }, take: { if case .normal(let value) = $0 { value } else { nil } })
        ]
      ).described(example: "{ normal: 0.02 }"),
      "First values of its matrix: normal with a standard deviation, as torch's xavier_uniform_, or the identity, with zeros "
        + "where the matrix is not square.")
    let rate = OptionField(
      "learning_rate", \StateProjection.learningRate, .number(.notNegative, example: "1.0e-3"),
      "The peak of its own learning rate; the stage's warm-up and schedule multiply it.")
    let decay = OptionField(
      "weight_decay", \StateProjection.weightDecay, .number(.notNegative, example: "0.01"),
      "Weight decay of its matrix; the vector does not decay.")
    let clip = OptionField(
      "clip", \StateProjection.clipping, .choice,
      "with_student: its gradient counts in the norm that max_grad_norm bounds, and is clipped with the student's. apart: neither, "
        + "as in TextBrewer.")
    let force = OptionField(
      "force", \StateProjection.isForced, .truth, otherwise: false,
      "Projects although the hidden sizes are the same.")
    if ofPairs {
      return .map(
        OptionList(
          {
            StateProjection(
              from: $0, isShared: $1, hasBias: $2, initial: $3, learningRate: $4, weightDecay: $5,
              clipping: $6, isForced: $7)
          }, from,
          OptionField(
            "shared", \StateProjection.isShared, .truth,
            "Whether all pairs have the same projection, or each its own."), bias, initial, rate,
          decay, clip, force))
    }
    return .map(
      OptionList(
        {
          StateProjection(
            from: $0, isShared: false, hasBias: $1, initial: $2, learningRate: $3, weightDecay: $4,
            clipping: $5, isForced: $6)
        }, from, bias, initial, rate, decay, clip, force))
  }

  /// What does not fit the models' widths, where those are known.
  /// - Parameters:
  ///   - projection: nil for none.
  ///   - needsEqualWidths: whether the states can only be compared at one width.
  static func problems(
    _ projection: StateProjection?, needsEqualWidths: Bool = true, student: ModelDimensions,
    teacher: ModelDimensions
  ) -> [TermProblem] {
    guard let inner = student.hiddenSize, let outer = teacher.hiddenSize else { return [] }
    if let projection {
      guard inner == outer, !projection.isForced else { return [] }
      return [
        TermProblem(
          key: "projection", expected: "hidden sizes that differ", found: "\(inner) in both models",
          advice: "leave the projection out, or write force: true in it")
      ]
    }
    guard needsEqualWidths, inner != outer else { return [] }
    return [
      TermProblem(
        expected: "hidden sizes that are equal, or a projection",
        found: "\(outer) in the teacher, \(inner) in the student",
        advice: "add a projection, as in projection: \(type(ofPairs: true).example)")
    ]
  }

  /// The student's state in a formula.
  /// - Parameters:
  ///   - projection: nil for none.
  ///   - state: how the state is written.
  static func words(_ projection: StateProjection?, of state: String) -> String {
    guard let projection else { return state }
    return projection.hasBias ? "(W · \(state) + b)" : "W · \(state)"
  }
}
