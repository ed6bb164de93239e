// How many steps a limit comes to, however large it is.
import RetortText
import Testing

@testable import RetortDistillation

@Suite("Steps of a training")
struct TotalStepsTests {
  /// Ten sequences of 1 to 10 tokens: 55 an epoch, in steps of eight sequences and two.
  private func steps(_ limit: TrainingLimit) -> Int {
    Small.maskedLanguage(Small.maskedLanguage, limit).totalSteps(
      over: 10, order: order, length: { $0 + 1 })
  }

  private func order(_ epoch: Int) -> EpochOrder {
    .shuffled(count: 10, batchSize: 4, seed: 5, epoch: epoch)
  }

  @Test("a limit in tokens ends with the step that reaches it")
  func tokens() {
    // Step by step: tokens seen after each of them.
    var seen: [Int] = []
    for epoch in 0..<4 {
      for tokens in order(epoch).tokensOfGroups(of: 2, lengthOf: { $0 + 1 }) {
        seen.append((seen.last ?? 0) + tokens)
      }
    }
    #expect(seen.count == 8 && seen.last == 220)
    for limit in 1...220 {
      #expect(steps(.tokens(limit)) == seen.count { $0 < limit } + 1, "\(limit) tokens")
    }
  }

  @Test("the largest limits are counted, not walked to")
  func large() {
    #expect(steps(.tokens(55 << 40)) == 2 << 40)
    #expect(steps(.epochs(.max)) == .max)
    #expect(steps(.epochs(3)) == 6 && steps(.steps(.max)) == .max)
    #expect(Warmup.fraction(1).steps(of: .max) == .max)
  }
}
