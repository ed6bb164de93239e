/// Encodes texts one after another into memory of its own.
import Glibc

/// What stays the same from text to text: options of the encoding, the scanner and its memory.
struct TextEncoder: ~Copyable {
  /// [CLS] and [SEP], if they are added.
  private let specialIDs: (first: Int32, last: Int32)?
  private let maximumLength: Int?
  private let invalidUTF8: InvalidUTF8Rule
  private let addedTokens: AddedTokenSearch?
  private let truncatesLeft: Bool
  private let scratch: UnsafeMutablePointer<UInt8>
  private var scanner: WordScanner<IdentifierSink>

  /// - Parameters: as those of `BertTokenizer.encode`.
  init(
    _ tokenizer: BertTokenizer, addSpecials: Bool, maximumLength: Int?,
    invalidUTF8: InvalidUTF8Rule
  ) {
    precondition(
      maximumLength ?? .max >= (addSpecials ? 2 : 0), "no room for [CLS] and [SEP]")
    let vocabulary = tokenizer.vocabulary
    specialIDs = addSpecials ? (vocabulary.classifierID, vocabulary.separatorID) : nil
    self.maximumLength = maximumLength
    self.invalidUTF8 = invalidUTF8
    addedTokens = tokenizer.addedTokens
    truncatesLeft = tokenizer.options.truncatesLeft
    scratch = .allocate(capacity: WordScanner<IdentifierSink>.scratchSize)
    scanner = tokenizer.makeScanner(
      scratch: scratch,
      sink: IdentifierSink(
        index: vocabulary.index, unknownID: vocabulary.unknownID))
  }

  deinit {
    scratch.deallocate()
    scanner.sink.deallocate()
  }

  /// All ids so far; valid until the next text.
  var tokenIDs: UnsafeBufferPointer<Int32> { scanner.sink.tokenIDs }
  var tokenCount: Int { scanner.sink.count }

  /// Appends the ids of a text that must be valid UTF-8.
  mutating func append(valid text: UnsafeBufferPointer<UInt8>) {
    let room = maximumLength.map { $0 - (specialIDs == nil ? 0 : 1) }
    scanner.sink.limit = truncatesLeft ? .max : room.map { tokenCount + $0 } ?? .max
    if let specialIDs { scanner.sink.append(specialIDs.first) }
    let start = tokenCount
    if start < scanner.sink.limit { scan(text) }
    if truncatesLeft, let room {
      scanner.sink.keepLast(room - (specialIDs == nil ? 0 : 1), from: start)
    }
    if let specialIDs { scanner.sink.append(specialIDs.last) }
  }

  private mutating func scan(_ text: UnsafeBufferPointer<UInt8>) {
    guard let addedTokens else { return scanner.scan(text) }
    addedTokens.forEachPart(of: text) { part in
      guard tokenCount < scanner.sink.limit else { return }
      switch part {
      case .text(let bytes): scanner.scan(bytes)
      case .token(let id): scanner.sink.append(id)
      }
    }
  }

  /// Appends [CLS], the ids of `first`, [SEP], those of `second` and [SEP]; both must be valid UTF-8.
  /// - Returns: how many of these ids come before the second text.
  mutating func append(
    valid first: UnsafeBufferPointer<UInt8>, pairedWith second: UnsafeBufferPointer<UInt8>
  ) -> Int {
    guard let specialIDs else { preconditionFailure("a pair of texts needs [CLS] and [SEP]") }
    precondition(maximumLength ?? .max >= 3, "no room for [CLS] and two [SEP]")
    let start = tokenCount
    // What is cut depends on both whole lengths.
    scanner.sink.limit = .max
    scanner.sink.append(specialIDs.first)
    scan(first)
    let firstCount = tokenCount - start - 1
    scanner.sink.append(specialIDs.last)
    scan(second)
    let secondCount = tokenCount - start - 2 - firstCount
    let kept = PairTruncation.kept(
      first: firstCount, second: secondCount, room: maximumLength.map { $0 - 3 } ?? .max)
    let secondStart = kept.first + 2
    let truncatesLeft = truncatesLeft
    /// The places of what is cut of `count` ids from a place on.
    func surplus(_ count: Int, from place: Int, kept: Int) -> Range<Int> {
      truncatesLeft ? place..<place + count - kept : place + kept..<place + count
    }
    let (cutFirst, cutSecond) = (
      surplus(firstCount, from: start + 1, kept: kept.first),
      surplus(secondCount, from: start + firstCount + 2, kept: kept.second)
    )
    scanner.sink.remove(cutSecond)
    scanner.sink.remove(cutFirst)
    scanner.sink.append(specialIDs.last)
    return secondStart
  }

  /// Appends the ids of two texts as a pair.
  /// - Returns: how many of these ids come before the second text.
  mutating func append(_ first: String, pairedWith second: String) -> Int {
    var (first, second) = (first, second)
    return first.withUTF8 { first in
      second.withUTF8 { append(valid: first, pairedWith: $0) }
    }
  }

