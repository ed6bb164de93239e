// Logit MSE against PyTorch 2.4.0 in double precision: logit_mse.h5.
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Logit MSE equals PyTorch's")
struct LogitMSETests {
  private let tolerance = Tolerance(
    relative: 1e-6, absolute: 1e-7, because: "differences in double precision, gradients rounded")

  @Test("value and gradient", arguments: [1, 2])
  func parity(times: Int) throws {
    let fixture = try Fixture("logit_mse.h5")
    #expect(fixture.groups.count == 3)
    for group in fixture.groups {
      let (values, gradient) = try GivenLogits(fixture, group)
        .mean(of: LogitMSE(positions: .all), times: times)
      let expected = try fixture.number("loss", of: group)
      expectClose(values, values.map { _ in expected }, tolerance, group)
      expectClose(
        gradient,
        try fixture.floats("\(group)/student_gradient").map { Double(times) * Double($0) },
        tolerance, "\(group) gradient")
    }
  }

  @Test("it is read where the definition says")
  func reads() {
    let term = LogitMSE(positions: .masked)
    #expect(term.readsOfStudent == Observations(vocabularyLogits: .masked))
    #expect(term.readsOfTeacher == term.readsOfStudent && term.rows == .maskedTokens)
  }
}
