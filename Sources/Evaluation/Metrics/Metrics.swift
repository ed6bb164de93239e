// The metrics that a definition can name.

/// The list that `select_best` and `metrics` of a definition choose from. A new metric is a file and a line here.
public enum Metrics {
  /// In the order of the reference.
  public static let all: [any Metric.Type] = [
    Accuracy.self,
    MacroF1.self,
  ]

  /// The metric of that name; nil if there is none.
  public static func named(_ name: String) -> (any Metric.Type)? { all.first { $0.name == name } }
}
