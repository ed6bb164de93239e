/// Cuts UTF-8 text into BERT's normalized words: clean-up, CJK, accents, case, punctuation.

/// Takes the words in order. A word's bytes are valid during the call only.
protocol WordSink {
  /// A word that is ASCII before and after normalization, of at most `WordKey.longest` characters.
  /// Returns false to end the scan.
  mutating func word(_ word: WordKey) -> Bool
  /// - Parameters:
  ///   - bytes: the normalized word; meaningless if `characters` is over `WordScanner.longestWord`.
  ///   - characters: its number of Unicode scalars.
  /// - Returns: false to end the scan.
  mutating func word(_ bytes: UnsafeBufferPointer<UInt8>, characters: Int) -> Bool
  /// A special token written out in the text. Returns false to end the scan.
  mutating func special(_ id: Int32) -> Bool
  /// Whether the sink wants the normalized text itself, by `scalar`, and no words.
  static var takesScalars: Bool { get }
  mutating func scalar(_ scalar: UInt32)
}

extension WordSink {
  static var takesScalars: Bool { false }
  mutating func scalar(_ scalar: UInt32) {}
}

/// What distinguishes cased from uncased models, and one model's tokens from another's.
public struct TokenizerOptions: Sendable, Hashable, CustomStringConvertible {
  public let lowercase: Bool
  public let stripAccents: Bool
  public let splitsCJK: Bool
  /// Tokens that are found in a text as they are spelled, beside BERT's five special ones.
  public let addedTokens: [AddedSpelling]
  /// Whether a text that is too long loses its first tokens rather than its last.
  public let truncatesLeft: Bool

  /// The defaults are those of the uncased models.
  /// - Parameter stripAccents: nil follows `lowercase`, as the reference does.
  public init(
    lowercase: Bool = true, stripAccents: Bool? = nil, splitsCJK: Bool = true,
    addedTokens: [AddedSpelling] = [], truncatesLeft: Bool = false
  ) {
    self.lowercase = lowercase
    self.stripAccents = stripAccents ?? lowercase
    self.splitsCJK = splitsCJK
    self.addedTokens = addedTokens
    self.truncatesLeft = truncatesLeft
  }

  /// What is as in most models is not said.
  public var description: String {
    "lowercase=\(lowercase) strip_accents=\(stripAccents) split_cjk=\(splitsCJK)"
      + (addedTokens.isEmpty ? "" : " added=\(addedTokens)")
      + (truncatesLeft ? " truncation_side=left" : "")
  }
}

/// The normalizer and the pre-tokenizer in one pass, in the reference's order: special tokens
/// written out, clean-up, spaces around ideographs, canonical decomposition without nonspacing
/// marks, lower case scalar by scalar, then a cut at white space and around punctuation.
///
/// Source: tokenizers v0.19.1, `normalizers/bert.rs`, `pre_tokenizers/bert.rs`,
/// `tokenizer/added_vocabulary.rs`.
struct WordScanner<Sink: WordSink> {
  /// Longer words are unknown, whatever they are made of.
  static var longestWord: Int { 100 }
  /// Room for the longest word and for the scalar that makes it too long.
  static var scratchSize: Int { 4 * (longestWord + 1) }

  private let options: TokenizerOptions
  private let specials: [SpecialSpelling]
  private let ascii: ASCIITable
  private let table = CharacterTable.shared
  private let scratch: UnsafeMutablePointer<UInt8>
  private var byteCount = 0
  private var characters = 0
  private var goesOn = true
  /// Combining scalars that wait for their canonical order; nearly always empty.
  private var pending: [(rank: UInt8, scalar: UInt32)] = []
  var sink: Sink

  /// - Parameter scratch: `scratchSize` bytes.
  init(
    options: TokenizerOptions, specials: [SpecialSpelling], ascii: ASCIITable,
    scratch: UnsafeMutablePointer<UInt8>, sink: Sink
  ) {
    (self.options, self.specials, self.ascii) = (options, specials, ascii)
    (self.scratch, self.sink) = (scratch, sink)
  }

