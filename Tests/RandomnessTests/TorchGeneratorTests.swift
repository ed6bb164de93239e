// What torch's generator gives, against torch itself: torch_random.h5.
import RetortRandomness
import RetortTestSupport
import Testing

@Suite("Torch's default generator")
struct TorchGeneratorTests {
  @Test("64-bit integers, each after a number that a dropout takes")
  func integers() throws {
    let fixture = try Fixture("torch_random.h5")
    let (high, low) = (
      try fixture.integers("integers/high"), try fixture.integers("integers/low")
    )
    var generator = TorchGenerator(seed: UInt64(try fixture.number("seed", of: "integers")))
    for place in high.indices {
      _ = generator.next32()
      let expected =
        UInt64(UInt32(bitPattern: high[place])) << 32 | UInt64(UInt32(bitPattern: low[place]))
      #expect(generator.next64() & UInt64(Int64.max) == expected)
    }
    #expect(generator.drawCount == 12)
  }

  @Test(
    "Normal values: few, whole groups of sixteen, a last group drawn again",
    arguments: [10, 48, 77])
  func normals(count: Int) throws {
    let fixture = try Fixture("torch_random.h5")
    let group = "normal_\(count)"
    let deviation = try fixture.number("std", of: group)
    var generator = TorchGenerator(seed: UInt64(try fixture.number("seed", of: group)))
    let tolerance = Tolerance(
      relative: 0, absolute: 1e-6 * deviation,
      because: "torch's vectorised logarithm, sine and cosine round otherwise")
    expectClose(
      generator.normals(count: count, standardDeviation: deviation),
      try fixture.floats("\(group)/values"), tolerance)
    // The draws after it say that as many were taken.
    expectClose(
      generator.normals(count: 1, standardDeviation: deviation),
      try fixture.floats("\(group)/next"), tolerance)
  }

  @Test("A generator goes on where another of its seed stood")
  func resumes() {
    var whole = TorchGenerator(seed: 7)
    for _ in 0..<1000 { _ = whole.next32() }
    var resumed = TorchGenerator(seed: 7, drawCount: whole.drawCount)
    for _ in 0..<1000 { #expect(resumed.next32() == whole.next32()) }
    #expect(resumed.drawCount == 2000)
  }
}
