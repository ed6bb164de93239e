// An input that another program cuts short while it is read.
import Glibc
import Testing

@Suite struct LostInputTests {
  @Test func endsInOneLine() throws {
    // What the kernel sends for such a file; when it comes in a real run is chance.
    let running = try RunningRetort([
      "bench", "step", "--model", "minilm", "--threads", "1", "--steps", "100000",
    ])
    sleep(3)
    running.send(signal: SIGBUS)
    expectFailure(
      running.wait(), saying: "a file became shorter while it was read", "run the command again")
  }
}