  /// Hands the words of a text to the sink; one scanner can take any number of texts in turn.
  /// - Parameter text: valid UTF-8.
  mutating func scan(_ text: UnsafeBufferPointer<UInt8>) {
    guard let base = text.baseAddress else { return }
    (byteCount, characters, goesOn) = (0, 0, true)
    pending.removeAll(keepingCapacity: true)
    let (letters, kinds) = (ascii.letters, ascii.kinds)
    var i = 0
    while i < text.count, goesOn {
      if characters == 0, pending.isEmpty, letters[Int(base[i])] != 0 {
        i = shortWord(base, from: i, to: text.count)
        continue
      }
      let byte = base[i]
      switch kinds[Int(byte)] {
      case .letter:
        if !pending.isEmpty { settle() }
        append(letters[Int(byte)])
      case .space:
        endSegment()
      case .removed:
        break
      case .punctuation:
        if byte == UInt8(ascii: "["), let special = special(at: base + i, text.count - i) {
          endSegment()
          if goesOn { goesOn = sink.special(special.id) }
          i += special.spelling.count
          continue
        }
        endSegment()
        if goesOn { goesOn = sink.word(WordKey(low: UInt64(byte), rest: 0, count: 1)) }
      case .beyond:
        let (scalar, length) = UTF8Validation.decode(base + i)
        take(scalar)
        i += length
        continue
      }
      i += 1
    }
    if goesOn { endSegment() }
  }

  /// Takes a run of letters that begins a word: at once if white space, punctuation or the text's end
  /// follows, as nearly always, else to the scratch memory, where the word goes on.
  /// - Returns: the place after the run, and after the white space that ends it.
  @inline(__always)
  private mutating func shortWord(
    _ base: UnsafePointer<UInt8>, from start: Int, to end: Int
  ) -> Int {
    let letters = ascii.letters
    var (low, rest): (UInt64, UInt64) = (0, 0)
    var i = start
    let middle = min(end, start + 8)
    while i < middle, case let letter = letters[Int(base[i])], letter != 0 {
      low |= UInt64(letter) << (8 * UInt64(i - start))
      i += 1
    }
    if i == start + 8 {
      let last = min(end, start + WordKey.longest)
      while i < last, case let letter = letters[Int(base[i])], letter != 0 {
        rest |= UInt64(letter) << (8 * UInt64(i - start - 8))
        i += 1
      }
    }
    let next = i < end ? ascii.kinds[Int(base[i])] : .space
    let key = WordKey(low: low, rest: rest, count: i - start)
    if next == .space || next == .punctuation {
      goesOn = sink.word(key)
      return next == .space ? i + 1 : i
    }
    key.withBytes { scratch.update(from: $0.baseAddress.unsafelyUnwrapped, count: $0.count) }
    (byteCount, characters) = (key.count, key.count)
    return i
  }

  private func special(at p: UnsafePointer<UInt8>, _ available: Int) -> SpecialSpelling? {
    specials.first { special in
      special.spelling.count <= available
        && special.spelling.indices.allSatisfy { p[$0] == special.spelling[$0] }
    }
  }

  /// Hands the scalars of a text to a sink that takes them, normalized, with blanks around ideographs.
  /// - Parameter text: valid UTF-8.
  mutating func normalize(_ text: UnsafeBufferPointer<UInt8>) {
    guard let base = text.baseAddress else { return }
    pending.removeAll(keepingCapacity: true)
    let blank = UInt32(UInt8(ascii: " "))
    var i = 0
    while i < text.count {
      let (scalar, length) = UTF8Validation.decode(base + i)
      i += length
      let entry = table[scalar]
      if entry.contains(.removed) { continue }
      let isIdeograph = options.splitsCJK && entry.contains(.cjk)
      if isIdeograph || entry.contains(.space) {
        if !pending.isEmpty { settle() }
        sink.scalar(blank)
      }
      if entry.contains(.space) { continue }
      decompose(scalar, entry)
      if isIdeograph {
        if !pending.isEmpty { settle() }
        sink.scalar(blank)
      }
    }
    if !pending.isEmpty { settle() }
  }

  private mutating func take(_ scalar: UInt32) {
    let entry = table[scalar]
    if entry.contains(.removed) { return }
    if entry.contains(.space) { return endSegment() }
    if options.splitsCJK, entry.contains(.cjk) {
      endSegment()
      decompose(scalar, entry)
      return endSegment()
    }
    decompose(scalar, entry)
  }

  /// Canonical decomposition, nonspacing marks left out. Ordering the marks that stay suffices,
  /// as the ones left out have no other effect than to separate (class 0) or not.
  private mutating func decompose(_ scalar: UInt32, _ entry: CharacterTable.Entry) {
    guard options.stripAccents else { return lower(scalar, entry) }
    if entry.contains(.decomposes) {
      for part in table.decomposition(of: scalar) { order(part, table[part]) }
    } else if CharacterTable.hangulSyllables.contains(scalar) {
      let jamo = CharacterTable.jamo(of: scalar)
      order(jamo.leading, table[jamo.leading])
      order(jamo.vowel, table[jamo.vowel])
      if jamo.trailing != 0 { order(jamo.trailing, table[jamo.trailing]) }
    } else {
      order(scalar, entry)
    }
  }

