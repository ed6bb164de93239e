import Foundation
import RetortRandomness
import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite struct CounterDropoutTests {
  /// The same mask, unit by unit, from the scalar generator.
  private func scalarMask(
    seed: UInt64, step: Int, microBatch: Int, site: DropoutSite, sequence: Int, head: Int,
    position: Int, count: Int
  ) -> [Bool] {
    var stream = RandomStream(
      seed: seed, name: .dropout, place: (UInt32(step), UInt32(microBatch)))
    let key = SIMD2(stream.next32(), stream.next32())
    return (0..<count).map { unit in
      let counter = SIMD4(
        UInt32(unit / 64 * 16 + unit % 16), UInt32(site.index << 16 | head), UInt32(sequence),
        UInt32(position))
      let bits = Philox.block(counter: counter, key: key)[unit / 16 % 4]
      return Double(bits) < ((1 - Double(Float(site.probability))) * 4_294_967_296).rounded(.down)
    }
  }

  @Test(
    "equals the scalar generator unit by unit",
    arguments: [1, 13, 16, 17, 63, 64, 65, 384, 512, 1000], [0.1, 0.5, 0.9])
  func equalsScalarGenerator(count: Int, probability: Double) {
    let site = DropoutSite(index: 37, probability: probability)
    let (sequence, head, position) = (5, 11, 501)
    let mask = keptUnits(
      CounterDropout(seed: 0xDEAD_BEEF_0123_4567, step: 12_345, microBatch: 3), site,
      sequence: sequence, head: head, headCount: 12, position: position, count: count)
    let expected = scalarMask(
      seed: 0xDEAD_BEEF_0123_4567, step: 12_345, microBatch: 3, site: site, sequence: sequence,
      head: head, position: position, count: count)
    #expect(mask == expected)
  }

  /// 2^20 units: the standard deviation of the fraction kept is below 0.0005, so that a probability off by
  /// 0.0025 is noticed for certain.
  @Test("the fraction kept is that asked for", arguments: [0.1, 0.2, 0.5, 0.9, 1e-3] as [Double])
  func fraction(probability: Double) {
    let (rows, columns) = (1024, 1024)
    let site = DropoutSite(index: 1, probability: probability)
    let source = CounterDropout(seed: 42, step: 1, microBatch: 0)
    var byColumn = [Int](repeating: 0, count: columns)
    var byRow = [Int](repeating: 0, count: rows)
    for row in 0..<rows {
      let mask = keptUnits(
        source, site, sequence: row / 64, position: row % 64, count: columns)
      for column in 0..<columns where mask[column] {
        byColumn[column] += 1
        byRow[row] += 1
      }
    }
    let p = 1 - Double(probability)
    func deviation(_ n: Int) -> Double { (Double(n) * p * (1 - p)).squareRoot() }
    let total = Double(byRow.reduce(0, +))
    #expect((total - Double(rows * columns) * p).magnitude < 5 * deviation(rows * columns))
    // No row and no column is favoured: χ² of 1,024 counts has mean 1,024 and deviation 45.
    for counts in [byRow, byColumn] {
      let chi = counts.reduce(0.0) {
        let d = (Double($1) - 1024 * p) / deviation(1024)
        return $0 + d * d
      }
      #expect((chi - 1024).magnitude < 5 * 45.3)
    }
  }

  @Test("masks of different places, steps, micro-batches and seeds are independent")
  func independence() {
    let count = 65_536
    func mask(
      seed: UInt64 = 1, step: Int = 1, microBatch: Int = 0, site: Int = 0, sequence: Int = 0,
      head: Int = 0, position: Int = 0
    ) -> [Bool] {
      keptUnits(
        CounterDropout(seed: seed, step: step, microBatch: microBatch),
        DropoutSite(index: site, probability: 0.5), sequence: sequence, head: head, headCount: 12,
        position: position, count: count)
    }
    let masks = [
      mask(), mask(seed: 2), mask(seed: 1 << 32), mask(step: 2), mask(microBatch: 1),
      mask(site: 1), mask(sequence: 1), mask(head: 1), mask(position: 1),
    ]
    for i in masks.indices {
      for j in 0..<i {
        // Of independent fair bits half agree: 32,768 ± 128.
        let agreeing = zip(masks[i], masks[j]).count { $0 == $1 }
        #expect((agreeing - count / 2).magnitude < 5 * 128, "masks \(j) and \(i)")
      }
    }
    // And neighbouring units of one mask.
    for distance in [1, 2, 15, 16, 17, 64] {
      let agreeing = zip(masks[0], masks[0].dropFirst(distance)).count { $0 == $1 }
      #expect((agreeing - (count - distance) / 2).magnitude < 5 * 128, "distance \(distance)")
    }
  }

  @Test("probabilities near zero and one")
  func extremes() {
    let source = CounterDropout(seed: 1, step: 1, microBatch: 0)
    let rare = DropoutSite(index: 0, probability: Double(Float.leastNonzeroMagnitude))
    #expect(keptUnits(source, rare, sequence: 0, position: 0, count: 4096).allSatisfy { $0 })
    let often = DropoutSite(index: 0, probability: Double(Float(1).nextDown))
    #expect(keptUnits(source, often, sequence: 0, position: 0, count: 4096).allSatisfy { !$0 })
  }
}