  /// Appends the ids of a text.
  mutating func append(_ text: String) {
    var copy = text
    copy.withUTF8 { append(valid: $0) }
  }

  /// Appends the ids of a text that may not be UTF-8.
  /// - Returns: whether anything was replaced.
  mutating func append(_ text: UnsafeBufferPointer<UInt8>) throws(InvalidUTF8) -> Bool {
    guard let repaired = try repaired(text) else {
      append(valid: text)
      return false
    }
    repaired.withUnsafeBufferPointer { append(valid: $0) }
    return true
  }

  /// Appends the ids of a line `first<TAB>second` that may not be UTF-8.
  /// - Returns: how many of these ids come before the second text, and whether anything was replaced; nil, and nothing is
  ///   appended, for a line with no tab or several.
  mutating func appendPair(
    _ line: UnsafeBufferPointer<UInt8>
  ) throws(InvalidUTF8) -> (secondStart: Int, wasRepaired: Bool)? {
    guard let repaired = try repaired(line) else {
      return appendPair(valid: line).map { ($0, false) }
    }
    return repaired.withUnsafeBufferPointer { appendPair(valid: $0) }.map { ($0, true) }
  }

  private mutating func appendPair(valid line: UnsafeBufferPointer<UInt8>) -> Int? {
    let tab = UInt8(ascii: "\t")
    guard let place = line.firstIndex(of: tab), line.lastIndex(of: tab) == place else { return nil }
    return append(
      valid: UnsafeBufferPointer(rebasing: line[..<place]),
      pairedWith: UnsafeBufferPointer(rebasing: line[(place + 1)...]))
  }

  /// The text with U+FFFD for what is malformed; nil if nothing is.
  private func repaired(_ text: UnsafeBufferPointer<UInt8>) throws(InvalidUTF8) -> [UInt8]? {
    do throws(InvalidUTF8) {
      try UTF8Validation.check(text)
    } catch {
      guard invalidUTF8 == .replace else { throw error }
      return UTF8Replacement.repaired(text)
    }
    return nil
  }
}

/// WordPiece: the longest token first, then the longest `##` token at what is left of the word; a
/// word that cannot be covered so, or is too long, is one unknown token.
struct IdentifierSink: WordSink {
  private let index: WordPieceIndex
  private let unknownID: Int32
  /// The number of ids at which a text is cut.
  var limit = Int.max
  private(set) var count = 0
  private var ids: UnsafeMutablePointer<Int32>
  private var capacity = 1024

  init(index: WordPieceIndex, unknownID: Int32) {
    self.index = index
    self.unknownID = unknownID
    ids = .allocate(capacity: capacity)
  }

  func deallocate() { ids.deallocate() }

  var tokenIDs: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: ids, count: count) }

  @inline(__always)
  mutating func append(_ id: Int32) {
    if count == capacity { grow() }
    ids[count] = id
    count += 1
  }

  /// Takes out the ids at `places`.
  mutating func remove(_ places: Range<Int>) {
    guard !places.isEmpty else { return }
    (ids + places.lowerBound).update(
      from: ids + places.upperBound, count: count - places.upperBound)
    count -= places.count
  }

  /// Leaves of the ids from a place on only the last `most`.
  mutating func keepLast(_ most: Int, from start: Int) {
    let surplus = count - start - most
    guard surplus > 0 else { return }
    (ids + start).update(from: ids + start + surplus, count: most)
    count -= surplus
  }

  @inline(never)
  private mutating func grow() {
    let larger = UnsafeMutablePointer<Int32>.allocate(capacity: 2 * capacity)
    larger.moveInitialize(from: ids, count: count)
    ids.deallocate()
    (ids, capacity) = (larger, 2 * capacity)
  }

  @inline(__always)
  mutating func special(_ id: Int32) -> Bool {
    append(id)
    return count < limit
  }

  @inline(__always)
  mutating func word(_ word: WordKey) -> Bool {
    guard let id = index.id(of: word) else { return word.withBytes { pieces(of: $0) } }
    append(id)
    return count < limit
  }

  @inline(__always)
  mutating func word(_ bytes: UnsafeBufferPointer<UInt8>, characters: Int) -> Bool {
    if characters > WordScanner<Self>.longestWord {
      append(unknownID)
      return count < limit
    }
    return bytes.count <= WordKey.longest ? word(WordKey(bytes)) : pieces(of: bytes)
  }

  @inline(never)
  private mutating func pieces(of word: UnsafeBufferPointer<UInt8>) -> Bool {
    let before = count
    var place = 0
    while place < word.count {
      guard let piece = index.longestPiece(of: word, from: place) else {
        count = before
        append(unknownID)
        break
      }
      append(piece.id)
      place = piece.end
    }
    count = min(count, limit)
    return count < limit
  }
}
