// Macro F1 against scikit-learn 1.5.2: f1_macro.h5.
import RetortTestSupport
import Testing

@testable import RetortEvaluation

@Suite("Macro F1 equals scikit-learn's")
struct MacroF1Tests {
  @Test("value")
  func parity() throws {
    let fixture = try Fixture("f1_macro.h5")
    #expect(fixture.groups.count == 8)
    for group in fixture.groups {
      let answers = Answers(
        predictions: try fixture.integers("\(group)/predictions").map { Int($0) },
        labels: try fixture.integers("\(group)/labels").map { Int($0) })
      let expected = try fixture.number("f1_macro", of: group)
      // Both are sums of some thirty quotients in double precision.
      #expect(abs(MacroF1.value(of: answers) - expected) < 1e-14, "\(group)")
    }
  }

  @Test("the value lies within its interval")
  func interval() {
    let interval = MacroF1.interval(of: MetricTests.answers)
    let value = MacroF1.value(of: MetricTests.answers)
    #expect(interval.low < value && value < interval.high)
    #expect(interval.low >= 0 && interval.high <= 1)
  }
}
