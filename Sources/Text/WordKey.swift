/// A short word in two registers, so that words are looked up and compared without a loop.

/// The bytes of a word of at most 15, zeros after them, and their number in the last byte.
struct WordKey: Equatable {
  static let longest = 15

  /// The first eight bytes, the first one lowest.
  let low: UInt64
  /// The other seven; above them the number of bytes. 0 in no key of a word.
  let high: UInt64

  /// - Parameters:
  ///   - low: the first eight bytes.
  ///   - rest: the other seven.
  ///   - count: how many of them there are; all others are 0.
  @inline(__always)
  init(low: UInt64, rest: UInt64, count: Int) {
    self.low = low
    high = rest | UInt64(truncatingIfNeeded: count) << 56
  }

  /// - Parameter word: 1...15 bytes.
  @inline(__always)
  init(_ word: UnsafeBufferPointer<UInt8>) {
    var (low, rest): (UInt64, UInt64) = (0, 0)
    for k in 0..<min(8, word.count) { low |= UInt64(word[k]) << (8 * UInt64(k)) }
    if word.count > 8 {
      for k in 8..<word.count { rest |= UInt64(word[k]) << (8 * UInt64(k - 8)) }
    }
    self.init(low: low, rest: rest, count: word.count)
  }

  @inline(__always)
  var count: Int { Int(truncatingIfNeeded: high >> 56) }

  /// Calls `body` with the word's bytes.
  @inline(__always)
  func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    withUnsafeBytes(of: (low.littleEndian, high.littleEndian)) { bytes in
      body(UnsafeBufferPointer(rebasing: bytes.bindMemory(to: UInt8.self)[..<count]))
    }
  }

  /// Spread over all 64 bits, the highest best; only used within this process.
  @inline(__always)
  var hash: UInt64 {
    (low &* 0x9E37_79B9_7F4A_7C15) ^ ((high ^ low >> 32) &* 0xD6E8_FEB8_6659_FD93)
  }
}
