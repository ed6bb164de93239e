import RetortOptimization
import Testing

@Suite("Linear schedule")
struct LinearScheduleTests {
  @Test("falls from the peak to 0 without warm-up")
  func withoutWarmup() {
    // The report: 2e-5 over 12,630 steps.
    let schedule = LearningRate(
      peak: 2e-5, warmupSteps: 0, totalSteps: 12_630, schedule: LinearSchedule())
    #expect(schedule.at(step: 0) == 2e-5)
    #expect(schedule.at(step: 6315) == 1e-5)  // half-way
    #expect(schedule.at(step: 12_629) == 2e-5 * (1.0 / 12_630))
    #expect(schedule.at(step: 12_630) == 0)
    #expect(schedule.at(step: 13_000) == 0)
  }

  @Test("rises over the warm-up")
  func warmup() {
    let schedule = LearningRate(peak: 8, warmupSteps: 4, totalSteps: 12, schedule: LinearSchedule())
    #expect((0...12).map(schedule.at) == [0, 2, 4, 6, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  }
}

@Suite("Gradient clipping")
struct GradientClippingTests {
  @Test("scales down to the bound and never up")
  func coefficient() {
    let clipping = GradientClipping(maximumNorm: 5)
    #expect(clipping.coefficient(norm: 3) == 1)
    #expect(clipping.coefficient(norm: 0) == 1)
    #expect(abs(clipping.coefficient(norm: 20) - 0.25) < 1e-6)
    #expect(clipping.coefficient(norm: .infinity) == 0)
    #expect(clipping.coefficient(norm: .nan).isNaN)
  }
}
