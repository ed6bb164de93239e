// Steps in, what they mean for whoever waits out.

/// One optimizer step, or some of whatever else is counted, as the meter needs it.
struct MeterStep {
  /// What is counted.
  var unit = "step"
  /// Nil where nothing is trained.
  var epoch: Int?
  var step: Int
  var totalSteps: Int
  /// Nil where nothing is trained.
  var loss: Double?
  var terms: [(name: String, value: Double)] = []
  var tokens: Int
  var seconds: Double
}

/// Averages over the last seconds of a stage. A step weighs by its tokens in losses and speed; what
/// lies `memory` seconds back weighs 1/e.
struct ProgressMeter {
  let stage: String
  private let place: String?
  private let mayStopEarly: Bool
  /// Seconds that the stages after this one take, by this one's steps and seconds a step.
  private let secondsAfter: (_ totalSteps: Int, _ secondsPerStep: Double) -> Double?
  private static let memory = 10.0

  private var last: MeterStep?
  private var weight = 0.0
  private var loss = 0.0
  private var terms: [Double] = []
  private var tokens = 0.0
  private var seconds = 0.0
  /// Of this process alone: steps that an earlier one did say nothing of this machine's speed.
  private var stepsTimed = 0
  private var secondsTimed = 0.0

  /// - Parameters:
  ///   - place: `2/5`; nil of one stage alone.
  ///   - mayStopEarly: whether it may take fewer steps than planned.
  ///   - secondsAfter: what the stages after it take; nil where that is not known.
  init(
    stage: String, place: String? = nil, mayStopEarly: Bool = false,
    secondsAfter: @escaping (_ totalSteps: Int, _ secondsPerStep: Double) -> Double? = { _, _ in
      nil
    }
  ) {
    (self.stage, self.place, self.mayStopEarly) = (stage, place, mayStopEarly)
    self.secondsAfter = secondsAfter
  }

  mutating func add(_ step: MeterStep) {
    let fade = fadeFactor(step.seconds)
    weight = weight * fade + 1
    loss = loss * fade + (step.loss ?? 0)
    if terms.count != step.terms.count { terms = step.terms.map { _ in 0 } }
    for (index, term) in step.terms.enumerated() { terms[index] = terms[index] * fade + term.value }
    tokens = tokens * fade + Double(step.tokens)
    seconds = seconds * fade + step.seconds
    // The first step warms caches and threads up.
    if let last {
      stepsTimed += step.step - last.step
      secondsTimed += step.seconds
    }
    last = step
  }

  /// Nil before the first step.
  var progress: StageProgress? {
    guard let last else { return nil }
    let secondsPerStep = stepsTimed == 0 ? nil : secondsTimed / Double(stepsTimed)
    let left = secondsPerStep.map { $0 * Double(last.totalSteps - last.step) }
    let after = secondsPerStep.flatMap { secondsAfter(last.totalSteps, $0) }
    return StageProgress(
      stage: stage, place: place, unit: last.unit, epoch: last.epoch, step: last.step,
      totalSteps: last.totalSteps, loss: last.loss == nil ? nil : loss / weight,
      terms: zip(last.terms, terms).map { ($0.name, $1 / weight) },
      tokensPerSecond: seconds > 0 ? tokens / seconds : 0,
      secondsLeft: left,
      runSecondsLeft: left.flatMap { left in after.flatMap { $0 > 0 ? left + $0 : nil } },
      mayStopEarly: mayStopEarly)
  }

  private func fadeFactor(_ seconds: Double) -> Double {
    // exp(-s/memory) by its first terms would do; steps may be long, so the quotient that never
    // turns negative.
    1 / (1 + seconds / Self.memory)
  }
}
