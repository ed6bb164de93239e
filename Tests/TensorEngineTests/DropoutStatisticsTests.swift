// Dropout in the long run: the rate asked for at every place, and no place that knows of another.
import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite("Dropout in the long run")
struct DropoutStatisticsTests {
  private static let probability = 0.1
  /// As float32 has it.
  private static let drops = probability
  private static let units = 512

  /// How many units are dropped in rows of 512.
  private func dropped(
    _ source: CounterDropout, site: Int, sequence: Int, head: Int, position: Int
  ) -> Int {
    let words = keepWords(
      source, DropoutSite(index: site, probability: Self.probability), sequence: sequence,
      head: head, headCount: 12, position: position, count: Self.units)
    return Self.units - words.reduce(0) { $0 + $1.nonzeroBitCount }
  }

  /// BERT-base's 38 sites, 12 heads, 128 positions and 4 sequences of a batch, 512 units each: 120
  /// million units. Noticed: a rate other than 0.1 by 0.0014 at a site, by 0.0008 at a head, by 0.0026
  /// at a position, by 0.0005 in a sequence.
  @Test("The rate is that asked for at every site, head, position and sequence")
  func rates() {
    let (sites, heads, positions, sequences) = (38, 12, 128, 4)
    let source = CounterDropout(seed: 20_190_827, step: 77, microBatch: 1)
    var bySite = [Int](repeating: 0, count: sites)
    var byHead = [Int](repeating: 0, count: heads)
    var byPosition = [Int](repeating: 0, count: positions)
    var bySequence = [Int](repeating: 0, count: sequences)
    for site in 0..<sites {
      for sequence in 0..<sequences {
        for head in 0..<heads {
          for position in 0..<positions {
            let count = dropped(
              source, site: site, sequence: sequence, head: head, position: position)
            bySite[site] += count
            byHead[head] += count
            byPosition[position] += count
            bySequence[sequence] += count
          }
        }
      }
    }
    let total = sites * heads * positions * sequences * Self.units
    for (counts, resolved, what) in [
      (bySite, 0.0014, "site"), (byHead, 0.0008, "head"), (byPosition, 0.0026, "position"),
      (bySequence, 0.0005, "sequence"),
    ] {
      for (place, count) in counts.enumerated() {
        expectFrequency(
          count, of: total / counts.count, probability: Self.drops, resolving: resolved,
          "\(what) \(place)")
      }
    }
  }

  /// 400 steps of two micro-batches, 3 rows of 512 units in each: 614,400 units a micro-batch. A rate
  /// other than 0.1 by 0.0032 is noticed in a micro-batch; steps that differ, if by 5 % of their rates.
  @Test("The rate is the same in every step and micro-batch")
  func steps() {
    var byMicroBatch = [0, 0]
    var byStep: [Int] = []
    for step in 1...400 {
      var count = 0
      for microBatch in 0..<2 {
        let source = CounterDropout(seed: 3, step: step, microBatch: microBatch)
        for position in 0..<3 {
          let found = dropped(source, site: 0, sequence: 0, head: 0, position: position)
          byMicroBatch[microBatch] += found
          count += found
        }
      }
      byStep.append(count)
    }
    for count in byMicroBatch {
      expectFrequency(count, of: 400 * 3 * Self.units, probability: Self.drops, resolving: 0.0032)
    }
    // The counts are binomial: their variance is 0.9 of what χ² expects of rare events.
    expectEven(byStep, scale: 1 / (1 - Self.drops), resolving: 0.05, "steps")
  }

  /// A million pairs for each neighbour, half a million at the least for distances within a row: a
  /// correlation of 0.008 is noticed, of 0.012 within a row. (Pairs of a row share units; products of
  /// departures from the mean, of which a correlation is made, are uncorrelated all the same.)
  @Test("Neighbouring units, rows, heads, sites, steps and seeds drop out independently")
  func neighbours() {
    let (rows, units) = (2048, Self.units)
    typealias Place = (
      seed: UInt64, step: Int, microBatch: Int, site: Int, sequence: Int, head: Int, position: Int
    )
    func mask(_ place: Place) -> [UInt16] {
      keepWords(
        CounterDropout(seed: place.seed, step: place.step, microBatch: place.microBatch),
        DropoutSite(index: place.site, probability: Self.probability), sequence: place.sequence,
        head: place.head, headCount: 12, position: place.position, count: units)
    }
    // Of row r: places that differ from row to row in all that is not shifted.
    func place(_ row: Int) -> Place {
      (
        seed: 42, step: 1 + 2 * (row / 512), microBatch: 0, site: row / 64 % 8 * 3,
        sequence: row / 8 % 8 * 2, head: row % 2 * 2, position: row / 2 % 4 * 20
      )
    }
    let shifts: [(String, (inout Place) -> Void)] = [
      ("the next seed", { $0.seed += 1 }), ("a seed's high half", { $0.seed += 1 << 32 }),
      ("the next step", { $0.step += 1 }), ("the next micro-batch", { $0.microBatch += 1 }),
      ("the next site", { $0.site += 1 }), ("the next sequence", { $0.sequence += 1 }),
      ("the next head", { $0.head += 1 }), ("the next position", { $0.position += 1 }),
      (
        "the next position of the next sequence",
        {
          $0.position += 1
          $0.sequence += 1
        }
      ),
    ]
    for (what, shift) in shifts {
      var (both, single) = (0, 0)
      for row in 0..<rows {
        let here = place(row)
        var there = here
        shift(&there)
        for (a, b) in zip(mask(here), mask(there)) {
          both += (~a & ~b).nonzeroBitCount
          single += (~a).nonzeroBitCount + (~b).nonzeroBitCount
        }
      }
      expectUncorrelated(both: both, single: single, pairs: rows * units, resolving: 0.008, what)
    }
    for distance in [1, 2, 15, 16, 17, 63, 64, 65, 256] {
      var (both, single) = (0, 0)
      for row in 0..<rows {
        let keeps = mask(place(row))
        let drops = (0..<units).map { keeps[$0 / 16] >> UInt16($0 % 16) & 1 == 0 }
        for (a, b) in zip(drops, drops.dropFirst(distance)) {
          if a, b { both += 1 }
          single += (a ? 1 : 0) + (b ? 1 : 0)
        }
      }
      expectUncorrelated(
        both: both, single: single, pairs: rows * (units - distance), resolving: 0.012,
        "distance \(distance)")
    }
  }

  /// - Parameters:
  ///   - both: pairs of which both units are dropped.
  ///   - single: dropped units of all pairs, those of `both` twice.
  private func expectUncorrelated(
    both: Int, single: Int, pairs: Int, resolving effect: Double, _ what: String
  ) {
    let (p, n) = (Self.drops, Double(pairs))
    expectByChance(
      (Double(both) - p * Double(single) + n * p * p) / (n * p * (1 - p)), expected: 0,
      standardError: 1 / n.squareRoot(), resolving: effect, what)
  }
}