  private mutating func order(_ scalar: UInt32, _ entry: CharacterTable.Entry) {
    if entry.combiningClass == 0 {
      if !pending.isEmpty { settle() }
      if !entry.contains(.mark) { lower(scalar, entry) }
    } else if !entry.contains(.mark) {
      pending.append((entry.combiningClass, scalar))
    }
  }

  /// Lets the waiting scalars go, by combining class, those of one class in the text's order.
  private mutating func settle() {
    let ordered = pending.enumerated().sorted {
      ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
    }
    pending.removeAll(keepingCapacity: true)
    for (_, element) in ordered { lower(element.scalar, table[element.scalar]) }
  }

  private mutating func lower(_ scalar: UInt32, _ entry: CharacterTable.Entry) {
    guard options.lowercase, entry.contains(.lowers) else { return put(scalar, entry) }
    for part in table.lowercase(of: scalar) { put(part, table[part]) }
  }

  private mutating func put(_ scalar: UInt32, _ entry: CharacterTable.Entry) {
    if Sink.takesScalars { return sink.scalar(scalar) }
    if entry.contains(.whitespace) { return endWord() }
    let alone = entry.contains(.punctuation)
    if alone { endWord() }
    if characters < Self.longestWord {
      byteCount += Self.encode(scalar, scratch + byteCount)
    }
    characters += 1
    if alone { endWord() }
  }

  @inline(__always)
  private mutating func append(_ byte: UInt8) {
    if characters < Self.longestWord {
      scratch[byteCount] = byte
      byteCount += 1
    }
    characters += 1
  }

  static func encode(_ scalar: UInt32, _ p: UnsafeMutablePointer<UInt8>) -> Int {
    func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | (scalar >> shift & 0x3F)) }
    switch scalar {
    case ..<0x80:
      p[0] = UInt8(scalar)
      return 1
    case ..<0x800:
      (p[0], p[1]) = (UInt8(0xC0 | scalar >> 6), tail(0))
      return 2
    case ..<0x10000:
      (p[0], p[1], p[2]) = (UInt8(0xE0 | scalar >> 12), tail(6), tail(0))
      return 3
    default:
      (p[0], p[1], p[2], p[3]) = (UInt8(0xF0 | scalar >> 18), tail(12), tail(6), tail(0))
      return 4
    }
  }

  @inline(__always)
  private mutating func endSegment() {
    if !pending.isEmpty { settle() }
    endWord()
  }

  @inline(__always)
  private mutating func endWord() {
    guard characters > 0 else { return }
    if goesOn {
      goesOn = sink.word(
        UnsafeBufferPointer(start: scratch, count: byteCount), characters: characters)
    }
    (byteCount, characters) = (0, 0)
  }
}

/// A special token as it may be written out in a text.
struct SpecialSpelling: Sendable {
  let spelling: [UInt8]
  let id: Int32
}

/// The character table's first 128 rows for given options, ready for one look-up a byte.
final class ASCIITable: @unchecked Sendable {
  enum Kind: UInt8, Sendable {
    case letter, space, removed, punctuation
    /// The first byte of a longer sequence.
    case beyond
  }

  /// [256], what each byte is.
  let kinds: UnsafeMutablePointer<Kind>
  /// [256], letters in their normalized form, 0 for every other byte.
  let letters: UnsafeMutablePointer<UInt8>

  init(options: TokenizerOptions) {
    let table = CharacterTable.shared
    kinds = .allocate(capacity: 256)
    letters = .allocate(capacity: 256)
    kinds.initialize(repeating: .beyond, count: 256)
    letters.initialize(repeating: 0, count: 256)
    for byte in 0..<UInt32(128) {
      let entry = table[byte]
      if entry.contains(.removed) {
        kinds[Int(byte)] = .removed
      } else if entry.contains(.space) || entry.contains(.whitespace) {
        kinds[Int(byte)] = .space
      } else if entry.contains(.punctuation) {
        kinds[Int(byte)] = .punctuation
      } else {
        kinds[Int(byte)] = .letter
        let lowers = options.lowercase && entry.contains(.lowers)
        letters[Int(byte)] = UInt8(lowers ? table.lowercase(of: byte).first ?? byte : byte)
      }
    }
  }

  deinit {
    kinds.deallocate()
    letters.deallocate()
  }
}
