// A training gives the same bits at any number of threads.
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Threads change no bit")
struct ThreadTests {
  @Test("weights and losses after 50 steps with dropout", arguments: TrainingKind.allCases)
  func threads(_ kind: TrainingKind) throws {
    // Wide enough that products and reductions are cut into several pieces.
    let one = try kind.run(limit: .steps(50), threads: 1, hidden: 96)
    for threads in 2...3 {
      let several = try kind.run(limit: .steps(50), threads: threads, hidden: 96)
      #expect(several.progress == one.progress, "\(threads) threads")
      for (path, values) in one.model.valuesByPath {
        expectSameBits(
          several.model.valuesByPath[path] ?? [], values, "\(path) at \(threads) threads")
      }
    }
  }
}
