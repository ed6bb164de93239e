// The texts of a definition: declared under `corpora:`, named where they are used.
import RetortOptions
import RetortTables
import RetortText

public enum Grammar: String, Sendable, CaseIterable { case filmReviews = "film_reviews" }

/// A text, one paragraph a line.
public indirect enum CorpusSource: Sendable, Equatable, Hashable {
  /// data/corpora/NAME.txt of the mirror or the cache.
  case named(String)
  case path(String)
  case generated(name: String, grammar: Grammar, lines: Int, seed: UInt64)
  /// A column of a table file.
  case column(name: String, path: String, column: TextInput.Column)
  /// Sentences of other texts, one a line.
  case sentences(SentenceSource)
  /// The text that a stage makes.
  case stage(String)

  public var name: String {
    switch self {
    case .named(let name), .generated(let name, _, _, _), .column(let name, _, _),
      .stage(let name):
      name
    case .path(let path): path
    case .sentences(let source): source.name
    }
  }

  /// Whether it stands under `corpora:`.
  var isDeclared: Bool {
    switch self {
    case .generated, .column: true
    case .named, .path, .sentences, .stage: false
    }
  }

  /// The texts that sentences are taken from; of others they themselves.
  var origins: [CorpusSource] {
    if case .sentences(let source) = self { source.texts.flatMap(\.origins) } else { [self] }
  }

  /// The stages whose texts it is made of.
  var stages: [String] {
    origins.compactMap { if case .stage(let id) = $0 { id } else { nil } }
  }

  /// What is read of it before any stage runs: itself, or those of its texts that no stage makes.
  var locatable: [CorpusSource] {
    guard !stages.isEmpty else { return [self] }
    if case .sentences(let source) = self { return source.texts.flatMap(\.locatable) }
    return []
  }

  /// The same with other texts in the place of those that stages make.
  func replacingStages(
    _ text: (String) throws -> CorpusSource
  ) rethrows -> CorpusSource {
    switch self {
    case .stage(let id): return try text(id)
    case .sentences(var source):
      source.texts = try source.texts.map { try $0.replacingStages(text) }
      return .sentences(source)
    case .named, .path, .generated, .column: return self
    }
  }

  /// The sentences; nil for other texts.
  public var sentences: SentenceSource? {
    if case .sentences(let source) = self { source } else { nil }
  }
}

// MARK: - Declared

/// Lines of a text made by a grammar.
private struct GeneratedText: Sendable {
  let grammar: Grammar
  let lines: Int
  let seed: UInt64

  static let options = OptionList(
    GeneratedText.init(grammar:lines:seed:),
    OptionField("grammar", \.grammar, .choice, "What the lines are about."),
    OptionField("lines", \.lines, .integer(atLeast: 1, example: "20_000"), "How many lines."),
    .inheritedSeed(\.seed, "Seed of the lines."))
}

/// A file of the user's own, read as paragraphs.
private struct FileText: Sendable {
  var path: String
  var column: String?
  var format: TableFormat?

  static let options = OptionList(
    FileText.init(path:column:format:),
    OptionField(
      "file", \.path, .text("a path", example: "texts/mine.txt"),
      "A file, one paragraph a line, or a table; relative to the definition."),
    OptionField(
      optional: "column", \.column, .text("a column's name", example: "text"),
      "Reads the file as a table and takes this column, one paragraph a row."),
    OptionField(
      optional: "format", \.format, .choice,
      "With `column`: csv (RFC 4180), tsv (quotation marks have no meaning), jsonl (one JSON object per line) or "
        + "parquet. Default: by the ending of the file's name."))

