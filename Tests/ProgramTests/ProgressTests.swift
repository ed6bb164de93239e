import RetortFormatting
// What the progress line says of a stage.
import Testing

@testable import retort

@Suite struct ProgressTests {
  private func step(_ number: Int, loss: Double, seconds: Double = 1) -> MeterStep {
    MeterStep(
      epoch: 1, step: number, totalSteps: 1000, loss: loss,
      terms: [("soft_targets", loss / 2), ("masked_lm", loss / 4)], tokens: 200, seconds: seconds)
  }

  @Test func saysNothingBeforeTheFirstStep() {
    #expect(ProgressMeter(stage: "distil").progress == nil)
  }

  @Test func judgesTheTimeLeftByTheStepsOfThisProcess() throws {
    var meter = ProgressMeter(stage: "distil")
    // Resumed at 500; the first step warms up and is not timed.
    meter.add(step(501, loss: 4, seconds: 30))
    #expect(meter.progress?.secondsLeft == nil)
    for number in 502...600 { meter.add(step(number, loss: 4)) }
    let progress = try #require(meter.progress)
    #expect(progress.secondsLeft == 400)
    #expect((150...201).contains(progress.tokensPerSecond))
  }

  @Test func followsTheLossOfTheLastSeconds() throws {
    var meter = ProgressMeter(stage: "distil")
    for number in 1...200 { meter.add(step(number, loss: 8)) }
    for number in 201...300 { meter.add(step(number, loss: 2)) }
    let progress = try #require(meter.progress)
    #expect((2...2.01).contains(progress.loss ?? 0))
    #expect(progress.terms.map(\.name) == ["soft_targets", "masked_lm"])
    #expect((1...1.01).contains(progress.terms[0].value))
  }

  @Test func writesOneLine() {
    let progress = StageProgress(
      stage: "distil", epoch: 2, step: 1234, totalSteps: 12_630, loss: 3.21456,
      terms: [("soft_targets", 0.4121), ("masked_lm", 12.5)], tokensPerSecond: 1234.4,
      secondsLeft: 3723)
    #expect(
      progress.text
        == "distil  step 1,234/12,630  1 h 2 min left  loss 3.215  epoch 2  1,234 tokens/s"
        + "  (soft_targets 0.412, masked_lm 12.50)")
    #expect(progress.text.prefix(79).contains("loss 3.215"))
  }

  @Test func tellsTheTimeOfTheWholeRunBesideTheStages() throws {
    var meter = ProgressMeter(
      stage: "distil", place: "2/5",
      secondsAfter: { total, seconds in 3 * Double(total) * seconds })
    for number in 1...100 { meter.add(step(number, loss: 4, seconds: 0.5)) }
    let text = try #require(meter.progress?.text)
    #expect(
      text.hasPrefix("distil 2/5  step 100/1,000  7 min 30 s left, 33 min in all  loss 4.000  "),
      "\(text)")
    // Step, time and loss come before column 80, whatever the terms.
    #expect(text.prefix(79).contains("epoch 1"))
    var last = ProgressMeter(stage: "sst2", place: "5/5", secondsAfter: { _, _ in 0 })
    for number in 1...3 { last.add(step(number, loss: 4)) }
    #expect(last.progress?.text.contains("in all") == false)
  }

  @Test func aStageThatMayEndSoonerHasAtMostTheTimeOfItsPlannedSteps() throws {
    var meter = ProgressMeter(stage: "tune", mayStopEarly: true)
    for number in 1...3 { meter.add(step(number, loss: 4)) }
    let text = try #require(meter.progress?.text)
    #expect(text.contains("step 3/1,000  at most 17 min left  "), "\(text)")
  }

  @Test func leavesOutTheTermsWhereThereIsOne() {
    let progress = StageProgress(
      stage: "sst2", epoch: 1, step: 1, totalSteps: 10, loss: 0.0123,
      terms: [("cross_entropy", 0.0123)], tokensPerSecond: 0, secondsLeft: nil)
    #expect(progress.text == "sst2  step 1/10  loss 0.01230  epoch 1  0 tokens/s")
  }
}
