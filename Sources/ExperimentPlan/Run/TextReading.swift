// The files that texts of a plan are read from, made first where they are made.
import RetortFiles
import RetortOptions
import RetortText

extension Locations {
  /// The file of a text with one paragraph, or one sentence, a line; a generated one, a column of a table and sentences
  /// are written first.
  /// - Throws: what is missing or wrong.
  func file(of corpus: CorpusSource) throws -> String {
    switch corpus {
    case .named, .path: return try locate(corpus)
    case .generated(let name, .filmReviews, let lines, let seed):
      let key = SHA256.hexDigest(
        of: "film_reviews \(DigestFacts.grammarVersion) \(lines) \(seed)")
      let path = "\(prepared)/\(name)-\(key.prefix(16)).txt"
      if !FileSeal.isIntact(path: path) {
        try Folder.create(path: prepared)
        try AtomicFile.replace(
          path: path, with: SentimentGrammar().corpus(lines: lines, seed: seed))
        try FileSeal.write(for: path)
      }
      return path
    case .column:
      return try SentenceFiles(
        SentenceRule(split: .lines), of: inputs(of: corpus), key: digest(of: corpus),
        folder: prepared
      ).training
    case .sentences(let source): return try sentences(of: source).path(of: source.part)
    case .stage(let id): preconditionFailure("the text of \(id) is looked for in the stage cache")
    }
  }

  /// Both parts of some sentences, written unless they are there.
  func sentences(of source: SentenceSource) throws -> SentenceFiles {
    try SentenceFiles(
      source.rule, of: source.texts.flatMap(inputs), key: key(of: source), folder: prepared)
  }

  /// How many sentences there are, counted without writing anything; nil where the texts are not at hand.
  /// - Throws: what is wrong with them.
  public func counts(of source: SentenceSource) throws -> SentenceCounts? {
    guard CorpusSource.sentences(source).stages.isEmpty, let key = try? key(of: source) else {
      return nil
    }
    if let known = SentenceFiles.known(key: key, folder: prepared) { return known }
    return try SentenceFiles.counts(source.rule, of: source.texts.flatMap(inputs))
  }

  /// Of what a text holds: the bytes of its file and how they are read.
  func digest(of corpus: CorpusSource) throws -> String {
    if let digest = DigestFacts.generatedDigest(of: corpus) { return digest }
    switch corpus {
    case .named, .path, .generated: return try SHA256.hexDigest(ofFile: try locate(corpus))
    case .column(_, let path, let column):
      let file = try SHA256.hexDigest(ofFile: try locate(.path(path)))
      return SHA256.hexDigest(of: "\(file)\n\(column.format.rawValue) \(column.name)")
    case .sentences(let source):
      return source.digest(ofTexts: try source.texts.map(digest))
    case .stage(let id): preconditionFailure("the digest of \(id) is its stage's")
    }
  }

  private func key(of source: SentenceSource) throws -> String {
    source.key(ofTexts: try source.texts.map(digest))
  }

  private func inputs(of corpus: CorpusSource) throws -> [TextInput] {
    switch corpus {
    case .column(_, let path, let column):
      [TextInput(path: try locate(.path(path)), column: column)]
    case .named, .path, .generated, .sentences, .stage:
      [TextInput(path: try file(of: corpus))]
    }
  }
}

extension SentenceSource {
  /// Of the texts and the rule, whichever part is read.
  /// - Parameter digests: of its texts.
  fileprivate func key(ofTexts digests: [String]) -> String {
    var whole = self
    whole.part = .training
    let rule = Self.options.write(whole).filter { $0.0 != "from" }
    return SHA256.hexDigest(
      of: (["sentences \(SentenceSplitter.version)", CanonicalText.write(.map(rule), sorted: true)]
        + digests).joined(separator: "\n"))
  }

  /// Held out or not, both come from the same files.
  func digest(ofTexts digests: [String]) -> String {
    SHA256.hexDigest(of: "\(key(ofTexts: digests))\n\(part.rawValue)")
  }
}

extension SentenceFiles {
  func path(of part: SentenceSource.Part) -> String {
    guard part == .heldOut else { return training }
    guard let heldOut else { preconditionFailure("nothing is held out") }
    return heldOut
  }
}
