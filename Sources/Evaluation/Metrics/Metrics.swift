// The metrics that a definition can name.

public enum Metrics {
  public static let all: [any Metric.Type] = [
    Accuracy.self,
    MacroF1.self,
  ]

  /// The metric of that name; nil if there is none.
  public static func named(_ name: String) -> (any Metric.Type)? { all.first { $0.name == name } }
}
