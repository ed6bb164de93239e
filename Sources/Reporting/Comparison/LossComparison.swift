// Two trainings compared step by step.

/// How far the losses of two trainings are apart. Written to Results/records/parity/ it is what
/// `Results/parity.md` shows of a replay.
public struct LossComparison: Codable, Sendable, Equatable {
  public struct Difference: Codable, Sendable, Equatable {
    public var step: Int
    public var loss: Double
    public var reference: Double

    public var magnitude: Double { (loss - reference).magnitude }
    /// Of the reference; infinite where only that is 0.
    public var relative: Double { magnitude == 0 ? 0 : magnitude / reference.magnitude }
  }

  public var run: String
  /// What somebody says of this pair, in a sentence or two.
  public var note: String?
  public var stage: String?
  public var reference: String
  /// Of the reference where it is a run of this program; nil for another program's log.
  public var referenceStage: String?
  public var tolerance: Double
  /// Steps that both have; nothing else is compared.
  public var steps: Int
  /// Steps that only one of them has.
  public var onlyInRun: Int
  public var onlyInReference: Int
  /// The first step further apart than the tolerance, nil if there is none. Not-a-number is beyond any.
  public var firstBeyond: Difference?
  public var largest: Difference
  public var largestRelative: Difference
  public var mean: Double
  /// The largest difference of each tenth of the steps, in order: whether it grows, and how.
  public var course: [Difference]
  public var epochs: [LossLog.Epoch]
  public var referenceEpochs: [LossLog.Epoch]

  /// - Throws: where the two have no step in common.
  public init(
    _ run: LossLog, with reference: LossLog, tolerance: Double
  ) throws(LossLogError) {
    let references = Dictionary(
      reference.steps.map { ($0.step, $0.loss) }, uniquingKeysWith: { first, _ in first })
    let pairs = run.steps.compactMap { step in
      references[step.step].map {
        Difference(step: step.step, loss: step.loss, reference: $0)
      }
    }
    // Not-a-number is larger than everything.
    func larger(_ a: Double, _ b: Double) -> Bool { a.isNaN ? !b.isNaN : a > b }
    guard let first = pairs.first else { throw .nothingInCommon(run.source, reference.source) }
    func largest(_ pairs: some Sequence<Difference>, startingWith first: Difference) -> Difference {
      pairs.reduce(first) { larger($1.magnitude, $0.magnitude) ? $1 : $0 }
    }
    self.run = run.source
    stage = run.stage
    self.reference = reference.source
    referenceStage = reference.stage
    self.tolerance = tolerance
    steps = pairs.count
    onlyInRun = run.steps.count - pairs.count
    onlyInReference = reference.steps.count - pairs.count
    firstBeyond = pairs.first { !($0.magnitude <= tolerance) }
    self.largest = largest(pairs, startingWith: first)
    largestRelative = pairs.reduce(first) { larger($1.relative, $0.relative) ? $1 : $0 }
    mean = pairs.map(\.magnitude).reduce(0, +) / Double(pairs.count)
    let parts = min(10, pairs.count)
    course = (0..<parts).map { part in
      let range = part * pairs.count / parts..<(part + 1) * pairs.count / parts
      return largest(pairs[range], startingWith: pairs[range.lowerBound])
    }
    epochs = run.epochs
    referenceEpochs = reference.epochs
  }
}
