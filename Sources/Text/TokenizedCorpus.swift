/// Text of any size as training sequences, tokenized once and then read from a mapped file.
import RetortFiles

/// The sequences of some texts under a tokenizer and a rule. Memory stays the same whatever the
/// size of the texts; only the pages in use are resident.
public final class TokenizedCorpus: SequenceSource, Sendable {
  public let rule: CorpusRule
  /// SHA-256 over the texts' digests, the tokenizer's identity and the rule: what decides the ids.
  public let digest: String
  /// SHA-256 of each text, in the order given.
  public let textDigests: [String]
  /// Where the ids are kept.
  public let cachePath: String
  /// How often each vocabulary id occurs in the lines that were read, [V], [CLS] and [SEP] of each
  /// line included, before chunks and cleaning (as DistilBERT's token_counts.py counts).
  public let tokenCounts: [Int]
  private let file: CorpusFile

  /// Number of sequences.
  public var sequenceCount: Int { file.sequenceCount }
  public var count: Int { file.sequenceCount }
  public var tokenCount: Int { file.tokenCount }
  public var lengths: [Int] { (0..<count).map(length(of:)) }

  /// Opens the corpus, tokenizing it unless that was done before and the result is intact.
  /// - Parameters:
  ///   - texts: paths of UTF-8 texts, one paragraph a line, read in this order.
  ///   - cacheFolder: created if missing; keeps the ids under a name made of the digest.
  ///   - cutsLongLines: whether a line is one sequence, cut at `sequenceLength`, and not several.
  ///   - threads: how many tokenize; what they make does not depend on it.
  ///   - progress: called now and then while tokenizing, with the bytes read so far.
  public static func open(
    texts: [String], tokenizer: BertTokenizer, sequenceLength: Int, minimumLength: Int = 12,
    maximumUnknownFraction: Double = 0.5, cacheFolder: String, limitTokens: Int?,
    cutsLongLines: Bool = false, threads: Int, progress: ((Int) -> Void)? = nil
  ) throws(DataError) -> TokenizedCorpus {
    let rule = CorpusRule(
      sequenceLength: sequenceLength, minimumLength: minimumLength,
      maximumUnknownFraction: maximumUnknownFraction, limitTokens: limitTokens,
      cutsLongLines: cutsLongLines)
    var textDigests: [String] = []
    for path in texts { textDigests.append(try TextFile(path: path).digest()) }
    let digest = SHA256.hexDigest(
      of: (["corpus-1", tokenizer.identity, rule.description] + textDigests)
        .joined(separator: "\n"))
    let path = "\(cacheFolder)/\(digest.prefix(32)).corpus"
    if let file = CorpusFile(path: path), file.vocabularyCount == tokenizer.vocabulary.count {
      return TokenizedCorpus(rule, digest, textDigests, path, file)
    }
    let writer: CorpusFile.Writer
    do {
      try Folder.create(path: cacheFolder)
      writer = try CorpusFile.Writer(path: path, vocabularyCount: tokenizer.vocabulary.count)
    } catch {
      throw .cache(path: path, reason: "\(error)")
    }
    do {
      try tokenize(
        texts, tokenizer, threads: threads, into: Sieve(rule, tokenizer.vocabulary, writer),
        progress)
    } catch {
      writer.discard()
      throw error
    }
    guard let file = CorpusFile(path: path) else {
      throw .cache(path: path, reason: "what was written cannot be read back")
    }
    return TokenizedCorpus(rule, digest, textDigests, path, file)
  }

  private init(
    _ rule: CorpusRule, _ digest: String, _ textDigests: [String], _ path: String,
    _ file: CorpusFile
  ) {
    (self.rule, self.digest, self.textDigests) = (rule, digest, textDigests)
    (cachePath, self.file) = (path, file)
    tokenCounts = (0..<file.vocabularyCount).map(file.count(of:))
  }

  public func length(of sequence: Int) -> Int {
    precondition(sequence < sequenceCount, "sequence \(sequence) of \(sequenceCount)")
    return file.offset(sequence + 1) - file.offset(sequence)
  }

  /// The ids of one sequence, [CLS] and [SEP] included.
  public subscript(sequence: Int) -> [Int32] {
    var ids: [Int32] = []
    appendTokens(of: sequence, to: &ids)
    return ids
  }

