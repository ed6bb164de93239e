// The checks of chance themselves: what they refuse, and that their power is what they say.
import RetortRandomness
import RetortTestSupport
import Testing

@Suite("Checks of chance")
struct ChanceTests {
  @Test("A wrong number, uneven counts and too few draws are refused")
  func refusals() {
    expectFrequency(50_500, of: 100_000, probability: 0.5, resolving: 0.013)
    withKnownIssue { expectFrequency(50_800, of: 100_000, probability: 0.5, resolving: 0.013) }
    withKnownIssue { expectFrequency(50_000, of: 100_000, probability: 0.5, resolving: 0.012) }
    expectByChance(.zero, expected: 0, standardError: 1, resolving: 8.1)
    withKnownIssue { expectByChance(.nan, expected: 0, standardError: 1, resolving: 8.1) }
    expectEven([1010, 1000, 990, 1000], resolving: 0.153)
    withKnownIssue { expectEven([1200, 1000, 850, 950], resolving: 0.153) }
    withKnownIssue { expectEven([1010, 1000, 990, 1000], resolving: 0.152) }
  }

  /// 4,000 times 600 draws of 12 outcomes. Even ones exceed one deviation 15.9 % of the time (told from
  /// 20.6 %) and are never refused. With every second outcome likelier by the least departure that is
  /// noticed, and the others rarer, 0.1 % pass: 4 of 4,000; 16 would be 6 standard errors too many.
  @Test("Even counts exceed a deviation as often as they should; the least departure is noticed")
  func power() {
    var stream = RandomStream(seed: 5, name: .synthesis)
    let (times, draws, outcomes) = (4000, 600, 12)
    let least = Chance.unevenness([Int](repeating: draws / outcomes, count: outcomes)).least
    var (above, refused, unnoticed) = (0, 0, 0)
    for _ in 0..<times {
      var even = [Int](repeating: 0, count: outcomes)
      var uneven = even
      for _ in 0..<draws {
        even[Int(stream.integer(below: UInt32(outcomes)))] += 1
        let pair = Int(stream.integer(below: UInt32(outcomes / 2)))
        uneven[2 * pair + (stream.uniformDouble() < (1 + least) / 2 ? 0 : 1)] += 1
      }
      let deviations = Chance.unevenness(even).deviations
      if deviations > 1 { above += 1 }
      if deviations >= Chance.bound { refused += 1 }
      if Chance.unevenness(uneven).deviations < Chance.bound { unnoticed += 1 }
    }
    expectFrequency(above, of: times, probability: 0.1587, resolving: 0.047)
    #expect(refused == 0)
    #expect(unnoticed < 16, "\(unnoticed) of \(times), 4 expected")
  }
}
