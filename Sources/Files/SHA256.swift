// SHA-256, for digests that are published or compared between machines.

/// SHA-256 in streaming form.
/// Source: FIPS 180-4, sections 4.1.2, 5.1.1 and 6.2.
public struct SHA256: Sendable {
  private var state = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)
  private var pending: [UInt8] = []  // fewer than 64 bytes, waiting for a whole block
  private var byteCount: UInt64 = 0

  public init() { pending.reserveCapacity(128) }

  /// Takes in the next bytes of the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let taken = rest.prefix(64 - pending.count)
      pending.append(contentsOf: taken)
      rest = rest.dropFirst(taken.count)
      guard pending.count == 64 else { return }
      pending.withUnsafeBytes { Self.compress($0, into: &state) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count & ~63
    if whole > 0 {
      Self.compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)), into: &state)
    }
    pending.append(contentsOf: rest.dropFirst(whole))
  }

  /// Takes in the UTF-8 bytes of a string.
  public mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The 32 bytes of the digest of everything taken in.
  public func finalize() -> [UInt8] {
    var state = state
    var tail = pending
    tail.append(0x80)
    tail.append(contentsOf: repeatElement(0, count: (64 + 56 - tail.count % 64) % 64))
    withUnsafeBytes(of: (byteCount &* 8).bigEndian) { tail.append(contentsOf: $0) }
    tail.withUnsafeBytes { Self.compress($0, into: &state) }
    return (0..<8).flatMap { index in withUnsafeBytes(of: state[index].bigEndian, Array.init) }
  }

  /// The digest of everything taken in, as 64 lower-case hexadecimal digits.
  public func hexDigest() -> String { hexadecimal(finalize()) }

  public static func hexDigest(of bytes: UnsafeRawBufferPointer) -> String {
    var digest = SHA256()
    digest.update(bytes)
    return digest.hexDigest()
  }

  public static func hexDigest(of bytes: some Sequence<UInt8>) -> String {
    Array(bytes).withUnsafeBytes { hexDigest(of: $0) }
  }

  /// The digest of a string's UTF-8 bytes.
  public static func hexDigest(of text: String) -> String { hexDigest(of: text.utf8) }

  /// The digest of a file's bytes, of which few are in memory at a time.
  public static func hexDigest(ofFile path: String) throws(FileError) -> String {
    var digest = SHA256()
    try MappedFile(path: path).stream(from: 0) { digest.update($0) }
    return digest.hexDigest()
  }

  /// Mixes whole 64-byte blocks into the state.
  private static func compress(_ blocks: UnsafeRawBufferPointer, into state: inout SIMD8<UInt32>) {
    guard let base = blocks.baseAddress else { return }
    roundConstants.withUnsafeBufferPointer { constants in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
        for start in stride(from: 0, to: blocks.count, by: 64) {
          let words = schedule.baseAddress.unsafelyUnwrapped
          for t in 0..<16 {
            let word = base.loadUnaligned(fromByteOffset: start + 4 * t, as: UInt32.self)
            words[t] = UInt32(bigEndian: word)
          }
          for t in 16..<64 {
            let early = words[t - 15]
            let late = words[t - 2]
            let s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >> 3)
            let s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >> 10)
            words[t] = words[t - 16] &+ s0 &+ words[t - 7] &+ s1
          }
          var (a, b, c, d) = (state[0], state[1], state[2], state[3])
          var (e, f, g, h) = (state[4], state[5], state[6], state[7])
          // Eight rounds a turn: the letters change places in the source, not in registers.
          for t in stride(from: 0, to: 64, by: 8) {
            let added = words + t
            let constant = constants.baseAddress.unsafelyUnwrapped + t
            round(a, b, c, &d, e, f, g, &h, constant[0] &+ added[0])
            round(h, a, b, &c, d, e, f, &g, constant[1] &+ added[1])
            round(g, h, a, &b, c, d, e, &f, constant[2] &+ added[2])
            round(f, g, h, &a, b, c, d, &e, constant[3] &+ added[3])
            round(e, f, g, &h, a, b, c, &d, constant[4] &+ added[4])
            round(d, e, f, &g, h, a, b, &c, constant[5] &+ added[5])
            round(c, d, e, &f, g, h, a, &b, constant[6] &+ added[6])
            round(b, c, d, &e, f, g, h, &a, constant[7] &+ added[7])
          }
          state &+= SIMD8(a, b, c, d, e, f, g, h)
        }
      }
    }
  }

  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32,
    _ g: UInt32, _ h: inout UInt32, _ added: UInt32
  ) {
    let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    let choice = g ^ (e & (f ^ g))
    let first = h &+ s1 &+ choice &+ added
    let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    let majority = (a & b) | (c & (a | b))
    d = d &+ first
    h = first &+ s0 &+ majority
  }

  @inline(__always)
  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &>> count | word &<< (32 &- count)
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}

/// Two lower-case hexadecimal digits a byte.
func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(
    decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
