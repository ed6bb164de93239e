/// Finds tokens by their bytes: whole tokens in a hash table, longest prefixes in a trie.

/// Immutable after `build`. Both tables use open addressing in memory that is never moved, so that
/// a look-up is a few loads. The trie's edges are one table keyed by (node, byte).
final class WordPieceIndex: @unchecked Sendable {
  struct Repeated: Error {
    var first: Int
    var second: Int
  }

  /// Where matching at the beginning of a word starts, and within a word (`##` tokens).
  static let wordRoot: UInt32 = 0
  static let continuationRoot: UInt32 = 1
  private static let none: UInt32 = .max

  private let blob: UnsafeMutableBufferPointer<UInt8>
  private let starts: UnsafeMutableBufferPointer<UInt32>
  /// (high half of the hash, id) or id = `none`.
  private let slots: UnsafeMutableBufferPointer<SIMD2<UInt32>>
  /// (node << 8 | byte, child) or child = `none`.
  private let edges: UnsafeMutableBufferPointer<SIMD2<UInt32>>
  /// The id of the token that ends in each node, or -1.
  private let ends: UnsafeMutableBufferPointer<Int32>

  private init(bytes: Int, tokens: Int, nodes: Int) {
    blob = .allocate(capacity: max(1, bytes))
    starts = .allocate(capacity: tokens + 1)
    slots = .allocate(capacity: Self.capacity(for: tokens))
    slots.initialize(repeating: SIMD2(0, Self.none))
    edges = .allocate(capacity: Self.capacity(for: nodes))
    edges.initialize(repeating: SIMD2(0, Self.none))
    ends = .allocate(capacity: nodes)
    ends.initialize(repeating: -1)
  }

  deinit {
    blob.deallocate()
    starts.deallocate()
    slots.deallocate()
    edges.deallocate()
    ends.deallocate()
  }

  /// A power of two that leaves at least half of the table empty.
  private static func capacity(for count: Int) -> Int {
    1 << (Int.bitWidth - max(2, count * 2 - 1).leadingZeroBitCount)
  }

  /// The places of a token that is there twice, or the index.
  static func build(_ tokens: [String]) -> Result<WordPieceIndex, Repeated> {
    let bytes = tokens.reduce(0) { $0 + $1.utf8.count }
    let index = WordPieceIndex(bytes: bytes, tokens: tokens.count, nodes: bytes + 2)
    var (place, nodes): (Int, UInt32) = (0, 2)
    for (id, token) in tokens.enumerated() {
      index.starts[id] = UInt32(place)
      for byte in token.utf8 {
        index.blob[place] = byte
        place += 1
      }
      index.starts[id + 1] = UInt32(place)
      let spelling = UnsafeBufferPointer(rebasing: index.blob[Int(index.starts[id])..<place])
      if let first = index.insert(spelling, id: UInt32(id)) {
        return .failure(Repeated(first: first, second: id))
      }
      let continues = token.utf8.starts(with: Vocabulary.continuationPrefix.utf8)
      let piece = continues ? UnsafeBufferPointer(rebasing: spelling[2...]) : spelling
      if !piece.isEmpty {
        let root = continues ? continuationRoot : wordRoot
        index.ends[Int(index.path(from: root, piece, nodes: &nodes))] = Int32(id)
      }
    }
    return .success(index)
  }

  /// The earlier id of the same spelling, or nil once it is inserted.
  private func insert(_ spelling: UnsafeBufferPointer<UInt8>, id: UInt32) -> Int? {
    let hash = Self.hash(spelling)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot].y != Self.none {
      if isToken(slots[slot].y, spelling) { return Int(slots[slot].y) }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = SIMD2(UInt32(truncatingIfNeeded: hash >> 32), id)
    return nil
  }

  private func path(
    from root: UInt32, _ piece: UnsafeBufferPointer<UInt8>, nodes: inout UInt32
  ) -> UInt32 {
    var node = root
    for byte in piece {
      let key = node << 8 | UInt32(byte)
      var slot = edgeSlot(key)
      while edges[slot].y != Self.none, edges[slot].x != key {
        slot = (slot + 1) & (edges.count - 1)
      }
      if edges[slot].y == Self.none {
        edges[slot] = SIMD2(key, nodes)
        nodes += 1
      }
      node = edges[slot].y
    }
    return node
  }

  @inline(__always)
  private func edgeSlot(_ key: UInt32) -> Int {
    Int(truncatingIfNeeded: (UInt64(key) &* 0x9E37_79B9_7F4A_7C15) >> 32) & (edges.count - 1)
  }

  @inline(__always)
  private func isToken(_ id: UInt32, _ spelling: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = Int(starts[Int(id)])
    let length = Int(starts[Int(id) + 1]) - start
    guard length == spelling.count else { return false }
    for k in 0..<length where blob[start + k] != spelling[k] { return false }
    return true
  }

  /// Eight bytes at a time; only used within this process.
  @inline(__always)
  private static func hash(_ spelling: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash = UInt64(spelling.count) &* 0x9E37_79B9_7F4A_7C15
    var k = 0
    while k + 8 <= spelling.count {
      let word = UnsafeRawPointer(spelling.baseAddress.unsafelyUnwrapped + k)
        .loadUnaligned(as: UInt64.self)
      hash = (hash ^ word) &* 0xD6E8_FEB8_6659_FD93
      hash ^= hash >> 32
      k += 8
    }
    var rest: UInt64 = 0
    while k < spelling.count {
      rest = rest << 8 | UInt64(spelling[k])
      k += 1
    }
    hash = (hash ^ rest) &* 0xD6E8_FEB8_6659_FD93
    hash ^= hash >> 29
    return hash &* 0x9E37_79B9_7F4A_7C15 ^ hash >> 32
  }

  /// The id of the token spelled exactly so.
  @inline(__always)
  func id(of spelling: UnsafeBufferPointer<UInt8>) -> Int32? {
    let hash = Self.hash(spelling)
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot].y != Self.none {
      if slots[slot].x == tag, isToken(slots[slot].y, spelling) {
        return Int32(bitPattern: slots[slot].y)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  func id(of token: String) -> Int32? {
    var copy = token
    return copy.withUTF8 { id(of: $0) }
  }

  /// The longest token that `word[start...]` begins with, and where it ends; nil if there is none.
  @inline(__always)
  func longestPiece(
    of word: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> (id: Int32, end: Int)? {
    var node = start == 0 ? Self.wordRoot : Self.continuationRoot
    var found: (id: Int32, end: Int)?
    var place = start
    while place < word.count {
      let key = node << 8 | UInt32(word[place])
      var slot = edgeSlot(key)
      while edges[slot].y != Self.none, edges[slot].x != key {
        slot = (slot + 1) & (edges.count - 1)
      }
      guard edges[slot].y != Self.none else { break }
      node = edges[slot].y
      place += 1
      if ends[Int(node)] >= 0 { found = (ends[Int(node)], place) }
    }
    return found
  }
}
