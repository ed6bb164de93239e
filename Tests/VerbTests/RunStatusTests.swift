// `retort status`, `inspect` and `show` of runs that go on, were interrupted or have finished.
import Foundation
import Glibc
import Testing

@Suite struct RunStatusTests {
  @Test func aRunIsFollowedFromItsFolder() throws {
    let experiment = try TinyExperiment()
    let run = experiment.runFolder
    func retort(_ arguments: String...) throws -> RetortProcess {
      try RetortProcess.run(arguments, environment: experiment.environment())
    }
    let running = try experiment.start("run")
    let deadline = ContinuousClock.now + .seconds(120)
    while !running.errorsSoFar.contains("distil 2/") {
      try #require(running.isRunning && ContinuousClock.now < deadline, "\(running.errorsSoFar)")
      usleep(2000)
    }
    // Stopped, not ended: it holds its folder and gets no further.
    running.send(signal: SIGSTOP)
    let live = try retort("status", run)
    #expect(live.status == 0, "\(live.errors)")
    #expect(live.output.contains(/state +running \(process \d+\)/), "\(live.output)")
    #expect(live.output.contains(/stage +2 of 4, distil/), "\(live.output)")
    #expect(live.output.contains(/step +\d+\/\d+, epoch 1/), "\(live.output)")
    #expect(live.output.contains(/loss +\d/) && live.output.contains(/time left +\d.*, this stage/))
    #expect(live.output.contains(/\d.*, all stages/), "\(live.output)")
    #expect(live.output.contains(/last checkpoint +none of this stage/), "\(live.output)")
    let inspected = try retort("inspect", run)
    #expect(inspected.output.contains("stage teacher_mlm") && inspected.output.contains("running"))
    let following = try RunningRetort(
      ["status", run, "--follow"], environment: experiment.environment())
    expectFailure(try retort("show", run), saying: "has not finished (running", "retort status")

    running.send(signal: SIGCONT)
    running.send(signal: SIGINT)
    #expect(running.wait().status == 130)
    let followed = following.wait()
    #expect(followed.status == 0, "\(followed.errors)")
    let lines = followed.output.split(separator: "\n")
    #expect(lines.first?.contains("running (process") == true, "\(followed.output)")
    #expect(lines.last?.contains("interrupted") == true, "\(followed.output)")

    let stopped = try retort("status", run)
    #expect(stopped.output.contains("interrupted: no process is running it"), "\(stopped.output)")
    #expect(stopped.output.contains(/last checkpoint +after step \d+, .* ago/), "\(stopped.output)")
    #expect(!stopped.output.contains("time left"))
    #expect(stopped.output.contains("retort run ") && stopped.output.contains("--resume"))
    #expect(try retort("inspect", run).output.contains("interrupted"))
    expectFailure(try retort("show", run), saying: "has not finished (interrupted", "retort status")

    let resumed = try experiment.run("run", "--resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    let finished = try retort("status", run)
    #expect(finished.output.contains(/state +finished/), "\(finished.output)")
    #expect(finished.output.contains("4 of 4 stages finished"), "\(finished.output)")
    #expect(try retort("inspect", run).output.contains("run record"))
    let shown = try retort("show", run)
    #expect(shown.status == 0 && shown.output == resumed.output, "\(shown.errors)")
    #expect(try retort("show", "\(run)/record.json").output == resumed.output)

    let all = try retort("status", "--runs", experiment.folder.file("Runs"))
    #expect(all.output == "\(run): finished  4 of 4 stages finished\n", "\(all.output)")
  }

  @Test func whatIsNoRun() throws {
    let experiment = try TinyExperiment()
    let folder = experiment.folder.path
    expectFailure(try RetortProcess.run(["status", folder]), saying: "\(folder): expected a run")
    expectFailure(
      try RetortProcess.run(["status", "--runs", "\(folder)/none"]), saying: "no such folder")
    expectFailure(
      try RetortProcess.run(["status", "--runs", folder]), saying: "no run folder in it")
    expectFailure(try RetortProcess.run(["show", "\(folder)/none"]), saying: "none")
    #expect(try RetortProcess.run(["status", "--follow"]).status == 64)
  }
}
