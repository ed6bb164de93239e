// The cosine schedule against transformers' get_cosine_schedule_with_warmup: cosine_schedule.h5.
import RetortOptimization
import RetortOptions
import RetortTestSupport
import Testing

@Suite("Cosine schedule")
struct CosineScheduleTests {
  @Test("every step's rate is transformers'")
  func parity() throws {
    let tolerance = Tolerance(
      relative: 1e-14, absolute: 1e-18, because: "the cosine of another C library")
    let fixture = try Fixture("cosine_schedule.h5")
    #expect(fixture.groups.count == 4)
    for group in fixture.groups {
      func number(_ name: String) throws -> Double { try fixture.number(name, of: group) }
      let schedule = LearningRate(
        peak: try number("peak"), warmupSteps: Int(try number("warmup_steps")),
        totalSteps: Int(try number("total_steps")),
        schedule: CosineSchedule(cycles: try number("cycles")))
      expectClose(
        (0...schedule.totalSteps).map(schedule.at), try fixture.doubles("\(group)/rates"),
        tolerance, group)
    }
  }

  @Test("half a wave stands for itself; another number is written and read back")
  func options() {
    let options = CosineSchedule.options
    #expect(options.write(CosineSchedule()).isEmpty && CosineSchedule().words == "cosine to 0")
    let schedule = CosineSchedule(cycles: 1.5)
    #expect(CanonicalText.write(.map(options.write(schedule)), sorted: false) == "cycles: 1.5\n")
    #expect(schedule.words == "cosine, 1.5 waves")
    // What is refused has the standard value in its place.
    for (text, expected) in [("1.5", schedule), ("0", CosineSchedule())] {
      let collector = DiagnosticCollector()
      let node = DefinitionNode.map([("cycles", .text(text, .standard))], .standard)
      let read = MapReader(node, at: "schedule", collector).flatMap { options.read($0) }
      #expect(read == expected)
      #expect(collector.diagnostics.count == (text == "0" ? 1 : 0))
    }
  }
}
