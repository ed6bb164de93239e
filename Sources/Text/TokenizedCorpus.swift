/// Text of any size as training sequences, tokenized once and then read from a mapped file.
import Files

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
  ///   - progress: called now and then while tokenizing, with the bytes read so far.
  public static func open(
    texts: [String], tokenizer: BertTokenizer, sequenceLength: Int, minimumLength: Int = 12,
    maximumUnknownFraction: Double = 0.5, cacheFolder: String, limitTokens: Int?,
    progress: ((Int) -> Void)? = nil
  ) throws(DataError) -> TokenizedCorpus {
    let rule = CorpusRule(
      sequenceLength: sequenceLength, minimumLength: minimumLength,
      maximumUnknownFraction: maximumUnknownFraction, limitTokens: limitTokens)
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
      try tokenize(texts, tokenizer, rule, into: writer, progress)
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

  private static func tokenize(
    _ texts: [String], _ tokenizer: BertTokenizer, _ rule: CorpusRule,
    into writer: CorpusFile.Writer, _ progress: ((Int) -> Void)?
  ) throws(DataError) {
    var counts = [Int](repeating: 0, count: tokenizer.vocabulary.count)
    var (ids, scratch): ([Int32], [Int32]) = ([], [])
    var (isFull, bytesBefore) = (false, 0)
    for path in texts where !isFull {
      let text = try TextFile(path: path)
      var bytesRead = 0
      try text.forEachLine { (line, number, place) throws(DataError) in
        ids.removeAll(keepingCapacity: true)
        do throws(InvalidUTF8) {
          try tokenizer.encode(line, addSpecials: true, maximumLength: nil, into: &ids)
        } catch {
          let before = String(decoding: line[..<error.byteOffset], as: UTF8.self)
          throw DataError.invalidUTF8(
            path: path, row: number, column: before.unicodeScalars.count + 1,
            byteOffset: place + error.byteOffset)
        }
        for id in ids { counts[Int(id)] += 1 }
        isFull = try !rule.forEachSequence(
          of: ids, vocabulary: tokenizer.vocabulary, scratch: &scratch
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
        bytesRead = place + line.count
        if number % 4096 == 0 { progress?(bytesBefore + bytesRead) }
        return !isFull
      }
      bytesBefore += bytesRead
    }
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
