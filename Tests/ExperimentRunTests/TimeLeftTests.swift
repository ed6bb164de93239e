// What a run is said to take, from the times that explain measured.
import RetortDistillation
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct TimeLeftTests {
  @Test("the steps up to the checkpoint of a resumed run take no time")
  func resumed() throws {
    let experiment = try SmallExperiment()
    func stopped(after steps: Int, resumes: Bool) throws -> RunProgress {
      let observer = RunOnlooker()
      observer.stopsAfter = steps
      #expect(throws: TrainingError.self) {
        try experiment.run(experiment.request(resumes: resumes), observer)
      }
      return try #require(observer.began)
    }
    // The first stage's four steps, and half of the second's.
    let stages = try stopped(after: 6, resumes: false).stages
    for stage in stages {
      try experiment.folder.write("cache/forecasts/\(stage.digest)-2", "10\n")
    }
    let again = try stopped(after: 1, resumes: true)
    let whole = Double(10 * (stages.count - 1))
    #expect(again.forecastSeconds == whole)
    #expect(again.forecastSecondsLeft == whole - 5)
    // After another step of the second.
    #expect(try stopped(after: 1, resumes: true).forecastSecondsLeft == whole - 7.5)
  }
}
