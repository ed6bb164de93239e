// An input that another program cuts short while it is read.
import Glibc
import Testing

@Suite struct LostInputTests {
  @Test func endsInOneLine() throws {
    // What the kernel sends for such a file; when it comes in a real run is chance.
    let experiment = try TinyExperiment()
    let running = try experiment.start("run")
    let deadline = ContinuousClock.now + .seconds(120)
    while !running.errorsSoFar.contains("teacher_mlm 1/") {
      try #require(running.isRunning && ContinuousClock.now < deadline, "\(running.errorsSoFar)")
      usleep(2000)
    }
    running.send(signal: SIGBUS)
    let result = running.wait()
    #expect(result.status == 1)
    #expect(
      result.errorLines.last?.hasPrefix("retort: error: a file became shorter while it was read")
        == true, "\(result.errors)")
  }
}