  public func appendTokens(of sequence: Int, to ids: inout [Int32]) {
    precondition(sequence < sequenceCount, "sequence \(sequence) of \(sequenceCount)")
    file.appendTokens(file.offset(sequence)..<file.offset(sequence + 1), to: &ids)
  }

  /// Lines are tokenized together up to this many bytes.
  private static let blockSize = 1 << 20

  private static func tokenize(
    _ texts: [String], _ tokenizer: BertTokenizer, threads: Int, into sieve: Sieve,
    _ progress: ((Int) -> Void)?
  ) throws(DataError) {
    var bytesBefore = 0
    for path in texts where !sieve.isFull {
      let text = try TextFile(path: path)
      var block = LineBlock()
      func finish() throws(DataError) {
        let encoded = EncodedLines(
          block.lines, tokenizer: tokenizer, addSpecials: true, maximumLength: nil,
          invalidUTF8: .refuse, threads: threads)
        try sieve.take(encoded.sequences)
        if let refusal = encoded.refusal, !sieve.isFull {
          throw block.error(refusal, ofLine: encoded.sequences.count, path: path)
        }
        progress?(bytesBefore + block.end)
        block.removeAll()
      }
      try text.forEachLine { (line, number, place) throws(DataError) in
        block.append(line, number: number, place: place)
        if block.byteCount >= blockSize { try finish() }
        return !sieve.isFull
      }
      if !block.lines.isEmpty { try finish() }
      bytesBefore += text.byteCount
    }
    try sieve.finish(texts: texts)
  }
}

/// Lines that wait to be tokenized together.
private struct LineBlock {
  private(set) var lines: [UnsafeBufferPointer<UInt8>] = []
  private(set) var byteCount = 0
  /// The place in the file after the last line.
  private(set) var end = 0
  private var places: [(number: Int, offset: Int)] = []

  mutating func append(_ line: UnsafeBufferPointer<UInt8>, number: Int, place: Int) {
    lines.append(line)
    places.append((number, place))
    byteCount += line.count
    end = place + line.count
  }

  mutating func removeAll() {
    lines.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    byteCount = 0
  }

  func error(_ refusal: InvalidUTF8, ofLine index: Int, path: String) -> DataError {
    let before = String(decoding: lines[index][..<refusal.byteOffset], as: UTF8.self)
    return .invalidUTF8(
      path: path, row: places[index].number, column: before.unicodeScalars.count + 1,
      byteOffset: places[index].offset + refusal.byteOffset)
  }
}

/// Counts the ids of lines and writes the sequences that the rule keeps of them, until the limit.
private final class Sieve {
  private let rule: CorpusRule
  private let vocabulary: Vocabulary
  private let writer: CorpusFile.Writer
  private var counts: [Int]
  private var scratch: [Int32] = []
  private(set) var isFull = false

  init(_ rule: CorpusRule, _ vocabulary: Vocabulary, _ writer: CorpusFile.Writer) {
    (self.rule, self.vocabulary, self.writer) = (rule, vocabulary, writer)
    counts = [Int](repeating: 0, count: vocabulary.count)
  }

  /// - Parameter lines: the ids of each, from [CLS] to [SEP].
  func take(_ lines: TokenSequences) throws(DataError) {
    for number in 0..<lines.count where !isFull {
      let line = lines[number]
      for id in line { counts[Int(id)] += 1 }
      isFull = try !rule.forEachSequence(
        of: line, vocabulary: vocabulary, scratch: &scratch
      ) { (sequence) throws(DataError) in
        if let limit = rule.limitTokens, writer.tokenCount + sequence.count > limit {
          return false
        }
        do throws(FileError) {
          try writer.append(sequence)
        } catch {
          throw .cache(path: writer.path, reason: "\(error)")
        }
        return true
      }
    }
  }

  func finish(texts: [String]) throws(DataError) {
    guard writer.sequenceCount > 0 else {
      throw .nothingKept(paths: texts, rule: rule.description)
    }
    do {
      try writer.finish(counts: counts)
    } catch {
      throw .cache(path: writer.path, reason: "\(error)")
    }
  }
}
