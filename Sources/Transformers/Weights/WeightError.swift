// Why stored weights do not make up a model.

/// Everything in which stored weights differ from what a model needs.
public struct WeightDifferences: Equatable, Sendable {
  public struct Misshapen: Equatable, Sendable {
    public var name: String
    public var expected: [Int]
    public var found: [Int]
  }

  /// A size of the model that the stored tensors contradict.
  public struct Size: Equatable, Sendable {
    /// Such as `hidden size` or `layers`.
    public var name: String
    public var expected: Int
    public var found: Int
  }

  /// The sizes that explain what is missing, unexpected or misshapen.
  public var sizes: [Size] = []
  /// Names under which the weights were looked for.
  public var missing: [String] = []
  /// Names that belong to nothing the model has, with the reason.
  public var unexpected: [String] = []
  public var misshapen: [Misshapen] = []
  public struct NotFinite: Equatable, Sendable {
    public var name: String
    /// How many of its values are infinite or not numbers.
    public var count: Int
  }

  /// Tensors with values that are infinite or not numbers.
  public var notFinite: [NotFinite] = []
  /// Names of one parameter whose values should be equal and are not.
  public var unequal: [[String]] = []

  public var isEmpty: Bool {
    missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty && unequal.isEmpty
      && notFinite.isEmpty
  }
}

public enum WeightError: Error, Equatable, CustomStringConvertible {
  case unreadable(source: String, reason: String)
  case different(source: String, WeightDifferences)

  /// Of a list of tensors, so many are named; the rest is counted.
  private static let namedTensors = 5

  public var description: String {
    switch self {
    case .unreadable(let source, let reason): return "\(source): weights cannot be read: \(reason)"
    case .different(let source, let differences):
      var parts: [String] = []
      if !differences.sizes.isEmpty {
        let sizes = differences.sizes.map {
          "\($0.name) (expected \($0.expected), found \($0.found))"
        }
        parts.append("other sizes: " + sizes.joined(separator: ", "))
      }
      func list(_ title: String, _ items: [String]) {
        guard !items.isEmpty else { return }
        let rest = items.count - Self.namedTensors
        parts.append(
          "\(items.count) \(title): " + items.prefix(Self.namedTensors).joined(separator: ", ")
            + (rest > 0 ? " and \(rest) more" : ""))
      }
      list("missing", differences.missing)
      list("unexpected", differences.unexpected)
      list(
        "misshapen",
        differences.misshapen.map { "\($0.name) (expected \($0.expected), found \($0.found))" })
      list("tied but not equal", differences.unequal.map { $0.joined(separator: " and ") })
      list(
        "with values that are infinite or not numbers",
        differences.notFinite.map { "\($0.name) (\($0.count))" })
      return "\(source): the tensors are not those of the model: " + parts.joined(separator: "; ")
    }
  }
}
