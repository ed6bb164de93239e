/// A float32 matrix [rows, columns] in a scope's memory: a value that names memory and owns none.
///
/// It is valid until its scope is reset; using it later traps.
public struct Tensor {
  public let rows: Int
  public let columns: Int
  let slot: Int
  let storage: UnsafeMutablePointer<Float>
  let scope: Unmanaged<ComputeScope>
  let generation: Int

  public var shape: Shape { Shape(rows, columns) }

  /// The values in row-major order, copied out.
  public func copyValues() -> [Float] {
    Array(UnsafeBufferPointer(start: pointer, count: rows * columns))
  }

  /// Memory of the values, after a check that the scope has not moved on.
  public var pointer: UnsafeMutablePointer<Float> {
    let current = scope._withUnsafeGuaranteedRef { $0.generation }
    precondition(generation == current, "a tensor used after its scope was reset")
    return storage
  }
}
