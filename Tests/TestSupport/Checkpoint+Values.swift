// The tensors of a checkpoint as arrays.
import RetortStorage

extension Checkpoint {
  /// A copy of a tensor's values.
  public func values(_ name: String, in group: String = "/model") throws -> [Float] {
    defer { withExtendedLifetime(self) {} }
    return Array(try tensor(name, in: group).values)
  }
}