  /// Nil after a report.
  func source(_ name: String, _ node: DefinitionNode, _ key: String, _ map: MapReader)
    -> CorpusSource?
  {
    let path = map.pathOf(key)
    guard let column else {
      guard format != nil else { return .path(self.path) }
      map.report(
        Diagnostic(
          node.origin, "\(path).format: needs column", advice: "name the column of the texts"),
        "\(key).format")
      return nil
    }
    guard let format = format ?? TableFormat(path: self.path) else {
      map.report(
        Diagnostic(
          node.origin, "\(path).format",
          expected: TableFormat.allCases.map(\.rawValue).joined(separator: " or "),
          found: "nothing, and '\(self.path)' does not end in one of them"), "\(key).format")
      return nil
    }
    return .column(
      name: name, path: self.path, column: TextInput.Column(name: column, format: format))
  }
}

extension CorpusSource {
  /// A declaration under `name`.
  static func declaration(_ name: String) -> OptionType<CorpusSource> {
    let file = OptionType<FileText>.map(FileText.options)
    let made = OptionType<CorpusSource>.oneKey([
      OptionAlternative(
        "generated", .map(GeneratedText.options), "A text made by a grammar of the program.",
        make: {
          .generated(name: name, grammar: $0.grammar, lines: $0.lines, seed: $0.seed)
        },
        take: {
          guard case .generated(_, let grammar, let lines, let seed) = $0 else { return nil }
          return GeneratedText(grammar: grammar, lines: lines, seed: seed)
        })
    ])
    return OptionType(
      schema: .forms([
        OptionForm("A text made by a grammar", made.schema),
        OptionForm("A file of your own", file.schema),
      ]), words: "{generated: …} or {file: …}", example: made.example, standIn: .path(""),
      read: { node, key, map in
        guard node["file"] != nil || node["column"] != nil, node["generated"] == nil else {
          return made.read(node, key, map)
        }
        return file.read(node, key, map).flatMap { $0.source(name, node, key, map) }
      },
      write: {
        switch $0 {
        case .path(let path): file.write(FileText(path: path))
        case .column(_, let path, let column):
          file.write(
            FileText(
              path: path, column: column.name,
              format: TableFormat(path: path) == column.format ? nil : column.format))
        case .named, .generated, .sentences, .stage: made.write($0)
        }
      })
  }

  /// A name of `corpora:`, of a stage that makes a text, a known corpus, or a path.
  static let reference = OptionType<CorpusSource>(
    schema: .text(words: "a corpus's name or a path"), example: "movie_reviews",
    standIn: .path(""),
    read: { node, key, map in
      guard let text = node.text, !text.isEmpty else {
        map.reportWrong(node, key, expected: "a corpus's name or a path")
        return nil
      }
      let decoding = map.collector as? DefinitionDecoding
      let known = decoding?.context.knownCorpora ?? []
      if let source = decoding?.corpora[text] { return source ?? .path("") }
      // Where the declarations could not be read, no name leads anywhere.
      if map.collector.mistakes.contains("corpora")
        || map.collector.mistakes.contains("corpora.\(text)")
      {
        return .path("")
      }
      if decoding?.stageNames.texts.contains(text) ?? false { return .stage(text) }
      if known.contains(text) { return .named(text) }
      if text.contains("/") || text.hasSuffix(".txt") { return .path(text) }
      if decoding?.stageNames.trainings.contains(text) ?? false {
        map.reportWrong(
          node, key, expected: "a text", advice: "the stage \(text) makes a model, not a text")
        return nil
      }
      let advice = Spelling.advice(
        for: text,
        among: (decoding?.corpora.keys.sorted() ?? []) + (decoding?.stageNames.texts ?? []) + known)
      map.reportWrong(
        node, key, expected: "a known corpus or a path",
        advice: advice + (advice.hasSuffix("?") ? "" : ".")
          + " A text of your own is a path, or data/corpora/\(text).txt in the cache")
      return nil
    }, write: { .text($0.name) })

  static let references = OptionType<[CorpusSource]>.list(
    of: reference, ListRule(least: 1, oneAlone: true), words: "a list of corpora",
    tooFew: "at least one corpus", standIn: [])

  /// Its declaration; its name where it has none.
  var canonicalContent: CanonicalValue {
    if case .sentences(let source) = self { return .map(SentenceSource.options.write(source)) }
    return isDeclared ? Self.declaration(name).write(self) : .text(name)
  }
}
