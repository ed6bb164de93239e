/// Finds tokens by their bytes: short words in a hash table, longest prefixes in a trie.

/// Immutable after `build`. Both tables use open addressing in memory that is never moved, so that
/// a look-up is a few loads. A node of the trie is the place of the edge that leads to it: one load
/// a byte tells the next node and the token that ends there.
final class WordPieceIndex: @unchecked Sendable {
  /// Most tokens: an edge keeps a token's number in 24 bits, where 0 stands for none.
  static let mostTokens = 1 << 24 - 1

  /// A token of at most `WordKey.longest` bytes that can begin a word.
  private struct Word {
    var low: UInt64
    var high: UInt64
    var id: Int32
  }

  /// An edge of the trie or, with value 0, a free place: (node it leaves + 1) << 32 | byte << 24 |
  /// id of the token that ends at its end + 1.
  private typealias Edge = UInt64

  private let words: UnsafeMutablePointer<Word>
  private let wordShift: UInt64
  private let wordMask: Int
  private let edges: UnsafeMutablePointer<Edge>
  private let edgeShift: UInt64
  private let edgeMask: Int

  /// Where matching at the beginning of a word starts, and within a word (`##` tokens): nodes that
  /// no edge leads to.
  private var wordRoot: UInt64 { UInt64(edgeMask) + 1 }
  private var continuationRoot: UInt64 { UInt64(edgeMask) + 2 }

  /// - Parameter bytes: of all tokens together, an upper limit for the edges.
  private init(tokens: Int, bytes: Int) {
    let wordBits = Self.bits(for: tokens * 2)
    let edgeBits = Self.bits(for: bytes + bytes / 4)
    (wordMask, wordShift) = (1 << wordBits - 1, UInt64(64 - wordBits))
    (edgeMask, edgeShift) = (1 << edgeBits - 1, UInt64(64 - edgeBits))
    words = .allocate(capacity: 1 << wordBits)
    edges = .allocate(capacity: 1 << edgeBits)
    words.initialize(repeating: Word(low: 0, high: 0, id: 0), count: 1 << wordBits)
    edges.initialize(repeating: 0, count: 1 << edgeBits)
  }

  deinit {
    words.deallocate()
    edges.deallocate()
  }

  /// Of the smallest power of two that is not below `count`.
  private static func bits(for count: Int) -> Int {
    Int.bitWidth - max(1, count - 1).leadingZeroBitCount
  }

  /// - Returns: nil for more tokens than an edge has room to name.
  static func build(_ tokens: [String]) -> WordPieceIndex? {
    guard tokens.count <= mostTokens else { return nil }
    let bytes = tokens.reduce(0) { $0 + $1.utf8.count }
    let index = WordPieceIndex(tokens: tokens.count, bytes: bytes)
    for (id, token) in tokens.enumerated() {
      var copy = token
      copy.withUTF8 { index.insert($0, id: Int32(id)) }
    }
    return index
  }

  /// Takes the place of an earlier token of the same spelling.
  private func insert(_ spelling: UnsafeBufferPointer<UInt8>, id: Int32) {
    guard !spelling.isEmpty else { return }
    let (root, piece) = place(of: spelling)
    var node = root
    var last = 0
    for byte in piece {
      last = slot(of: key(node, byte))
      if edges[last] == 0 { edges[last] = key(node, byte) }
      node = UInt64(last)
    }
    edges[last] = edges[last] & ~0xFF_FFFF | UInt64(id) + 1
    if root == wordRoot, spelling.count <= WordKey.longest {
      let key = WordKey(spelling)
      var place = Int(truncatingIfNeeded: key.hash >> wordShift)
      while words[place].high != 0, words[place].low != key.low || words[place].high != key.high {
        place = (place + 1) & wordMask
      }
      words[place] = Word(low: key.low, high: key.high, id: id)
    }
  }

  /// The root under which a token is kept and the bytes that lead from there to it. The prefix alone
  /// continues nothing.
  private func place(
    of spelling: UnsafeBufferPointer<UInt8>
  ) -> (root: UInt64, piece: UnsafeBufferPointer<UInt8>) {
    let prefix = Vocabulary.continuationPrefix.utf8
    guard spelling.count > prefix.count, spelling.starts(with: prefix) else {
      return (wordRoot, spelling)
    }
    return (continuationRoot, UnsafeBufferPointer(rebasing: spelling[prefix.count...]))
  }

  @inline(__always)
  private func key(_ node: UInt64, _ byte: UInt8) -> Edge {
    (node + 1) << 32 | UInt64(byte) << 24
  }

  /// The place of the edge with this key: where it is, or the free place where it belongs.
  @inline(__always)
  private func slot(of key: Edge) -> Int {
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> edgeShift)
    while edges[slot] != 0, edges[slot] & ~0xFF_FFFF != key { slot = (slot + 1) & edgeMask }
    return slot
  }

  /// The token that ends with an edge, or -1.
  @inline(__always)
  private static func token(of edge: Edge) -> Int32 {
    Int32(truncatingIfNeeded: edge & 0xFF_FFFF) - 1
  }

  /// The id of a short word that is a token.
  @inline(__always)
  func id(of word: WordKey) -> Int32? {
    var place = Int(truncatingIfNeeded: word.hash >> wordShift)
    while words[place].high != 0 {
      if words[place].low == word.low, words[place].high == word.high { return words[place].id }
      place = (place + 1) & wordMask
    }
    return nil
  }

  /// The id of the token spelled exactly so, continuation prefix included.
  func id(of token: String) -> Int32? {
    var copy = token
    return copy.withUTF8 { spelling in
      guard !spelling.isEmpty else { return nil }
      let (root, piece) = place(of: spelling)
      guard let found = longestPiece(of: piece, from: 0, root: root), found.end == piece.count
      else { return nil }
      return found.id
    }
  }

  /// The longest token that `word[start...]` begins with, and where it ends; nil if there is none.
  @inline(__always)
  func longestPiece(
    of word: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> (id: Int32, end: Int)? {
    longestPiece(of: word, from: start, root: start == 0 ? wordRoot : continuationRoot)
  }

  @inline(__always)
  private func longestPiece(
    of word: UnsafeBufferPointer<UInt8>, from start: Int, root: UInt64
  ) -> (id: Int32, end: Int)? {
    var node = root
    var found: (id: Int32, end: Int)?
    var place = start
    while place < word.count {
      let slot = slot(of: key(node, word[place]))
      let edge = edges[slot]
      guard edge != 0 else { break }
      node = UInt64(truncatingIfNeeded: slot)
      place += 1
      let token = Self.token(of: edge)
      if token >= 0 { found = (token, place) }
    }
    return found
  }
}
