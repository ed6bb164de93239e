/// Letters for sizes, the same in every comment of the engine and of the models:
///
///     N  sequences in a batch          C  hidden size (features of a token)
///     T  tokens of all N sequences     F  feed-forward size
///     L  tokens of one sequence        K  classes
///     H  attention heads               V  vocabulary
///     D  size of one head, C / H       R  selected rows, R <= T
///
/// Every activation is a float32 matrix [rows, columns], row-major. A batch's tokens lie one after
/// another, so an activation of a batch is [T, features] and there is no padding anywhere.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  public let rows: Int
  public let columns: Int

  public init(_ rows: Int, _ columns: Int) {
    (self.rows, self.columns) = (rows, columns)
  }

  public var count: Int { rows * columns }
  public var description: String { "[\(rows), \(columns)]" }
}
