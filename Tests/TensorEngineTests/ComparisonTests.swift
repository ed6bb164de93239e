import Testing

@testable import RetortTestSupport

/// The comparer that every other test relies on must itself be able to fail.
@Suite struct ComparisonTests {
  private let tolerance = Tolerance(relative: 1e-5, absolute: 1e-6, because: "float32")

  @Test("equal values pass, and values within the tolerance")
  func passes() {
    #expect(complaint([1, -2, 3], [1, -2, 3], tolerance) == nil)
    #expect(complaint([1.000_01, -2], [1, -2], tolerance) == nil)
  }

  @Test("one perturbed value fails, and the message names it")
  func perturbedValue() throws {
    var values = (1...100).map(Double.init)
    values[41] *= 1 + 3e-5
    let message = try #require(complaint(values, (1...100).map(Double.init), tolerance))
    #expect(message.contains("1 of 100") && message.contains("at 41"))
    #expect(message.contains("float32"))
  }

  @Test("counts, not-a-number, infinity and emptiness fail")
  func malformed() {
    #expect(complaint([1], [1, 2], tolerance) != nil)
    #expect(complaint([1, .nan], [1, 2], tolerance) != nil)
    #expect(complaint([1, .infinity], [1, 2], tolerance) != nil)
    #expect(complaint([1, .infinity], [1, .infinity], tolerance) != nil)
    #expect(complaint([], [], tolerance) != nil)
  }

  @Test("a tolerance that zeros would pass is vacuous")
  func vacuous() throws {
    let message = try #require(complaint([0, 0], [1e-6, -9e-6], tolerance))
    #expect(message.hasPrefix("vacuous"))
    #expect(complaint([1.2e-5], [1.2e-5], tolerance) == nil)
  }

  @Test("issues are recorded where the test expects closeness")
  func issues() {
    withKnownIssue { expectClose([1.0], [2.0], tolerance) }
    withKnownIssue { expectClose([Float(1)], rows: 1, columns: 1, Matrix(1, 2), tolerance) }
    withKnownIssue { expectZero([0, 1e-3], within: 1e-4, because: "") }
    withKnownIssue { expectZero([0, .nan], within: 1e-4, because: "") }
    withKnownIssue { expectSameBits([0], [-0.0]) }
    expectZero([0, 1e-5], within: 1e-4, because: "")
    expectSameBits([.nan, -0.0], [.nan, -0.0])
  }

  @Test("a gradient off in one element is noticed, one by one and along a direction")
  func gradientCheck() {
    let inputs = [Matrix(1, 400, (0..<400).map { Double($0) / 100 })]
    let check = GradientCheck(at: inputs) { $0[0].values.reduce(0) { $0 + $1 * $1 } }
    var gradient = inputs[0].values.map { Float(2 * $0) }
    check.expect(gradient, ofInput: 0, tolerance, "2x")
    gradient[77] += 0.01
    withKnownIssue { check.expect(gradient, ofInput: 0, tolerance, "one element off") }
  }
}
