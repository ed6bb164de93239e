#if canImport(Glibc)
  import Glibc
#endif

extension TorchGenerator {
  /// `torch.empty(count).normal_(0, standardDeviation)`: the same draws, and the same values but for the
  /// rounding of torch's vectorised logarithm, sine and cosine (below 1e-6 standard deviations).
  ///
  /// From 16 values on they come in groups of sixteen, eight radii with eight angles; if the last group is
  /// not full, the last sixteen values are all drawn again. Fewer than 16 come in pairs, in double precision.
  /// Source: torch 2.4.0 `aten/src/ATen/native/cpu/DistributionTemplates.h`, `normal_fill_AVX2` and `normal_kernel`.
  public mutating func normals(count: Int, standardDeviation: Double) -> [Float] {
    guard count >= 16 else { return fewNormals(count: count, standardDeviation: standardDeviation) }
    var values = (0..<count).map { _ in uniform() }
    func transformSixteen(from start: Int) {
      for place in start..<start + 8 {
        let radius = (-2 * log(1 - Double(values[place]))).squareRoot() * standardDeviation
        let angle = 2 * Double.pi * Double(values[place + 8])
        values[place] = Float(radius * cos(angle))
        values[place + 8] = Float(radius * sin(angle))
      }
    }
    for start in stride(from: 0, through: count - 16, by: 16) { transformSixteen(from: start) }
    if count % 16 != 0 {
      for place in count - 16..<count { values[place] = uniform() }
      transformSixteen(from: count - 16)
    }
    return values
  }

  private mutating func fewNormals(count: Int, standardDeviation: Double) -> [Float] {
    var values: [Float] = []
    while values.count < count {
      if let spare = spareNormal {
        values.append(Float(spare * standardDeviation))
        spareNormal = nil
        continue
      }
      let angle = 2 * Double.pi * uniformDouble()
      let radius = (-2 * log1p(-uniformDouble())).squareRoot()
      values.append(Float(radius * cos(angle) * standardDeviation))
      spareNormal = radius * sin(angle)
    }
    return values
  }
}
