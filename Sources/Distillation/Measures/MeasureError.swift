// Why a model could not be measured.

public enum MeasureError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A figure that is infinite or not a number.
  case notFinite(figure: String)
  /// There is nothing that the figure could be taken on.
  case nothingMeasured(figure: String)
  /// A signal asked to stop. What was measured before is kept.
  /// - Parameter units: what was counted.
  case interrupted(done: Int, total: Int, units: String = "sequences")
  /// More sequences than can be compared with one another.
  case tooMany(what: String, found: Int, most: Int, advice: String)
  case tooFew(what: String, found: Int, least: Int)
  /// A search for the least loss that has not come to its end.
  case noOptimum(iterations: Int, gradient: Double)

  public var description: String {
    switch self {
    case .notFinite(let figure):
      "\(figure) is not a finite number; the model is damaged, or its training has diverged"
    case .nothingMeasured(let figure): "\(figure): the text has nothing that it can be taken on"
    case .interrupted(let done, let total, let units): "stopped after \(done) of \(total) \(units)"
    case .tooMany(let what, let found, let most, let advice):
      "\(what): expected at most \(most), found \(found); \(advice)"
    case .tooFew(let what, let found, let least):
      "\(what): expected at least \(least), found \(found)"
    case .noOptimum(let iterations, let gradient):
      "the probe's loss is not at its least after \(iterations) iterations (gradient \(gradient)); write a smaller inverse_penalty"
    }
  }
}

extension MeasureError {
  /// The same of a measure, by what a definition calls it.
  public func naming(_ measure: String) -> MeasureError {
    switch self {
    case .notFinite(let figure): .notFinite(figure: "\(measure): \(figure)")
    case .nothingMeasured(let figure): .nothingMeasured(figure: "\(measure): \(figure)")
    case .tooMany(let what, let found, let most, let advice):
      .tooMany(what: "\(measure): \(what)", found: found, most: most, advice: advice)
    case .tooFew(let what, let found, let least):
      .tooFew(what: "\(measure): \(what)", found: found, least: least)
    case .interrupted, .noOptimum: self
    }
  }
}
