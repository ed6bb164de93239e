// Sentences of texts, written one a line: those to learn from, and those that are held out.
import RetortFiles

/// Two files and how they came about. Memory stays the same whatever the size of the texts, but for 8 bytes and a
/// hash table's overhead for each different sentence where they must be unique, and for each sentence or paragraph of a
/// number held out.
public struct SentenceFiles: Sendable, Equatable {
  /// One sentence a line, in the order of the texts.
  public let training: String
  /// Nil where nothing is held out.
  public let heldOut: String?
  public let counts: SentenceCounts

  /// Reads the texts unless that was done before under the same key, and the files are as they were written.
  /// - Parameters:
  ///   - key: names the files: of the texts' contents and the rule.
  ///   - folder: created if missing.
  public init(
    _ rule: SentenceRule, of inputs: [TextInput], key: String, folder: String
  ) throws(DataError) {
    let path = "\(folder)/sentences-\(key.prefix(32))"
    (training, heldOut) = ("\(path).txt", rule.holdOut.map { _ in "\(path)-held-out.txt" })
    if let known = Self.known(key: key, folder: folder),
      [training, heldOut].compactMap({ $0 }).allSatisfy(FileSeal.isIntact)
    {
      counts = known
      return
    }
    do {
      try Folder.create(path: folder)
      let learned = try AtomicFileWriter(path: training)
      let held = try heldOut.map { (path) throws(FileError) in try AtomicFileWriter(path: path) }
      counts = try Self.sift(rule, inputs) { (sentence, isHeldOut) throws(FileError) in
        let writer = isHeldOut ? held ?? learned : learned
        try writer.write(sentence)
        try writer.write([UInt8(ascii: "\n")])
      }
      try learned.commit()
      try held?.commit()
      for path in [training, heldOut].compactMap({ $0 }) { try FileSeal.write(for: path) }
      try AtomicFile.replace(path: "\(path).counts", with: counts.text)
    } catch let error as DataError {
      throw error
    } catch let error as FileError {
      throw .file(error)
    } catch {
      throw .cache(path: training, reason: "\(error)")
    }
  }

  /// Of files that were written before; nil for none.
  public static func known(key: String, folder: String) -> SentenceCounts? {
    guard let bytes = try? MappedFile.contents(path: "\(folder)/sentences-\(key.prefix(32)).counts")
    else { return nil }
    return SentenceCounts(text: String(decoding: bytes, as: UTF8.self))
  }

  /// Counts without writing anything.
  public static func counts(
    _ rule: SentenceRule, of inputs: [TextInput]
  ) throws(DataError) -> SentenceCounts {
    try sift(rule, inputs) { (_, _) throws(FileError) in }
  }

  // MARK: Sifting

  /// - Parameter take: is given each sentence that is taken, and whether it is held out.
  private static func sift(
    _ rule: SentenceRule, _ inputs: [TextInput],
    _ take: (String, Bool) throws(FileError) -> Void
  ) throws(DataError) -> SentenceCounts {
    let side = try side(rule, inputs)
    var seen: Set<UInt64> = []
    var taken = SentenceCounts()
    var counts = try forEachSentence(rule, inputs) { (sentence) throws(DataError) in
      let side = side(sentence)
      if side == .neither {
        taken.alsoHeldOut += 1
        return
      }
      if rule.isUnique, !seen.insert(XXH64.digest(of: sentence.text, seed: uniqueSeed)).inserted {
        taken.repeated += 1
        return
      }
      if side == .heldOut { taken.heldOut += 1 } else { taken.kept += 1 }
      do throws(FileError) {
        try take(sentence.text, side == .heldOut)
      } catch {
        throw .file(error)
      }
    }
    counts.repeated = taken.repeated
    counts.alsoHeldOut = taken.alsoHeldOut
    counts.heldOut = taken.heldOut
    counts.kept = taken.kept
    try counts.check(rule, of: inputs)
    return counts
  }

  private enum Side { case training, heldOut, neither }

