// Shuffles in the long run: every order equally likely, no epoch like another, batches of like length.
import RetortTestSupport
import Testing

@testable import RetortText

@Suite("Epoch order in the long run")
struct EpochOrderStatisticsTests {
  private static let count = 20
  private static let epochs = 40_000

  private func order(_ epoch: Int, seed: UInt64 = 42) -> [Int] {
    EpochOrder.shuffled(count: Self.count, batchSize: 3, seed: seed, epoch: epoch).flatMap { $0 }
  }

  /// 40,000 epochs of 20 examples. Noticed: first examples whose chances differ by 6 %, as root mean
  /// square; places uneven by 2 %; a pair with 52 : 48 chances of its two orders; an
  /// example followed by another in 5.9 % or 4.1 % of the epochs in place of 5 %.
  @Test("Every example comes first, anywhere, before and right after any other equally often")
  func uniform() {
    let n = Self.count
    var places = [Int](repeating: 0, count: n * n)
    var (before, after) = (places, places)
    for epoch in 0..<Self.epochs {
      let order = order(epoch)
      for (place, example) in order.enumerated() {
        places[place * n + example] += 1
        for later in order[(place + 1)...] { before[example * n + later] += 1 }
        if place + 1 < n { after[example * n + order[place + 1]] += 1 }
      }
    }
    expectEven(Array(places[..<n]), resolving: 0.06, "first")
    // Rows and columns of the table have fixed sums.
    expectEven(
      places, freedom: (n - 1) * (n - 1), scale: Double(n - 1) / Double(n), resolving: 0.02,
      "places")
    for a in 0..<n {
      for b in 0..<n where a != b {
        expectFrequency(
          after[a * n + b], of: Self.epochs, probability: 1 / Double(n), resolving: 0.009,
          "\(b) after \(a)")
        guard a < b else { continue }
        expectFrequency(
          before[a * n + b], of: Self.epochs, probability: 0.5, resolving: 0.0203,
          "\(a) before \(b)")
      }
    }
  }

  /// 40,000 pairs of epochs. Of two independent orders one example is at the same place in the mean, with
  /// variance 1; the mean is told from 1.04. Pairs of first examples whose chances differ by 9 %
  /// are noticed.
  @Test("Neither the next epoch's order nor the next seed's has anything to do with an epoch's")
  func independent() {
    let n = Self.count
    var (fixed, fixedBySeed) = (0, 0)
    var firsts = [Int](repeating: 0, count: n * n)
    for pair in 0..<Self.epochs {
      let (one, next) = (order(2 * pair), order(2 * pair + 1))
      fixed += zip(one, next).count { $0 == $1 }
      fixedBySeed += zip(one, order(2 * pair, seed: 43)).count { $0 == $1 }
      firsts[one[0] * n + next[0]] += 1
    }
    for (count, what) in [(fixed, "next epoch"), (fixedBySeed, "next seed")] {
      expectByChance(
        Double(count) / Double(Self.epochs), expected: 1,
        standardError: 1 / Double(Self.epochs).squareRoot(), resolving: 0.041, what)
    }
    expectEven(firsts, resolving: 0.09, "pairs of first examples")
  }

  /// Chances that of `a` and `b` examples of two kinds, shuffled, `size` of the first kind are there
  /// before `size` of the second: step by step.
  private func chanceOfFirstBatch(_ a: Int, _ b: Int, size: Int) -> Double {
    var states: [[Int]: Double] = [[0, 0]: 1]
    var reached = 0.0
    while !states.isEmpty {
      var next: [[Int]: Double] = [:]
      for (taken, chance) in states {
        let left = Double(a + b - taken[0] - taken[1])
        for (kind, of) in [(0, a), (1, b)] where taken[kind] < of {
          var after = taken
          after[kind] += 1
          let chance = chance * Double(of - taken[kind]) / left
          if after[kind] < size {
            next[after, default: 0] += chance
          } else if kind == 0 {
            reached += chance
          }
        }
      }
      states = next
    }
    return reached
  }

  /// 20,000 epochs of 24 short and 16 long examples in batches of 8. Two short ones share a batch in 7 of
  /// 23 epochs, two long ones in 7 of 15: told from what is 0.029 off. Who fills the first batch is told
  /// to 0.03; chances to open the first short batch that differ by 8 % are noticed.
  @Test("In length groups every example meets every other of its length equally often")
  func lengthGroups() {
    let lengths = (0..<40).map { $0 % 5 < 3 ? 5 : 30 }  // 24 and 16, mixed
    let short = lengths.indices.filter { lengths[$0] == 5 }
    let epochs = 20_000
    var together = [Int](repeating: 0, count: 40 * 40)
    var shortFirst = 0
    var firsts = [Int](repeating: 0, count: 40)
    for epoch in 0..<epochs {
      let batches = EpochOrder.lengthGrouped(
        lengths: lengths, batchSize: 8, seed: 42, epoch: epoch)
      for batch in batches {
        for a in batch { for b in batch { together[a * 40 + b] += 1 } }
      }
      if lengths[batches[0][0]] == 5 { shortFirst += 1 }
      for batch in batches where lengths[batch[0]] == 5 {
        firsts[batch[0]] += 1
        break
      }
    }
    for a in 0..<40 {
      #expect(together[a * 40 + a] == epochs)
      for b in a + 1..<40 {
        guard lengths[a] == lengths[b] else {
          #expect(together[a * 40 + b] == 0)
          continue
        }
        expectFrequency(
          together[a * 40 + b], of: epochs, probability: lengths[a] == 5 ? 7 / 23 : 7 / 15,
          resolving: 0.029, "\(a) with \(b)")
      }
    }
    expectFrequency(
      shortFirst, of: epochs, probability: chanceOfFirstBatch(24, 16, size: 8), resolving: 0.03,
      "short batch first")
    expectEven(short.map { firsts[$0] }, resolving: 0.08, "first of the first short batch")
  }
}
