// Divergences where they are extreme, and weights of rows.
import Glibc
import RetortTensorEngine
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Divergences at their limits")
struct DivergenceTests {
  @Test("what a teacher holds for impossible costs 80 nats, and every divergence is 0 of itself")
  func extremes() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
    func loss(_ divergence: any LogitDivergence, _ s: [Float], _ t: [Float]) -> Double {
      let student = scope.input(s, rows: 1, columns: s.count, differentiable: true)
      let value = scope.softTargets(
        SoftTargetLoss(divergence, temperature: 1, scale: .none, targets: .soft), student: student,
        teacher: scope.input(t, rows: 1, columns: t.count), labels: [1], gradientScale: 1)[0]
      #expect((scope.gradientValues(of: student) ?? []).allSatisfy { $0.isFinite })
      return value
    }
    #expect(abs(loss(ReverseKL(), [900, 0, 0], [0, 0, 900]) - 80) < 1e-4)
    #expect(abs(loss(TotalVariation(), [900, 0, 0], [0, 0, 900]) - 1) < 1e-6)
    #expect(abs(loss(JensenShannon(beta: 0.5), [900, 0, 0], [0, 0, 900]) - 0.693_147_2) < 1e-6)
    for type in Divergences.all {
      let numbers = type.numbers.map { $0.key == "columns" ? 0 : 0.5 }
      let same = loss(type.init(numbers: numbers), [5, -3, 900, 1], [5, -3, 900, 1])
      #expect(abs(same) < 1e-6, "\(type.key): \(same)")
    }
  }

  @Test("an outcome of which both models say the same has no side in total variation")
  func equalShares() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
    let student = scope.input([1, -1, 0], rows: 1, columns: 3, differentiable: true)
    _ = scope.softTargets(
      SoftTargetLoss(TotalVariation(), temperature: 1, scale: .none, targets: .soft),
      student: student, teacher: scope.input([-1, 1, 0], rows: 1, columns: 3), gradientScale: 1)
    let powers = [1.0, -1, 0].map { exp($0) }
    let p = powers.map { $0 / powers.reduce(0, +) }
    let expected = zip(p, [1.0, -1, 0]).map { 0.5 * $0 * ($1 - (p[0] - p[1])) }
    expectClose(
      (scope.gradientValues(of: student) ?? []).map { Double($0) }, expected,
      Tolerance(relative: 1e-5, absolute: 1e-7, because: "float32 exponentials"))
  }

  @Test(
    "a column that is the same everywhere has no correlation, as all have in a batch of one row")
  func flatColumns() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
    let loss = SoftTargetLoss(
      PearsonDistance(rows: 0, columns: 1), temperature: 1, scale: .none, targets: .soft)
    let student = scope.input([1, 2, 3], rows: 1, columns: 3, differentiable: true)
    let values = scope.softTargets(
      loss, student: student, teacher: scope.input([3, 1, 1], rows: 1, columns: 3),
      gradientScale: 1)
    #expect(values == [1])
    expectZero(scope.gradientValues(of: student) ?? [], within: 0, because: "nothing to correlate")
  }

  @Test("weights of rows multiply values and gradients, a coupled part by their sum")
  func weights() {
    func run(_ weights: [Double]?, _ rows: [Float]) -> (values: [Double], gradient: [Float]) {
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
      let student = scope.input(rows, rows: 3, columns: 3, differentiable: true)
      let values = scope.softTargets(
        SoftTargetLoss(
          PearsonDistance(rows: 1, columns: 0.5), temperature: 2, scale: .tSquared, targets: .soft),
        student: student,
        teacher: scope.input([2, 0, 1, 0, 1, 0.5, 1, 1, 3], rows: 3, columns: 3),
        gradientScale: 0.25, rowWeights: weights)
      return (values, scope.gradientValues(of: student) ?? [])
    }
    let logits: [Float] = [1, 2, 3, 0, -1, 1, 0.5, 0, 2]
    let (plain, doubled) = (run(nil, logits), run([2, 2, 2], logits))
    #expect(doubled.values == plain.values.map { 2 * $0 })
    #expect(doubled.gradient == plain.gradient.map { 2 * $0 })
    let some = run([0, 3, 0], logits)
    #expect(some.values[0] == 0 && some.values[2] == 0)
    expectClose(
      [some.values[1]], [3 * plain.values[1]],
      Tolerance(relative: 1e-12, absolute: 0, because: "doubles"))
  }
}
