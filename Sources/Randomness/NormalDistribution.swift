#if canImport(Glibc)
  import Glibc
#endif

extension RandomStream {
  /// A standard normal value (Box-Muller, one of the pair).
  /// Computed in double precision and rounded once, so that it does not depend on vector width.
  public mutating func standardNormal() -> Double {
    let radius = (-2 * log(1 - uniformDouble())).squareRoot()
    return radius * cos(2 * .pi * uniformDouble())
  }
}
