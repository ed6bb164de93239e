import Foundation

extension Reference {
  /// x · Φ(x) = x/2 · erfc(-x/√2), which loses nothing where Φ is small.
  public static func gelu(_ x: Matrix) -> Matrix {
    x.map { 0.5 * $0 * erfc(-$0 / 2.0.squareRoot()) }
  }

  public static func tanh(_ x: Matrix) -> Matrix { x.map { Foundation.tanh($0) } }

  public static func relu(_ x: Matrix) -> Matrix { x.map { max($0, 0) } }
}
