// Which texts are parts of others, word by word.

/// The distinct texts of some rows as sequences of words, which white space separates. Texts of the same words are one.
///
/// A training set may hold phrases beside the sentences that they are taken from, as that of SST-2 does. A whole sentence
/// is a text that is a contiguous part of no other.
public struct PhraseIndex: Sendable {
  /// The distinct text of each row.
  public let textOfRow: [Int]
  /// The first row of each distinct text. Texts are numbered in the order of their first rows.
  public let firstRows: [Int]
  /// The texts that are contiguous parts of no other, ascending.
  public private(set) var wholeTexts: [Int] = []
  /// The words of all distinct texts as numbers, one text after the other.
  private let words: [Int32]
  /// Where each text's words begin, and where the last one's end.
  private let offsets: [Int]
  private let hashes: RollingHashes
  /// How many words texts have, by the hash of their beginning: of as many words as the largest power of two in that
  /// number. Many texts may begin alike; few of them are of different lengths.
  private let lengthsByBeginning: [UInt64: Set<Int>]
  /// Texts by the hash of all their words.
  private let textsByHash: [UInt64: [Int]]

  public init(_ texts: [String]) {
    var numbers: [String: Int32] = [:]
    var known: [[Int32]: Int] = [:]
    var textOfRow: [Int] = []
    var firstRows: [Int] = []
    var words: [Int32] = []
    var offsets = [0]
    for (row, text) in texts.enumerated() {
      var sequence: [Int32] = []
      for word in text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace) {
        let word = String(word)
        let number = numbers[word] ?? Int32(numbers.count)
        numbers[word] = number
        sequence.append(number)
      }
      let number = known[sequence] ?? firstRows.count
      textOfRow.append(number)
      guard number == firstRows.count else { continue }
      known[sequence] = number
      firstRows.append(row)
      words += sequence
      offsets.append(words.count)
    }
    (self.textOfRow, self.firstRows, self.words, self.offsets) =
      (textOfRow, firstRows, words, offsets)
    hashes = RollingHashes(of: words)
    var lengths: [UInt64: Set<Int>] = [:]
    var wholes: [UInt64: [Int]] = [:]
    for text in firstRows.indices where offsets[text] < offsets[text + 1] {
      let whole = offsets[text]..<offsets[text + 1]
      let beginning = whole.prefix(Self.beginning(whole.count))
      lengths[hashes.hash(of: beginning), default: []].insert(whole.count)
      wholes[hashes.hash(of: whole), default: []].append(text)
    }
    (lengthsByBeginning, textsByHash) = (lengths, wholes)
    var isPart = [Bool](repeating: false, count: firstRows.count)
    // The parts of a part are parts of the longer text, which comes first.
    let longestFirst = firstRows.indices.sorted {
      (offsets[$1 + 1] - offsets[$1], $0) < (offsets[$0 + 1] - offsets[$0], $1)
    }
    for text in longestFirst where !isPart[text] {
      for part in parts(of: text) where part != text { isPart[part] = true }
    }
    wholeTexts = firstRows.indices.filter { !isPart[$0] && wordCount(of: $0) > 0 }
  }

  public func wordCount(of text: Int) -> Int { offsets[text + 1] - offsets[text] }

  /// The distinct texts that are contiguous parts of a text, itself among them, ascending.
  public func parts(of text: Int) -> [Int] {
    let whole = offsets[text]..<offsets[text + 1]
    var found: Set<Int> = []
    for start in whole {
      var length = 1
      while start + length <= whole.upperBound {
        for count in lengthsByBeginning[hashes.hash(of: start..<start + length)] ?? []
        where Self.beginning(count) == length && start + count <= whole.upperBound {
          let place = start..<start + count
          for other in textsByHash[hashes.hash(of: place)] ?? [] where !found.contains(other) {
            // Another text may have the same hash.
            if words[place].elementsEqual(words[offsets[other]..<offsets[other + 1]]) {
              found.insert(other)
            }
          }
        }
        length *= 2
      }
    }
    return found.sorted()
  }

  /// The largest power of two that is at most `count`.
  private static func beginning(_ count: Int) -> Int {
    1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
  }
}

/// Hashes of any run of words, each in constant time.
private struct RollingHashes {
  /// Of the first i words.
  private let prefixes: [UInt64]
  private let powers: [UInt64]
  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

  init(of words: [Int32]) {
    var prefixes: [UInt64] = [0]
    var powers: [UInt64] = [1]
    prefixes.reserveCapacity(words.count + 1)
    powers.reserveCapacity(words.count + 1)
    for (place, word) in words.enumerated() {
      prefixes.append(prefixes[place] &* Self.factor &+ Self.mixed(UInt64(word) + 1))
      powers.append(powers[place] &* Self.factor)
    }
    (self.prefixes, self.powers) = (prefixes, powers)
  }

  func hash(of range: Range<Int>) -> UInt64 {
    prefixes[range.upperBound] &- prefixes[range.lowerBound] &* powers[range.count]
  }

  /// The finalizer of SplitMix64.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var bits = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
