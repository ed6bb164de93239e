// XXH64, for digests that must be fast: damage of our own files, keys of caches.

/// The 64-bit xxHash in streaming form. It finds damage; it does not resist forgery.
/// Source: xxHash specification 0.1.1, section "XXH64 algorithm description".
public struct XXH64: Sendable {
  private let seed: UInt64
  private var lanes: SIMD4<UInt64>
  // 32 bytes, of which the first byteCount % 32 wait for a whole stripe.
  private var pending = SIMD4<UInt64>()
  private var byteCount: UInt64 = 0

  private static let prime1: UInt64 = 0x9e37_79b1_85eb_ca87
  private static let prime2: UInt64 = 0xc2b2_ae3d_27d4_eb4f
  private static let prime3: UInt64 = 0x1656_67b1_9e37_79f9
  private static let prime4: UInt64 = 0x85eb_ca77_c2b2_ae63
  private static let prime5: UInt64 = 0x27d4_eb2f_1656_67c5

  public init(seed: UInt64 = 0) {
    self.seed = seed
    lanes = SIMD4(
      seed &+ Self.prime1 &+ Self.prime2, seed &+ Self.prime2, seed, seed &- Self.prime1)
  }

  /// Takes in the next bytes of the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    let held = Int(byteCount % 32)
    byteCount &+= UInt64(bytes.count)
    var start = 0
    if held > 0 {
      start = min(32 - held, bytes.count)
      withUnsafeMutableBytes(of: &pending) { buffer in
        UnsafeMutableRawBufferPointer(rebasing: buffer[held...])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<start]))
      }
      guard held + start == 32 else { return }
      withUnsafeBytes(of: &pending) { buffer in
        if let address = buffer.baseAddress { Self.mix(address, stripes: 1, into: &lanes) }
      }
    }
    let stripes = (bytes.count - start) / 32
    Self.mix(base + start, stripes: stripes, into: &lanes)
    start += stripes * 32
    withUnsafeMutableBytes(of: &pending) {
      $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }
  }

  /// Takes in the UTF-8 bytes of a string.
  public mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The digest of everything taken in.
  public func finalize() -> UInt64 {
    var hash: UInt64
    if byteCount >= 32 {
      hash = Self.rotate(lanes[0], 1) &+ Self.rotate(lanes[1], 7)
      hash = hash &+ Self.rotate(lanes[2], 12) &+ Self.rotate(lanes[3], 18)
      for lane in 0..<4 {
        hash = (hash ^ Self.round(0, lanes[lane])) &* Self.prime1 &+ Self.prime4
      }
    } else {
      hash = seed &+ Self.prime5
    }
    hash = hash &+ byteCount
    withUnsafeBytes(of: pending) { tail in
      let count = Int(byteCount % 32)
      var place = 0
      while place + 8 <= count {
        let word = tail.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        hash = Self.rotate(hash ^ Self.round(0, word), 27) &* Self.prime1 &+ Self.prime4
        place += 8
      }
      if place + 4 <= count {
        let word = UInt64(tail.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        hash = Self.rotate(hash ^ (word &* Self.prime1), 23) &* Self.prime2 &+ Self.prime3
        place += 4
      }
      while place < count {
        hash = Self.rotate(hash ^ (UInt64(tail[place]) &* Self.prime5), 11) &* Self.prime1
        place += 1
      }
    }
    hash = (hash ^ (hash >> 33)) &* Self.prime2
    hash = (hash ^ (hash >> 29)) &* Self.prime3
    return hash ^ (hash >> 32)
  }

  /// The digest of everything taken in, as 16 lower-case hexadecimal digits.
  public func hexDigest() -> String { Self.hexadecimalText(finalize()) }

  public static func digest(of bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    var digest = XXH64(seed: seed)
    digest.update(bytes)
    return digest.finalize()
  }

  /// The digest of a string's UTF-8 bytes.
  public static func digest(of text: String, seed: UInt64 = 0) -> UInt64 {
    var digest = XXH64(seed: seed)
    digest.update(text)
    return digest.finalize()
  }

  /// A digest as 16 lower-case hexadecimal digits, the usual way of writing it.
  public static func hexadecimalText(_ digest: UInt64) -> String {
    withUnsafeBytes(of: digest.bigEndian) { hexadecimal(Array($0)) }
  }

  /// Four independent lanes, so that the multiplications of one stripe overlap.
  private static func mix(
    _ start: UnsafeRawPointer, stripes: Int, into lanes: inout SIMD4<UInt64>
  ) {
    var (a, b, c, d) = (lanes[0], lanes[1], lanes[2], lanes[3])
    var place = start
    for _ in 0..<stripes {
      a = round(a, place.loadUnaligned(as: UInt64.self))
      b = round(b, place.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      c = round(c, place.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
      d = round(d, place.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
      place += 32
    }
    lanes = SIMD4(a, b, c, d)
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotate(lane &+ word &* prime2, 31) &* prime1
  }

  @inline(__always)
  private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
    word &<< count | word &>> (64 &- count)
  }
}
