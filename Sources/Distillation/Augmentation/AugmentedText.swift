// A text of sentences and their copies, made once and written one a line.
import Glibc
import RetortFiles

/// How many of what there are in an augmented text.
public struct AugmentationCounts: Sendable, Equatable {
  /// Read.
  public var sentences = 0
  /// Of these, sentences without a word that could be replaced.
  public var untouched = 0
  /// Made, duplicates counted.
  public var copies = 0
  /// Copies equal to their sentence or to an earlier copy of it, which were dropped.
  public var duplicates = 0
  /// Words of the copies that were kept that are others than in the sentence.
  public var replaced = 0
  /// Words that could not be replaced because the model has too few positions.
  public var beyond = 0
  /// Written: sentences, where they are kept, and copies.
  public var lines = 0

  public init() {}

  private static let keys: [(String, WritableKeyPath<AugmentationCounts, Int> & Sendable)] = [
    ("sentences", \.sentences), ("untouched", \.untouched), ("copies", \.copies),
    ("duplicates", \.duplicates), ("replaced", \.replaced), ("beyond", \.beyond),
    ("lines", \.lines),
  ]

  /// A line a number.
  fileprivate var text: String { Self.keys.map { "\($0) \(self[keyPath: $1])\n" }.joined() }

  /// Nil for other lines.
  fileprivate init?(lines: some Collection<Substring>) {
    guard lines.count == Self.keys.count else { return nil }
    for (line, (key, path)) in zip(lines, Self.keys) {
      let parts = line.split(separator: " ")
      guard parts.count == 2, parts[0] == key, let count = Int(parts[1]) else { return nil }
      self[keyPath: path] = count
    }
  }
}

/// Writes an augmented text, in memory that does not depend on its size.
///
/// Sentences are taken in blocks of fixed places, so that what is computed together does not depend on where an earlier
/// run was stopped. A second file says how far the text is safe; what a killed run left behind that point is cut off.
public struct AugmentedTextMaking {
  let path: String
  let copier: any SentenceCopier
  /// Whether each sentence itself is the first of its lines.
  let keepsOriginals: Bool
  let identity: String
  /// Sentences whose words a model is asked for together.
  public static let blockSize = 32
  /// Seconds from one saving to the next.
  private static let savingInterval = 2.0

  /// - Parameters:
  ///   - path: of the text; how far it has come is written to `path` and `.progress`.
  ///   - identity: a line that tells this text from others: only one of the same identity is gone on with.
  public init(
    path: String, copier: any SentenceCopier, keepsOriginals: Bool, identity: String
  ) {
    self.path = path
    self.copier = copier
    self.keepsOriginals = keepsOriginals
    self.identity = identity
  }

  /// A text that is whole.
  public struct Result: Sendable {
    public var counts: AugmentationCounts
    /// Summed over every time it was gone on with.
    public var seconds: Double
    public var resumes: Int
    /// Tokens that a model read.
    public var tokens: Int
  }

  public static func progressPath(of path: String) -> String { "\(path).progress" }

  /// How many sentences are safe in the text at `path`; 0 where there is none of this identity.
  public static func finishedSentences(path: String, identity: String) -> Int {
    Progress(path: progressPath(of: path), identity: identity)?.counts.sentences ?? 0
  }

  /// - Parameters:
  ///   - total: the number of sentences, for the observer.
  ///   - resumes: whether to go on with what there is.
  ///   - sentences: calls its argument with every sentence, in order. Sentences have no line feeds.
  /// - Throws: `RecordingError.interrupted` where the observer asks to stop; everything is then saved.
  public func run(
    total: Int, resumes: Bool, observer: (any RecordingObserver)? = nil,
    over sentences: (_ body: (String) throws -> Void) throws -> Void
  ) throws -> Result {
    let known =
      resumes ? Progress(path: Self.progressPath(of: path), identity: identity) : nil
    let file = try GrowingFile(path: path, keeping: known?.byteCount ?? 0)
    var (counts, tokens) = (known?.counts ?? AugmentationCounts(), known?.tokens ?? 0)
    let resumed = known.map { $0.resumes + 1 } ?? 0
    let start = ContinuousClock.now
    func seconds() -> Double { (known?.seconds ?? 0) + (.now - start) / .seconds(1) }
    func save() throws(FileError) {
      try file.save()
      try Progress(
        byteCount: file.byteCount, seconds: seconds(), resumes: resumed, tokens: tokens,
        counts: counts
      ).write(path: Self.progressPath(of: path), identity: identity)
    }
    var clock = RecordingClock(total: total, observer: observer)
    var saved = ContinuousClock.now
    var block: [String] = []
    var (number, first) = (0, counts.sentences)
    func finishBlock() throws {
      guard !block.isEmpty else { return }
      let made = try copier.copies(of: block, from: first)
      for (sentence, copies) in zip(block, made) {
        try write(sentence, copies, to: file, &counts)
      }
      first += block.count
      block.removeAll(keepingCapacity: true)
      let read = made.reduce(0) { $0 + $1.tokens }
      tokens += read
      let stops = clock.report(done: first, tokens: read)
      guard stops || (.now - saved) / .seconds(1) >= Self.savingInterval else { return }
      try save()
      saved = .now
      if stops, first < total {
        throw RecordingError.interrupted(done: first, total: total, units: "sentences")
      }
    }
    try sentences { sentence in
      defer { number += 1 }
      guard number >= counts.sentences + block.count else { return }
      block.append(sentence)
      if block.count == Self.blockSize { try finishBlock() }
    }
    try finishBlock()
    try save()
    return Result(counts: counts, seconds: seconds(), resumes: resumed, tokens: tokens)
  }

  private func write(
    _ sentence: String, _ made: SentenceCopies, to file: GrowingFile,
    _ counts: inout AugmentationCounts
  ) throws(FileError) {
    var seen: Set<String> = [sentence]
    counts.sentences += 1
    counts.untouched += made.replaceable == 0 ? 1 : 0
    counts.beyond += made.beyond
    counts.copies += made.copies.count
    if keepsOriginals {
      try file.write(sentence + "\n")
      counts.lines += 1
    }
    for copy in made.copies {
      guard seen.insert(copy.text).inserted else {
        counts.duplicates += 1
        continue
      }
      try file.write(copy.text + "\n")
      counts.lines += 1
      counts.replaced += copy.replaced
    }
  }
}

/// How far a text is safe, and what that took.
private struct Progress {
  var byteCount: Int
  var seconds: Double
  var resumes: Int
  var tokens: Int
  var counts: AugmentationCounts

  init(byteCount: Int, seconds: Double, resumes: Int, tokens: Int, counts: AugmentationCounts) {
    (self.byteCount, self.seconds, self.resumes) = (byteCount, seconds, resumes)
    (self.tokens, self.counts) = (tokens, counts)
  }

  /// Nil where there is none, or of another identity.
  init?(path: String, identity: String) {
    guard let bytes = try? MappedFile.contents(path: path) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard lines.count > 4, lines[0] == identity, let byteCount = Int(lines[1]),
      let seconds = Double(lines[2]), let resumes = Int(lines[3]), let tokens = Int(lines[4]),
      let counts = AugmentationCounts(lines: lines.dropFirst(5))
    else { return nil }
    self.init(
      byteCount: byteCount, seconds: seconds, resumes: resumes, tokens: tokens, counts: counts)
  }

  func write(path: String, identity: String) throws(FileError) {
    try AtomicFile.replace(
      path: path,
      with: "\(identity)\n\(byteCount)\n\(seconds)\n\(resumes)\n\(tokens)\n\(counts.text)")
  }
}
