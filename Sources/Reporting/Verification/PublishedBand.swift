// Where published runs lie in one figure of one epoch.
import RetortEvaluation

/// The range in which a right repetition of published runs is looked for.
public struct PublishedBand: Encodable, Sendable, Equatable {
  public enum Basis: String, Encodable, Sendable {
    /// From the lowest to the highest of three runs or more. Another lies outside with a chance of 2 in n + 1: for
    /// fewer that is more often than not.
    case spread
    /// Runs whose sources say how far from each a repetition may lie.
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
    let reaches = published.compactMap { run, epoch -> (low: Double, high: Double)? in
      guard let tolerance = run.tolerance[figure], let value = figure.published(in: epoch)?.value
      else { return nil }
      return (value - tolerance, value + tolerance)
    }
    if reaches.count == published.count, let least = reaches.map(\.low).min(),
      let greatest = reaches.map(\.high).max()
    {
      (low, high, basis) = (least, greatest, .tolerance)
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
