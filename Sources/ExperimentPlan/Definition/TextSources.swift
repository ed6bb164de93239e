// The texts of a definition: declared under `corpora:`, named where they are used.
import RetortOptions

public enum Grammar: String, Sendable, CaseIterable { case filmReviews = "film_reviews" }

/// A text, one paragraph a line.
public enum CorpusSource: Sendable, Equatable, Hashable {
  /// data/corpora/NAME.txt of the mirror or the cache.
  case named(String)
  case path(String)
  case generated(name: String, grammar: Grammar, lines: Int, seed: UInt64)

  public var name: String {
    switch self {
    case .named(let name), .generated(let name, _, _, _): name
    case .path(let path): path
    }
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

extension CorpusSource {
  /// A declaration under `name`.
  static func declaration(_ name: String) -> OptionType<CorpusSource> {
    .oneKey([
      OptionAlternative(
        "generated", .map(GeneratedText.options), "A text made by a grammar of the program.",
        make: {
          .generated(name: name, grammar: $0.grammar, lines: $0.lines, seed: $0.seed)
        },
        take: {
          guard case .generated(_, let grammar, let lines, let seed) = $0 else { return nil }
          return GeneratedText(grammar: grammar, lines: lines, seed: seed)
        }),
      OptionAlternative(
        "file", .text("a path", example: "texts/mine.txt"),
        "A file, one paragraph a line; relative to the working directory.",
        make: { .path($0) }, take: { if case .path(let path) = $0 { path } else { nil } }),
    ])
  }

  /// A name of `corpora:`, a known corpus, or a path.
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
      if known.contains(text) { return .named(text) }
      if text.contains("/") || text.hasSuffix(".txt") { return .path(text) }
      let advice = Spelling.advice(
        for: text, among: (decoding?.corpora.keys.sorted() ?? []) + known)
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
    guard case .generated(let name, _, _, _) = self else { return .text(name) }
    return Self.declaration(name).write(self)
  }
}
