// What keeps the audit of the defaults from being a page.

/// What keeps the audit from being a page: all of it at once.
public struct DefaultsError: Error, Equatable, CustomStringConvertible {
  public var problems: [String]

  public var description: String { "defaults: \(problems.joined(separator: "; "))" }
}
