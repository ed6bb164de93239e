// Where published runs lie in one figure of one epoch.

/// The range in which a right repetition of published runs is looked for.
public struct PublishedBand: Encodable, Sendable, Equatable {
  public enum Basis: String, Encodable, Sendable {
    /// From the lowest to the highest of three runs or more: of two, a right third one lies outside twice in three
    /// times.
    case spread
    /// Runs whose source says how far from one a repetition may lie, and so far beyond the lowest and the highest.
    case tolerance
    /// One run's accuracy with its 95 % interval.
    case interval
  }

  public let low: Double
  public let high: Double
  /// Runs that have the figure.
  public let runs: Int
  public let basis: Basis

  /// Nil where nothing was published, and where one or two runs say nothing of how far another may lie.
  init?(_ figure: EpochFigure, epoch number: Int, of runs: [Reference.Run]) {
    let published = runs.compactMap { run -> (run: Reference.Run, epoch: Reference.Epoch)? in
      guard let epoch = run.epochs.first(where: { $0.epoch == number }),
        figure.published(in: epoch) != nil
      else { return nil }
      return (run, epoch)
    }
    guard let range = FigureRange(figure, of: published.map(\.epoch)) else { return nil }
    self.runs = published.count
    let (run, epoch) = published[0]
    let tolerances = published.compactMap { $0.run.tolerance[figure] }
    if tolerances.count == published.count, let tolerance = tolerances.max() {
      (low, high) = (range.low.value - tolerance, range.high.value + tolerance)
      basis = .tolerance
    } else if published.count > 2 {
      (low, high, basis) = (range.low.value, range.high.value, .spread)
    } else if published.count == 1, figure == .accuracy {
      let interval = WilsonInterval(correct: epoch.correct, count: run.examples)
      (low, high, basis) = (interval.low, interval.high, .interval)
    } else {
      return nil
    }
  }

  /// Whether a figure lies in it, to the four digits that are published.
  func contains(_ value: Double) -> Bool {
    func published(_ value: Double) -> Double { (value * 10_000).rounded() }
    return (published(low)...published(high)).contains(published(value))
  }

  var text: String { "\(low.fixed(4))-\(high.fixed(4))" }

  /// What makes it a band.
  var basisText: String {
    switch basis {
    case .spread: "\(runs) runs"
    case .tolerance: runs == 1 ? "1 run, its tolerance" : "\(runs) runs, their tolerance"
    case .interval: "1 run, 95 % interval"
    }
  }
}
