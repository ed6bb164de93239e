// Times the tokenizer on sentences.
import RetortDistillation
import RetortFiles
import RetortText

/// What a benchmark of tokenizing found.
public struct TokenizingResult: Encodable, Sendable {
  public var run: TimedRun
  /// Of the sentences' text, in UTF-8.
  public var bytes: Int
  /// SHA-256 over all ids as little-endian 32-bit integers, sentence after sentence, [CLS] and [SEP] with them.
  public var checkDigest: String
  /// What was not right; then the times mean nothing.
  public var failures: [String]

  enum CodingKeys: CodingKey { case bytes, checkDigest, failures }

  public func encode(to encoder: any Encoder) throws {
    try run.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(bytes, forKey: .bytes)
    try values.encode(checkDigest, forKey: .checkDigest)
    try values.encode(failures, forKey: .failures)
  }
}

/// Sentences in memory to token ids in memory, as a training's data are prepared.
public enum TokenizingBenchmark {
  public static let job = "tokenizing"

  /// - Parameters:
  ///   - name: of the vocabulary, as it was asked for.
  ///   - repetitions: how often all sentences are encoded and timed, after once to warm up.
  ///   - data: where the sentences come from, for the result.
  ///   - versions: of the program.
  public static func run(
    _ sentences: [String], tokenizer: BertTokenizer, name: String, repetitions: Int, threads: Int,
    data: String, versions: [String: String]
  ) -> TokenizingResult {
    func encode(threads: Int) -> TokenSequences {
      TokenSequences(
        sentences, tokenizer: tokenizer, maximumLength: nil, threads: threads)
    }
    let ids = encode(threads: 1)
    var failures: [String] = []
    var steps: [(sentences: Int, tokens: Int, seconds: Double)] = []
    for repetition in 0...repetitions {
      let start = ContinuousClock.now
      let encoded = encode(threads: threads)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      if repetition > 0 { steps.append((encoded.count, encoded.tokenCount, seconds)) }
      if encoded.tokenIDs != ids.tokenIDs || encoded.offsets != ids.offsets {
        failures.append("repetition \(repetition) has other ids than one thread found first")
      }
    }
    return TokenizingResult(
      run: TimedRun(
        job: job, model: name, weights: BenchmarkedModel.Weights.stored.rawValue,
        data: data, threads: threads, batchSize: sentences.count, warmup: 1, steps: steps,
        peakResidentBytes: ProcessMemory.peakBytes, versions: versions),
      bytes: sentences.reduce(0) { $0 + $1.utf8.count }, checkDigest: digest(of: ids),
      failures: failures)
  }

  static func digest(of sequences: TokenSequences) -> String {
    var sum = SHA256()
    sequences.tokenIDs.map(\.littleEndian).withUnsafeBytes { sum.update($0) }
    return sum.hexDigest()
  }
}
