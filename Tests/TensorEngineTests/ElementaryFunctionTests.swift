import Foundation
import RetortTestSupport
import Testing

@testable import RetortTensorEngine

/// The vector kernels' exp, erf, tanh and GELU against double precision, over all magnitudes.
@Suite struct ElementaryFunctionTests {
  /// Applies a kernel to any number of values, sixteen at a time.
  private func apply(_ kernel: (Vector) -> Vector, to x: [Float]) -> [Float] {
    var y = [Float](repeating: 0, count: x.count)
    for start in stride(from: 0, to: x.count, by: 16) {
      var vector = Vector(repeating: 0)
      let lanes = min(16, x.count - start)
      for lane in 0..<lanes { vector[lane] = x[start + lane] }
      let result = kernel(vector)
      for lane in 0..<lanes { y[start + lane] = result[lane] }
    }
    return y
  }

  /// Values of both signs with every exponent from 2^low to 2^high, `count` mantissas each.
  private func sweep(from low: Int, to high: Int, mantissas count: Int = 4096) -> [Float] {
    (low..<high).flatMap { exponent -> [Float] in
      (0..<count).flatMap { i -> [Float] in
        let x = Float(sign: .plus, exponent: exponent, significand: 1 + Float(i) / Float(count))
        return [x, -x]
      }
    }
  }

  /// The largest error in units in the last place of the exact value, and where it is.
  private func worst(
    _ y: [Float], _ x: [Float], exact: (Double) -> Double
  ) -> (units: Double, at: Float) {
    var worst = (units: 0.0, at: Float(0))
    for (y, x) in zip(y, x) {
      let reference = exact(Double(x))
      let error = (Double(y) - reference).magnitude / unit(at: reference)
      if !(error <= worst.units) { worst = (error, x) }
    }
    return worst
  }

  /// The distance of float32 values near x. In double precision, because compute threads take subnormal
  /// float32 values for zero.
  private func unit(at x: Double) -> Double {
    Double(sign: .plus, exponent: max(x == 0 ? -126 : Int(x.exponent), -126) - 23, significand: 1)
  }

  private func worstAbsolute(
    _ y: [Float], _ x: [Float], exact: (Double) -> Double
  ) -> (error: Double, at: Float) {
    var worst = (error: 0.0, at: Float(0))
    for (y, x) in zip(y, x) {
      let error = (Double(y) - exact(Double(x))).magnitude
      if !(error <= worst.error) { worst = (error, x) }
    }
    return worst
  }

  @Test("exp: at most 2 units in the last place from -87.33 to 88.37")
  func exponential() {
    let x = sweep(from: -40, to: 7, mantissas: 16384).filter { $0 >= -87.33 && $0 <= 88.37 }
    let result = worst(apply(RetortTensorEngine.exponential, to: x), x, exact: exp)
    #expect(result.units <= 2, "at \(result.at)")
  }

  @Test("exp: zero below, finite above, not-a-number through, one at zero")
  func exponentialExtremes() {
    let x: [Float] = [
      -87.34, -100, -1e30, -.infinity, 88.37, 89, 1e30, .infinity, 0, -0.0, .leastNonzeroMagnitude,
    ]
    let y = apply(RetortTensorEngine.exponential, to: x)
    #expect(y[0..<4].allSatisfy { $0 == 0 })
    #expect(y[4..<8].allSatisfy { $0.isFinite && $0 > 2.3e38 })
    #expect(y[8...].allSatisfy { $0 == 1 })
  }

  /// Not-a-number with nothing else set, with a payload, negative, and as a subtraction of infinities gives it.
  private let notNumbers: [Float] = [
    .nan, -.nan, Float(bitPattern: 0x7FC0_0001), Float(bitPattern: 0xFFC0_1234),
    Float(bitPattern: 0x7FFF_FFFF), .infinity - .infinity,
  ]

  @Test("not-a-number stays one, whatever its payload")
  func notANumber() {
    #expect(apply(RetortTensorEngine.exponential, to: notNumbers).allSatisfy { $0.isNaN })
    #expect(apply(errorFunction, to: notNumbers).allSatisfy { $0.isNaN })
    #expect(apply(hyperbolicTangent, to: notNumbers).allSatisfy { $0.isNaN })
    #expect(apply(GELU.value, to: notNumbers).allSatisfy { $0.isNaN })
    #expect(apply(GELU.derivative, to: notNumbers).allSatisfy { $0.isNaN })
  }

  @Test("erf: absolute error at most 1.5e-7, odd, one at infinity")
  func errorFunctionAccuracy() {
    let x = sweep(from: -60, to: 4)
    let y = apply(errorFunction, to: x)
    let result = worstAbsolute(y, x, exact: erf)
    #expect(result.error <= 1.5e-7, "at \(result.at)")
    for i in stride(from: 0, to: y.count, by: 2) where y[i] != -y[i + 1] {
      Issue.record("erf is not odd at \(x[i])")
      break
    }
    // Near zero the relative error counts: erf(x) is x · 2/√π there.
    let small = x.filter { $0.magnitude <= 1 }
    let relative = worst(apply(errorFunction, to: small), small, exact: erf)
    #expect(relative.units <= 4, "at \(relative.at)")
    #expect(
      apply(errorFunction, to: [.infinity, -.infinity, 4, -4, 100, 0]) == [1, -1, 1, -1, 1, 0])
  }

  @Test("tanh: at most 3 units in the last place, odd, one at infinity")
  func hyperbolicTangentAccuracy() {
    let x = sweep(from: -60, to: 7)
    let y = apply(hyperbolicTangent, to: x)
    let result = worst(y, x, exact: tanh)
    #expect(result.units <= 3, "at \(result.at)")
    for i in stride(from: 0, to: y.count, by: 2) where y[i] != -y[i + 1] {
      Issue.record("tanh is not odd at \(x[i])")
      break
    }
    #expect(apply(hyperbolicTangent, to: [.infinity, -.infinity, 20, 0]) == [1, -1, 1, 0])
  }

  @Test("GELU: error at most 1.5e-7 of the larger of 1 and |x|, zero and identity far out")
  func gelu() {
    func exact(_ x: Double) -> Double { 0.5 * x * erfc(-x / 2.0.squareRoot()) }
    let x = sweep(from: -40, to: 8)
    let y = apply(GELU.value, to: x)
    for (x, y) in zip(x, y) {
      let error = (Double(y) - exact(Double(x))).magnitude
      if !(error <= 1.5e-7 * max(1, Double(x.magnitude))) {
        Issue.record("gelu(\(x)) = \(y), an error of \(error)")
        break
      }
    }
    #expect(
      apply(GELU.value, to: [0, 10, -10, 1e30, -1e30, .infinity]) == [0, 10, 0, 1e30, 0, .infinity])
  }

  @Test("GELU's derivative: absolute error at most 3e-7")
  func geluDerivative() {
    func exact(_ x: Double) -> Double {
      0.5 * erfc(-x / 2.0.squareRoot()) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    }
    let x = sweep(from: -40, to: 6)
    let result = worstAbsolute(apply(GELU.derivative, to: x), x, exact: exact)
    #expect(result.error <= 3e-7, "at \(result.at)")
    #expect(apply(GELU.derivative, to: [0, 20, -20, 1e18, -1e18]) == [0.5, 1, 0, 1, 0])
  }
}
