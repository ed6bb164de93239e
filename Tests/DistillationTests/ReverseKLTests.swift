// Reverse KL against PyTorch 2.4.0 in double precision: reverse_kl.h5.
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Reverse KL equals PyTorch's")
struct ReverseKLTests {
  private let tolerance = Tolerance(
    relative: 2e-5, absolute: 1e-6, because: "float32 exponentials of a row")

  @Test("value and gradient", arguments: [1, 2])
  func parity(times: Int) throws {
    let fixture = try Fixture("reverse_kl.h5")
    #expect(fixture.groups.count == 5)
    for group in fixture.groups {
      let term = ReverseKL(
        temperature: try fixture.number("temperature", of: group), positions: .all)
      let (values, gradient) = try GivenLogits(fixture, group).mean(of: term, times: times)
      let expected = try fixture.number("loss", of: group)
      expectClose(values, values.map { _ in expected }, tolerance, group)
      expectClose(
        gradient,
        try fixture.floats("\(group)/student_gradient").map { Double(times) * Double($0) },
        tolerance, "\(group) gradient")
    }
  }

  @Test("it is read where the definition says, with all of the teacher's logits")
  func reads() throws {
    let term = ReverseKL(temperature: 2, positions: .masked)
    #expect(term.readsOfStudent == Observations(vocabularyLogits: .masked))
    #expect(term.readsOfTeacher == term.readsOfStudent)
    #expect(term.rows == .maskedTokens && term.scale?.factor == 4)
    #expect(throws: Objective.NeedsAllLogits(term: "reverse_kl")) {
      try Objective(WeightedTerm(1, term)).keeping(logits: 8)
    }
  }
}
