/// What BERT's tokenizer does with each of the 1,112,064 Unicode scalars.
///
/// The reference library mixes tables of several old Unicode versions, so Swift's own Unicode
/// properties would differ from it on hundreds of thousands of scalars. The table was made by
/// probing the library itself: Tests/Peers/tokenizer_tables.py.
final class CharacterTable: @unchecked Sendable {
  /// The properties of a scalar; its canonical combining class is in the high byte.
  struct Entry: OptionSet, Sendable {
    var rawValue: UInt16
    /// Control, format, unassigned, private use, NUL, U+FFFD: taken out before anything else.
    static let removed = Entry(rawValue: 1)
    /// Becomes an ordinary space.
    static let space = Entry(rawValue: 2)
    /// Ideograph: a word of its own when CJK text is split.
    static let cjk = Entry(rawValue: 4)
    /// Nonspacing mark: taken out when accents are stripped.
    static let mark = Entry(rawValue: 8)
    /// A word of its own, decided after normalization.
    static let punctuation = Entry(rawValue: 16)
    /// Separates words, decided after normalization.
    static let whitespace = Entry(rawValue: 32)
    /// Has a canonical decomposition in the table (Hangul syllables are computed instead).
    static let decomposes = Entry(rawValue: 64)
    static let lowers = Entry(rawValue: 128)

    var combiningClass: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 8) }
  }

  static let shared = CharacterTable()

  /// One entry a scalar, 0...0x10FFFF; never freed, as the table lives as long as the program.
  private let entries: UnsafeMutablePointer<UInt16>
  private let decompositions: ScalarMapping
  private let lowercases: ScalarMapping

  static let hangulSyllables: Range<UInt32> = 0xAC00..<0xAC00 + 11172

  private init() {
    var reader = TableReader(base64: CharacterTableData.base64)
    entries = .allocate(capacity: 0x110000)
    let classes = (0..<reader.number()).map { _ in
      let flags = UInt16(reader.byte())
      return flags | UInt16(reader.byte()) << 8
    }
    var place = 0
    for _ in 0..<reader.number() {
      let length = reader.number()
      (entries + place).initialize(repeating: classes[reader.number()], count: length)
      place += length
    }
    precondition(place == 0x110000, "the character table does not cover Unicode")
    decompositions = ScalarMapping(&reader)
    lowercases = ScalarMapping(&reader)
    precondition(reader.isAtEnd, "bytes after the character table")
    for scalar in decompositions.keys { entries[Int(scalar)] |= Entry.decomposes.rawValue }
    for scalar in lowercases.keys { entries[Int(scalar)] |= Entry.lowers.rawValue }
  }

  @inline(__always)
  subscript(scalar: UInt32) -> Entry { Entry(rawValue: entries[Int(scalar)]) }

  /// Canonical decomposition of a scalar whose entry `decomposes`.
  func decomposition(of scalar: UInt32) -> ArraySlice<UInt32> { decompositions[scalar] }

  /// Lower-case form of a scalar whose entry `lowers`.
  func lowercase(of scalar: UInt32) -> ArraySlice<UInt32> { lowercases[scalar] }

  /// Jamo of a Hangul syllable (Unicode Standard, section 3.12); `trailing` is 0 if it has none.
  static func jamo(of syllable: UInt32) -> (leading: UInt32, vowel: UInt32, trailing: UInt32) {
    let index = syllable - hangulSyllables.lowerBound
    let trailing = index % 28
    return (0x1100 + index / 588, 0x1161 + index % 588 / 28, trailing == 0 ? 0 : 0x11A7 + trailing)
  }
}

/// Some scalars, each with the scalars that take its place.
private struct ScalarMapping: Sendable {
  /// Ascending.
  var keys: [UInt32] = []
  private var starts: [Int] = [0]
  private var targets: [UInt32] = []

  init(_ reader: inout TableReader) {
    var key = 0
    for _ in 0..<reader.number() {
      key += reader.number()
      keys.append(UInt32(key))
      for _ in 0..<reader.number() { targets.append(UInt32(key + reader.signedNumber())) }
      starts.append(targets.count)
    }
  }

  subscript(scalar: UInt32) -> ArraySlice<UInt32> {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < scalar { low = middle + 1 } else { high = middle }
    }
    precondition(low < keys.count && keys[low] == scalar, "scalar without a mapping")
    return targets[starts[low]..<starts[low + 1]]
  }
}

/// Reads the numbers of the table's compact form.
private struct TableReader {
  private var bytes: [UInt8] = []
  private var position = 0

  init(base64: String) {
    bytes.reserveCapacity(base64.utf8.count / 4 * 3)
    var (bits, count): (UInt32, Int) = (0, 0)
    for character in base64.utf8 where character != UInt8(ascii: "=") {
      bits = bits << 6 | UInt32(Self.value(of: character))
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
  }

  private static func value(of character: UInt8) -> UInt8 {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: preconditionFailure("the character table is not base64")
    }
  }

  var isAtEnd: Bool { position == bytes.count }

  mutating func byte() -> UInt8 {
    position += 1
    return bytes[position - 1]
  }

  mutating func number() -> Int {
    var (value, shift) = (0, 0)
    while true {
      let next = byte()
      value |= Int(next & 0x7F) << shift
      if next < 0x80 { return value }
      shift += 7
    }
  }

  mutating func signedNumber() -> Int {
    let value = number()
    return value & 1 == 0 ? value / 2 : -(value + 1) / 2
  }
}
