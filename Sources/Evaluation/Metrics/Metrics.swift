// The metrics that a definition can name.

/// The list that `select_best` and `metrics` of a definition choose from. A new metric is a file and a line here.
public enum Metrics {
  /// In the order of the reference.
  public static let all: [any Metric.Type] = [
    Accuracy.self,
    MacroF1.self,
    F1.self,
    MatthewsCorrelation.self,
    PearsonCorrelation.self,
    SpearmanCorrelation.self,
  ]

  public static var ofClasses: [any ClassMetric.Type] {
    all.compactMap { $0 as? any ClassMetric.Type }
  }
  public static var ofNumbers: [any NumberMetric.Type] {
    all.compactMap { $0 as? any NumberMetric.Type }
  }

  /// The metric of that name; nil if there is none.
  public static func named(_ name: String) -> (any Metric.Type)? { all.first { $0.name == name } }
}
