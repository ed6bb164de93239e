// Everything that a run writes is looked at before the first stage.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Places that a run writes")
struct PlacesOfARunTests {
  private func refusal(
    _ experiment: SmallExperiment, runs: String = "Runs", resumes: Bool = false
  ) -> (error: LocationError?, steps: Int) {
    let observer = RunOnlooker()
    do {
      try experiment.run(
        experiment.request(runs: runs, resumes: resumes, stages: ["teacher_mlm"]), observer)
      return (nil, observer.steps.count)
    } catch { return (error as? LocationError, observer.steps.count) }
  }

  @Test(
    "a cache, or a folder in it, that cannot be written",
    arguments: ["cache", "cache/stages", "cache/prepared"])
  func cache(place: String) throws {
    let experiment = try SmallExperiment()
    try experiment.folder.write(place, "")
    let (error, steps) = refusal(experiment)
    #expect(steps == 0)
    #expect(
      error?.problems == [
        "RETORT_CACHE: the cache \(experiment.locations.cache) cannot be written: \(experiment.folder.path)/\(place): "
          + "expected a folder, found a file; move it away, or choose another path; set RETORT_CACHE to a folder that can be "
          + "written"
      ], "\(String(describing: error))")
    #expect(!Folder.exists(path: "\(experiment.folder.path)/Runs"))
  }

  @Test("run folders, and all that is wrong at once")
  func runs() throws {
    let experiment = try SmallExperiment()
    try experiment.folder.write("Runs", "")
    try experiment.folder.write("cache", "")
    let (error, steps) = refusal(experiment)
    #expect(steps == 0 && error?.problems.count == 2, "\(String(describing: error))")
    #expect(error?.problems.first?.hasSuffix("or name another folder with --runs") == true)
  }

  @Test("a cache that has every stage is only read")
  func readOnly() throws {
    guard geteuid() != 0 else {
      // For root no folder is closed: the same with a file in the place of a folder that nothing is put in.
      let experiment = try SmallExperiment()
      #expect(refusal(experiment).error == nil)
      try FileManager.default.removeItem(atPath: experiment.locations.prepared)
      try experiment.folder.write("cache/prepared", "")
      let (error, _) = refusal(experiment, runs: "Runs2")
      #expect(error == nil || error?.problems.allSatisfy { !$0.hasPrefix("RETORT_CACHE") } == true)
      return
    }
    let experiment = try SmallExperiment()
    #expect(refusal(experiment).error == nil)
    chmod(experiment.locations.stages, 0o500)
    defer { chmod(experiment.locations.stages, 0o700) }
    #expect(refusal(experiment, runs: "Runs2").error == nil)
  }
}
