// The Mersenne Twister and torch's permutation, against known answers.
import RetortRandomness
import Testing

@Suite("Torch's generator")
struct TorchPermutationTests {
  @Test("The reference's numbers: first and 10,000th of seed 5489 (ISO C++ [rand.predef])")
  func twister() {
    var generator = MersenneTwister19937(seed: 5489)
    #expect(generator.next32() == 3_499_211_612)
    for _ in 0..<9_998 { _ = generator.next32() }
    #expect(generator.next32() == 4_123_659_995)
  }

  @Test("Only the low 32 bits of a seed count")
  func seed() {
    var low = MersenneTwister19937(seed: 42)
    var high = MersenneTwister19937(seed: 42 | 7 << 32)
    #expect(low.next32() == high.next32())
  }

  // torch.randperm(67349, generator=torch.Generator().manual_seed(s))[:8], torch 2.4.0
  @Test(
    "torch.randperm of SST-2's size",
    arguments: [
      (42, [6677, 49712, 38268, 32909, 23395, 66940, 62886, 11359]),
      (43, [15975, 14281, 28723, 23742, 5934, 14143, 13574, 23262]),
      (44, [26321, 25252, 15858, 28732, 59822, 8936, 56389, 63021]),
    ] as [(UInt64, [Int])])
  func permutation(seed: UInt64, expected: [Int]) {
    let order = TorchPermutation.order(count: 67_349, seed: seed)
    #expect(Array(order[..<8]) == expected)
    #expect(order.sorted() == Array(0..<67_349))
  }

  @Test("Permutations of nothing and of one")
  func small() {
    #expect(TorchPermutation.order(count: 0, seed: 1) == [])
    #expect(TorchPermutation.order(count: 1, seed: 1) == [0])
  }
}