  /// Where each sentence belongs. Reads the texts where that depends on all of them.
  private static func side(
    _ rule: SentenceRule, _ inputs: [TextInput]
  ) throws(DataError) -> (Found) -> Side {
    switch rule.holdOut?.size {
    case nil: return { _ in .training }
    case .share(let share):
      let last = UInt64(share * 0x1p64)
      return { $0.hash <= last ? .heldOut : .training }
    case .sentences(let count):
      let last = try smallest(count, of: \.hash, rule, inputs)
      return { $0.hash <= last ? .heldOut : .training }
    case .paragraphs(let count):
      let last = try smallest(count, of: \.paragraphHash, rule, inputs)
      var held: Set<UInt64> = []
      _ = try forEachSentence(rule, inputs) { (sentence) throws(DataError) in
        if sentence.paragraphHash <= last { held.insert(sentence.hash) }
      }
      return {
        $0.paragraphHash <= last ? .heldOut : held.contains($0.hash) ? .neither : .training
      }
    }
  }

  /// The largest of so many smallest hashes, each counted once; of all there are if there are fewer, and 0 if there are none.
  private static func smallest(
    _ count: Int, of hash: KeyPath<Found, UInt64>, _ rule: SentenceRule, _ inputs: [TextInput]
  ) throws(DataError) -> UInt64 {
    var smallest = SmallestHashes(count: count)
    _ = try forEachSentence(rule, inputs) { (sentence) throws(DataError) in
      smallest.insert(sentence[keyPath: hash])
    }
    return smallest.largest ?? 0
  }

  /// A sentence of the right length.
  private struct Found {
    /// With single blanks between its words.
    let text: String
    /// Of the text and the seed of what is held out.
    let hash: UInt64
    /// Likewise of the paragraph that it stands in.
    let paragraphHash: UInt64
  }

  /// All sentences of the right length.
  /// - Returns: how many there are, and how many were too short or too long.
  private static func forEachSentence(
    _ rule: SentenceRule, _ inputs: [TextInput], _ body: (Found) throws(DataError) -> Void
  ) throws(DataError) -> SentenceCounts {
    var counts = SentenceCounts()
    let splitter = SentenceSplitter()
    let seed = rule.holdOut?.seed ?? 0
    for input in inputs {
      try input.forEachParagraph { (paragraph) throws(DataError) in
        counts.paragraphs += 1
        let found = rule.split == .sentences ? splitter.sentences(in: paragraph) : [paragraph]
        let paragraphHash = XXH64.digest(of: paragraph, seed: seed)
        for sentence in found {
          // One a line, with single blanks where line feeds and tabs were.
          let words = sentence.unicodeScalars.split(whereSeparator: \.properties.isWhitespace)
          guard !words.isEmpty else { continue }
          counts.sentences += 1
          if let range = rule.words {
            if words.count < range.lowerBound { counts.tooShort += 1 }
            if words.count > range.upperBound { counts.tooLong += 1 }
            guard range.contains(words.count) else { continue }
          }
          let text = words.map { String($0) }.joined(separator: " ")
          try body(
            Found(
              text: text, hash: XXH64.digest(of: text, seed: seed), paragraphHash: paragraphHash))
        }
      }
    }
    return counts
  }

  /// Apart from the seeds that definitions write.
  private static let uniqueSeed: UInt64 = 0x5EA7_0000_0000_0001
}

/// The smallest of many hashes, each counted once.
private struct SmallestHashes {
  private let count: Int
  private var hashes: Set<UInt64> = []
  /// Larger ones are of no interest.
  private var limit = UInt64.max

  init(count: Int) { self.count = count }

  mutating func insert(_ hash: UInt64) {
    guard hash <= limit, hashes.insert(hash).inserted, hashes.count > 2 * count + 1024 else {
      return
    }
    hashes = Set(hashes.sorted().prefix(count))
    limit = hashes.max() ?? 0
  }

  /// The largest of them; of all there are if there are fewer.
  var largest: UInt64? { hashes.sorted().prefix(count).last }
}
