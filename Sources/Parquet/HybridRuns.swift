// Small integers in runs: repeated, or packed bit by bit.

/// Reads levels, indices and booleans one after the other; nothing is held but the run that is being read.
/// - Source: Apache Parquet, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".
struct HybridRuns {
  private var reader: ByteReader
  /// Bits of a value, at most 32.
  private let width: Int
  /// Values that are left of the run.
  private var left = 0
  private var repeated: UInt32?
  /// Bits that were read and not yet used, the lowest first.
  private var bits: UInt64 = 0
  private var bitCount = 0

  init(_ bytes: UnsafeRawBufferPointer, width: Int) throws(ParquetDamage) {
    guard (0...32).contains(width) else { throw ParquetDamage("integers of \(width) bits") }
    reader = ByteReader(bytes)
    self.width = width
  }

  mutating func next() throws(ParquetDamage) -> UInt32 {
    while left == 0 { try readRun() }
    left -= 1
    if let repeated { return repeated }
    while bitCount < width {
      bits |= UInt64(try reader.byte()) << UInt64(bitCount)
      bitCount += 8
    }
    let value = UInt32(truncatingIfNeeded: bits & (1 << UInt64(width) - 1))
    bits >>= UInt64(width)
    bitCount -= width
    return value
  }

  /// An empty run is passed over; each takes a byte, so they end.
  private mutating func readRun() throws(ParquetDamage) {
    let head = try reader.size()
    left = head >> 1
    if head & 1 == 0 {
      repeated = UInt32(truncatingIfNeeded: try reader.integer((width + 7) / 8))
      return
    }
    repeated = nil
    (bits, bitCount) = (0, 0)
    // Groups of eight. The last may have more values than there are, and a writer may leave its bytes out.
    let count = left.multipliedReportingOverflow(by: 8)
    guard !count.overflow else { throw ParquetDamage("a run of \(left) groups") }
    left = count.partialValue
  }
}
