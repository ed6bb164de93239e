// Masks of a replayed PyTorch run, against torch itself: torch_random.h5.
import RetortRandomness
import RetortTestSupport
import Testing

@testable import RetortTensorEngine

@Suite("Torch's dropout masks")
struct TorchDropoutTests {
  /// The fixture's tensor is [3, 2, 5, 7]: as attention's, three sequences of two heads with five rows.
  @Test("Units of any row, whichever are asked for", arguments: [0.1, 0.2])
  func masks(probability: Double) throws {
    let fixture = try Fixture("torch_random.h5")
    let group = "dropout_\(Int((probability * 100).rounded()))"
    let expected = try fixture.integers("\(group)/keep").map { $0 != 0 }
    #expect(expected.contains(true) && expected.contains(false))
    var generator = TorchGenerator(seed: UInt64(try fixture.number("seed", of: group)))
    let sites = [
      DropoutSite(index: 0, probability: 0), DropoutSite(index: 1, probability: probability),
      DropoutSite(index: 2, probability: probability),
    ]
    let source = TorchDropout(sites: sites, drawingFrom: &generator)
    #expect(generator.drawCount == 2, "nothing is drawn where nothing is dropped")
    for (sequence, head, position) in [(2, 1, 4), (0, 0, 0), (1, 1, 2), (0, 1, 3), (2, 0, 1)] {
      let row = (sequence * 2 + head) * 5 + position
      let kept = keptUnits(
        source, sites[1], sequence: sequence, head: head, headCount: 2, position: position,
        count: 7, paddedLength: 5)
      #expect(kept == Array(expected[row * 7..<row * 7 + 7]), "row \(row)")
      // Of a sequence shorter than the longest only the first units of a row are there.
      let short = keptUnits(
        source, sites[1], sequence: sequence, head: head, headCount: 2, position: position,
        count: 3, paddedLength: 5, paddedCount: 7)
      #expect(short == Array(expected[row * 7..<row * 7 + 3]), "row \(row)")
    }
    let next = try fixture.integers("\(group)/next").map { $0 != 0 }
    #expect(
      keptUnits(source, sites[2], sequence: 0, position: 0, count: 2, paddedLength: 1) == next)
  }

  /// Values within 400 of the bound: a rule in double precision decides some of them otherwise.
  @Test("Units at the very bound", arguments: [0.1, 0.2])
  func edges(probability: Double) throws {
    let fixture = try Fixture("torch_random.h5")
    let group = "edges_\(Int((probability * 100).rounded()))"
    let indices = try fixture.integers("\(group)/indices").map { Int($0) }
    let expected = try fixture.integers("\(group)/keep").map { $0 != 0 }
    #expect(expected.contains(true) && expected.contains(false))
    var generator = TorchGenerator(seed: UInt64(try fixture.number("seed", of: group)))
    let site = DropoutSite(index: 0, probability: probability)
    let source = TorchDropout(sites: [site], drawingFrom: &generator)
    let kept = indices.map { index in
      keptUnits(
        source, site, sequence: 0, position: index, count: 1, paddedLength: index + 1)[0]
    }
    #expect(kept == expected)
  }

  @Test("A long row and its pieces")
  func longRow() {
    var generator = TorchGenerator(seed: 3)
    let site = DropoutSite(index: 0, probability: 0.1)
    let source = TorchDropout(sites: [site], drawingFrom: &generator)
    let whole = keptUnits(source, site, sequence: 0, position: 0, count: 3072, paddedLength: 1)
    let rows = (0..<48).flatMap {
      keptUnits(source, site, sequence: 0, position: $0, count: 64, paddedLength: 48)
    }
    #expect(whole == rows)
    let rate = Double(whole.count { $0 }) / 3072
    // Five standard errors of 3,072 units.
    #expect((rate - 0.9).magnitude < 5 * (0.09 / 3072).squareRoot())
  }
}
