// Sentences of texts, written one a line: those to learn from, and those that are held out.
import RetortFiles

/// Two files and how they came about. Memory stays the same whatever the size of the texts, but for 8 bytes and a
/// hash table's overhead for each different sentence where they must be unique, and 8 bytes for each one of a number held
/// out.
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
    // Every hash up to this one is held out.
    var last: UInt64?
    switch rule.holdOut?.size {
    case nil: break
    case .share(let share): last = UInt64(share * 0x1p64)
    case .sentences(let count):
      var smallest = SmallestHashes(count: count)
      _ = try Self.forEachSentence(rule, inputs) { (_, hash) throws(DataError) in
        smallest.insert(hash)
      }
      last = smallest.largest
    }
    var heldOut = 0
    var counts = try Self.forEachSentence(rule, inputs) { (sentence, hash) throws(DataError) in
      let isHeldOut = last.map { hash <= $0 } ?? false
      if isHeldOut { heldOut += 1 }
      do throws(FileError) {
        try take(sentence, isHeldOut)
      } catch {
        throw .file(error)
      }
    }
    counts.heldOut = heldOut
    counts.kept -= heldOut
    try counts.check(rule, of: inputs)
    return counts
  }

  /// All that pass the rule, with the hash that decides whether they are held out.
  private static func forEachSentence(
    _ rule: SentenceRule, _ inputs: [TextInput],
    _ body: (String, UInt64) throws(DataError) -> Void
  ) throws(DataError) -> SentenceCounts {
    var counts = SentenceCounts()
    var seen: Set<UInt64> = []
    let splitter = SentenceSplitter()
    for input in inputs {
      try input.forEachParagraph { (paragraph) throws(DataError) in
        counts.paragraphs += 1
        let found = rule.split == .sentences ? splitter.sentences(in: paragraph) : [paragraph]
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
          if rule.isUnique, !seen.insert(XXH64.digest(of: text, seed: uniqueSeed)).inserted {
            counts.repeated += 1
            continue
          }
          counts.kept += 1
          try body(text, XXH64.digest(of: text, seed: rule.holdOut?.seed ?? 0))
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
