import Foundation
import RetortRandomness
import Testing

@Suite struct RandomStreamTests {
  private func stream(
    _ name: StreamName = .order, seed: UInt64 = 42, place: (UInt32, UInt32) = (0, 0)
  ) -> RandomStream {
    RandomStream(seed: seed, name: name, place: place)
  }

  private func chiSquared(_ counts: [Int], expected: Double) -> Double {
    counts.reduce(0.0) { (sum: Double, count: Int) -> Double in
      sum + pow(Double(count) - expected, 2) / expected
    }
  }

  @Test("value n is block n / 4 of the generator at the stream's place")
  func definition() {
    var stream = stream(.masking, seed: 0x0123_4567_89AB_CDEF, place: (7, 9))
    for n in 0..<40 {
      let block = Philox.block(
        counter: SIMD4(UInt32(n / 4), StreamName.masking.rawValue, 7, 9),
        key: SIMD2(0x89AB_CDEF, 0x0123_4567))
      #expect(stream.next32() == block[n % 4])
    }
  }

  @Test("the numbers that recorded runs were made with do not change")
  func pinned() {
    var stream = stream()
    #expect((0..<4).map { _ in stream.next32() } == Self.firstOfOrder42)
  }

  /// Philox4x32-10 of counter (0, 2, 0, 0) under key (42, 0).
  static let firstOfOrder42: [UInt32] = [
    0x9BE4_A6D3, 0xFB73_B237, 0x6FC2_A456, 0x955E_31D8,
  ]

  @Test("streams of other names, seeds and places are other streams")
  func distinct() {
    var first: [UInt64] = []
    for name in StreamName.allCases {
      var stream = stream(name)
      first.append(stream.next())
    }
    for seed: UInt64 in [43, 42 << 32] {
      var stream = stream(seed: seed)
      first.append(stream.next())
    }
    for place: (UInt32, UInt32) in [(1, 0), (0, 1)] {
      var stream = stream(place: place)
      first.append(stream.next())
    }
    #expect(Set(first).count == first.count)
  }

  @Test("uniform values fill [0, 1) evenly")
  func uniform() {
    var stream = stream(.synthesis)
    var counts = [Int](repeating: 0, count: 64)
    for _ in 0..<65_536 {
      let (single, double) = (stream.uniform(), stream.uniformDouble())
      #expect(single >= 0 && single < 1 && double >= 0 && double < 1)
      counts[Int(single * 64)] += 1
      counts[Int(double * 64)] += 1
    }
    // χ² of 64 counts of 2,048 has mean 63 and deviation 11.
    let chi = chiSquared(counts, expected: 2048)
    #expect(chi < 63 + 5 * 11.2)
  }

  @Test("integers below a bound come equally often", arguments: [1, 2, 3, 7, 30_522] as [UInt32])
  func integers(bound: UInt32) {
    var stream = stream(.synthesis)
    var counts = [Int](repeating: 0, count: Int(min(bound, 16)))
    let draws = 48_000
    for _ in 0..<draws {
      let value = stream.integer(below: bound)
      #expect(value < bound)
      counts[Int(UInt64(value) * UInt64(counts.count) / UInt64(bound))] += 1
    }
    let expected = Double(draws) / Double(counts.count)
    let chi = chiSquared(counts, expected: expected)
    #expect(chi < 15 + 5 * 5.5)
  }

  @Test("a bound just above half of the range, where a plain remainder would favour the lower half")
  func unbiased() {
    var stream = stream(.synthesis)
    let bound: UInt32 = 0xC000_0000
    let low = (0..<30_000).count { _ in stream.integer(below: bound) < bound / 2 }
    #expect((low - 15_000).magnitude < 5 * 87)
  }

  @Test("normal values have mean 0, variance 1 and the right tails")
  func normal() {
    var stream = stream(.initialization)
    let count = 100_000
    let values = (0..<count).map { _ in stream.standardNormal() }
    let mean = values.reduce(0, +) / Double(count)
    let variance = values.reduce(0) { $0 + $1 * $1 } / Double(count)
    #expect(mean.magnitude < 5 / Double(count).squareRoot())
    #expect((variance - 1).magnitude < 5 * (2 / Double(count)).squareRoot())
    let beyondTwo = values.count { $0.magnitude > 2 }  // 4,550 expected, deviation 66
    #expect((beyondTwo - 4550).magnitude < 5 * 66)
    #expect(values.allSatisfy { $0.isFinite })
  }

  @Test("a permutation holds every number once, and every first is equally likely")
  func permutation() {
    var stream = stream(.order)
    #expect(stream.permutation(count: 0) == [])
    #expect(stream.permutation(count: 1000).sorted() == Array(0..<1000))
    var places = [[Int]](repeating: [Int](repeating: 0, count: 5), count: 5)
    for _ in 0..<5000 {
      for (place, value) in stream.permutation(count: 5).enumerated() { places[place][value] += 1 }
    }
    for count in places.joined() { #expect((count - 1000).magnitude < 5 * 29) }
  }
}
