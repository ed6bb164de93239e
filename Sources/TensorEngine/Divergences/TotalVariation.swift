/// ½ Σ |q - p|, from 0 to 1.
///
/// Gradient with respect to s/T: ½ p (σ - Σ p σ) with σ the sign of p - q, 0 where they are equal: there it has none.
/// Source: Wen, Li, Du, Mou 2023 (arXiv 2307.15190), section 3, for words of a sequence.
public struct TotalVariation: LogitDivergence {
  public static let key = "total_variation"
  public static let about = "Half the sum of |teacher - student| over the outcomes, from 0 to 1."

  public init() {}
  public init(numbers: [Double]) {}

  public func formula(_ words: DivergenceWords) -> String {
    "\(words.factor)½ Σ |q - p| with \(words.definitions)"
  }

  public func notes(scale: SoftTargetLoss.Scale) -> [String] {
    scale == .tSquared
      ? [
        "the gradient of total variation falls as 1/T, not as 1/T² as that of KL does: with scale "
          + "t_squared it grows with T"
      ] : []
  }

  public func evaluate(_ row: LogitRow) -> Double {
    let (p, q) = row.softened()
    let (a, b) = (Vector(repeating: Float(1 / p.total)), Vector(repeating: Float(1 / q.total)))
    @inline(__always) func difference(_ part: VectorPart) -> Vector {
      load(p.powers, part) * a - load(q.powers, part) * b
    }
    if let gradient = row.gradient {
      @inline(__always) func sign(_ part: VectorPart) -> Vector {
        let difference = difference(part)
        return Vector.zero.replacing(
          with: Vector(repeating: 1).withSign(of: difference), where: difference .!= 0)
      }
      let mean = RowKernels.sum(row.count) { load(p.powers, $0) * sign($0) } / p.total
      let (factor, center) = (
        Vector(repeating: Float(row.gradientFactor / 2 / p.total)), Vector(repeating: Float(mean))
      )
      RowKernels.contribute(to: gradient, adds: row.adds, row.count) { part in
        load(p.powers, part) * factor * (sign(part) - center)
      }
    }
    return RowKernels.sum(row.count) { difference($0).magnitudes } / 2
  }
}
