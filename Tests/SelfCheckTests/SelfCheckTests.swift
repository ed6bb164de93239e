// The golden numbers hold here, and a fault in any one of them is found and named.
import Testing

@testable import RetortSelfCheck

@Suite("Self-check")
struct SelfCheckTests {
  private static let measurements = SelfCheck.measure(on: Engine(threadCount: 2))
  private var measurements: [Measurement] { Self.measurements }

  @Test("what is computed here is what PyTorch computes")
  func passes() {
    let found = GoldenNumbers.embedded.discrepancies(in: measurements)
    #expect(found.isEmpty, "\(found.map { "\($0.operation.rawValue), \($0)" })")
  }

  @Test("every operation is measured, and every number is another array's")
  func complete() {
    #expect(Set(measurements.map(\.operation)) == Set(CheckedOperation.allCases))
    let names = measurements.map { GoldenNumbers.Name($0.operation, $0.quantity) }
    #expect(Set(names) == Set(GoldenNumbers.embedded.fingerprints.keys))
    #expect(Set(names).count == names.count)
  }

  @Test("errors of float32 keep well below what is allowed")
  func margins() throws {
    for measurement in measurements {
      let golden = try #require(
        GoldenNumbers.embedded.fingerprints[
          .init(measurement.operation, measurement.quantity)])
      let (found, allowed) = (measurement.fingerprint, measurement.tolerance * golden.norm)
      if golden.norm == 0 {
        #expect(found.norm < Fingerprint.zero / 5, "\(measurement)")
      } else {
        let error = max(
          abs(found.norm - golden.norm), abs(found.projection - golden.projection))
        #expect(error < allowed / 3, "\(measurement): \(error / golden.norm)")
      }
    }
  }

  @Test("the same bits at any number of threads")
  func threads() {
    #expect(SelfCheck.measure(on: Engine(threadCount: 1)) == measurements)
    #expect(SelfCheck.measure(on: Engine(threadCount: 3)) == measurements)
  }

  @Test("an error in any one array is found and named, whichever of its two numbers shows it")
  func faults() {
    for place in measurements.indices {
      let fault = measurements[place]
      let norm = fault.fingerprint.norm
      let bound = max(4 * fault.tolerance * norm, 2 * Fingerprint.zero)
      for (byNorm, byProjection) in [(bound, 0), (-bound, 0), (0, bound), (.nan, 0), (0, .nan)] {
        // A gradient that vanishes has a norm alone.
        if byNorm == 0, norm < Fingerprint.zero { continue }
        var measurements = measurements
        measurements[place].fingerprint.norm = abs(norm + byNorm)
        measurements[place].fingerprint.projection += byProjection
        let found = GoldenNumbers.embedded.discrepancies(in: measurements)
        #expect(found.map(\.operation) == [fault.operation])
        #expect(found.map(\.quantity) == [fault.quantity])
      }
    }
  }

  @Test("one wrong element of an array changes its fingerprint beyond what is allowed")
  func oneElement() {
    // As many elements as the largest array here has, of which one is twice what it should be.
    let values = [Float](repeating: 1, count: 1237 * 51)
    let golden = Fingerprint(of: values)
    for place in [0, 15, 16, 63_000, 63_086] {
      var wrong = values
      wrong[place] += 1
      #expect(!Fingerprint(of: wrong).agrees(with: golden, within: 1e-5), "\(place)")
    }
  }

  @Test("what is not computed and what nobody expected are named")
  func incomplete() {
    let missing = GoldenNumbers.embedded.discrepancies(in: Array(measurements.dropFirst()))
    #expect(missing.map(\.operation) == [.linear])
    #expect(missing.map(\.description) == ["output: not computed"])
    var golden = GoldenNumbers.embedded
    golden.fingerprints[.init(.layerNorm, "∂scale")] = nil
    #expect(
      golden.discrepancies(in: measurements).map(\.description)
        == ["gradient of scale: no golden number of it"])
  }

  @Test("a golden number that is another is found by its name")
  func otherGolden() {
    var golden = GoldenNumbers.embedded
    golden.fingerprints[.init(.adamW, "change of bias")] = Fingerprint(norm: 1, projection: 0)
    let found = golden.discrepancies(in: measurements)
    #expect(found.map(\.operation) == [.adamW])
    #expect(found.first?.description.hasPrefix("change of bias: norm 0.19") == true)
    #expect(found.first?.description.hasSuffix(", expected 1.0") == true)
  }
}
