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
    case .sentences(let source):
      let files = try sentences(of: source)
      guard source.part == .heldOut else { return files.training }
      guard let heldOut = files.heldOut else {
        preconditionFailure("\(source.name), and nothing is held out")
      }
      return heldOut
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
    guard let key = try? key(of: source) else { return nil }
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
      // Held out or not, both come from the same files.
      return SHA256.hexDigest(of: "\(try key(of: source))\n\(source.part.rawValue)")
    }
  }

  /// Of the texts and the rule, whichever part is read.
  private func key(of source: SentenceSource) throws -> String {
    var whole = source
    whole.part = .training
    let rule = SentenceSource.options.write(whole).filter { $0.0 != "from" }
    return SHA256.hexDigest(
      of: (["sentences \(SentenceSplitter.version)", CanonicalText.write(.map(rule), sorted: true)]
        + (try source.texts.map(digest))).joined(separator: "\n"))
  }

  private func inputs(of corpus: CorpusSource) throws -> [TextInput] {
    switch corpus {
    case .column(_, let path, let column):
      [TextInput(path: try locate(.path(path)), column: column)]
    case .named, .path, .generated, .sentences: [TextInput(path: try file(of: corpus))]
    }
  }
}
