// Swift's own Float16 is the reference.
import Testing

@testable import RetortNumbers

@Suite("16-bit floating point")
struct HalfPrecisionTests {
  private func narrow(_ values: [Float]) -> (bits: [UInt16], overflows: Int) {
    var bits = [UInt16](repeating: 0, count: values.count)
    let overflows = values.withUnsafeBufferPointer { source in
      bits.withUnsafeMutableBufferPointer { target in
        target.baseAddress.map { HalfPrecision.narrow(source, into: $0) } ?? 0
      }
    }
    return (bits, overflows)
  }

  @Test("every binary16 number becomes the same float32")
  func widening() {
    let halves = (0...UInt16.max).map { $0 }
    var floats = [Float](repeating: 0, count: halves.count)
    halves.withUnsafeBytes { source in
      floats.withUnsafeMutableBufferPointer { target in
        if let start = source.baseAddress { HalfPrecision.widen(start, into: target) }
      }
    }
    for (half, float) in zip(halves, floats) {
      let expected = Float(Float16(bitPattern: half))
      #expect(float.bitPattern == expected.bitPattern || (float.isNaN && expected.isNaN), "\(half)")
    }
  }

  @Test("float32 numbers over the whole range round as Float16 does")
  func narrowing() {
    var values: [Float] = stride(from: UInt32(0), to: 0x477f_f000, by: 4051)
      .map { Float(bitPattern: $0) }
    for half in UInt16(0)..<0x7bff {  // every half-way point, and its neighbours
      let middle = (Float(Float16(bitPattern: half)) + Float(Float16(bitPattern: half + 1))) / 2
      values += [middle.nextDown, middle, middle.nextUp]
    }
    values += values.map { -$0 }
    let (bits, overflows) = narrow(values)
    #expect(overflows == 0)
    let wrong = zip(values, bits).filter { Float16($0).bitPattern != $1 }
    #expect(wrong.isEmpty, "\(wrong.count), first \(wrong.first.debugDescription)")
  }

  @Test("what is too large is clipped and counted, not-a-number stays")
  func overflow() {
    let (bits, overflows) = narrow(
      [65504, 65519.996, 65520, -70000, .infinity, -.infinity, .nan, 1, 1e30, -0.0, 1e-8])
    #expect(
      bits == [
        0x7bff, 0x7bff, 0x7bff, 0xfbff, 0x7bff, 0xfbff, 0x7e00, 0x3c00, 0x7bff, 0x8000, 0,
      ])
    #expect(overflows == 5)
  }

  @Test(
    "bfloat16 is the upper half of a float32, at any address and length",
    arguments: [0, 1, 2, 7, 8, 18])
  func bfloat16(count: Int) {
    let values = (0..<count).map { Float(bitPattern: UInt32($0 &* 40_503 & 0xffff) << 16) }
    let bytes: [UInt8] =
      [0]
      + values.flatMap { value -> [UInt8] in
        withUnsafeBytes(of: UInt16(value.bitPattern >> 16).littleEndian, Array.init)
      }
    var read = [Float](repeating: 1, count: count)
    bytes.withUnsafeBytes { source in
      read.withUnsafeMutableBufferPointer { target in
        if let start = source.baseAddress { HalfPrecision.widenBFloat16(start + 1, into: target) }
      }
    }
    #expect(read.map(\.bitPattern) == values.map(\.bitPattern))
  }
}
