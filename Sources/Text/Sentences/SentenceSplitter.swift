// Where sentences of English prose end.

/// Cuts a paragraph into sentences by rules, the same every time; nothing is learned.
///
/// A sentence ends at `.`, `!`, `?` or `…` (several of them, also with blanks in between, are one mark), together with the
/// quotation marks and brackets that close behind it, where white space follows. It does not end
/// - before a small letter, unless the mark stands alone between blanks, as in tokenised text, where all letters may be
///   small;
/// - before `,`, `;`, `:` or a closing bracket;
/// - at an ellipsis, unless a capital follows;
/// - at the period of a title (`Mr.`), of an initial (`J.`), of a number that begins a sentence (`1. First`), and between digits
///   that stand apart (`8 . 5`);
/// - at the period of another abbreviation (`etc.`, `U.S.`), unless a capitalised word follows that often begins a sentence.
///
/// A straight quotation mark closes if an odd number of them stands before it in the paragraph.
public struct SentenceSplitter: Sendable {
  /// Raised when a rule changes: what is cut is then cut anew.
  public static let version = 1

  public init() {}

  /// The sentences of a paragraph, without white space around them.
  public func sentences(in paragraph: String) -> [String] {
    var cutting = Cutting(Array(paragraph.unicodeScalars))
    return cutting.sentences()
  }
}

/// A paragraph that is being cut.
private struct Cutting {
  private let text: [Unicode.Scalar]
  /// Where the sentence at hand begins.
  private var start = 0
  /// Straight double quotation marks before the place at hand.
  private var quoteCount = 0

  init(_ text: [Unicode.Scalar]) { self.text = text }

  mutating func sentences() -> [String] {
    var found: [String] = []
    start = firstVisible(from: 0)
    var place = start
    while place < text.count {
      guard Marks.terminators.contains(text[place]) else {
        if text[place] == "\"" { quoteCount += 1 }
        place += 1
        continue
      }
      let end = endOfMark(place)
      let (stop, quotes) = endOfClosing(end, isAlone: isAlone(place))
      let next = firstVisible(from: stop)
      guard stop == text.count || next > stop, next == text.count || ends(place..<end, before: next)
      else {
        place = end
        continue
      }
      found.append(string(start..<stop))
      (start, place, quoteCount) = (next, next, quotes)
    }
    if start < text.count { found.append(string(start..<lastVisible(before: text.count))) }
    return found
  }

  private func string(_ range: Range<Int>) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: text[range])
    return String(scalars)
  }

  // MARK: Places

  private func isSpace(_ place: Int) -> Bool { text[place].properties.isWhitespace }

  private func firstVisible(from place: Int) -> Int {
    var place = place
    while place < text.count, isSpace(place) { place += 1 }
    return place
  }

  /// The end of what can be seen before a place.
  private func lastVisible(before place: Int) -> Int {
    var place = place
    while place > start, isSpace(place - 1) { place -= 1 }
    return place
  }

  /// Whether nothing stands directly before a mark.
  private func isAlone(_ place: Int) -> Bool { place == 0 || isSpace(place - 1) }

  /// Behind all marks that follow each other, with or without a blank in between.
  private func endOfMark(_ place: Int) -> Int {
    var end = place + 1
    while end < text.count {
      if Marks.terminators.contains(text[end]) {
        end += 1
      } else if end + 1 < text.count, text[end] == " ", Marks.terminators.contains(text[end + 1]) {
        end += 2
      } else {
        break
      }
    }
    return end
  }

  /// Behind the quotation marks and brackets that close, and how many straight quotation marks stand before there.
  private func endOfClosing(_ end: Int, isAlone: Bool) -> (stop: Int, quotes: Int) {
    var (stop, quotes) = (end, quoteCount)
    func closes(_ place: Int) -> Bool {
      text[place] == "\"" ? !quotes.isMultiple(of: 2) : Marks.closers.contains(text[place])
    }
    while stop < text.count {
      if closes(stop) || text[stop] == "'" {
        quotes += text[stop] == "\"" ? 1 : 0
        stop += 1
      } else if isAlone, stop + 1 < text.count, text[stop] == " ", closes(stop + 1),
        stop + 2 == text.count || isSpace(stop + 2)
      {
        quotes += text[stop + 1] == "\"" ? 1 : 0
        stop += 2
      } else {
        break
      }
    }
    return (stop, quotes)
  }

  // MARK: Rules

  /// Whether a mark ends the sentence.
  /// - Parameter next: the first that can be seen behind it and what closes.
  private func ends(_ mark: Range<Int>, before next: Int) -> Bool {
    if Marks.continuing.contains(text[next]) || text[next] == "'" && !isAlone(next) { return false }
    let alone = isAlone(mark.lowerBound)
    let word = wordAfter(next)
    let first = word.first?.properties
    let marks = text[mark].filter { $0 != " " }
    if marks.contains("!") || marks.contains("?") {
      return alone || !(first?.isLowercase ?? false)
    }
    if marks.count > 1 || marks.contains("…") { return first?.isUppercase ?? false }
    return periodEnds(
      after: wordBefore(mark.lowerBound), isAlone: alone, before: word, at: next)
  }

  private func periodEnds(
    after written: [Unicode.Scalar], isAlone: Bool, before next: [Unicode.Scalar], at place: Int
  ) -> Bool {
    let word = String(String.UnicodeScalarView(written)).lowercased()
    let isNumber = !written.isEmpty && written.allSatisfy(\.isDigit)
    let nextIsDigit = next.first?.isDigit ?? false
    if isNumber, isAlone && nextIsDigit || beginsSentence(written.count, isAlone) { return false }
    if word == "no", nextIsDigit { return false }
    if Marks.titles.contains(word) { return false }
    if written.count == 1, written[0].properties.isAlphabetic {
      // "I." ends a sentence unless other initials follow.
      return word == "i" && !isInitial(next, at: place)
        && (isAlone || !(next.first?.properties.isLowercase ?? false))
    }
    let parts = word.split(separator: ".", omittingEmptySubsequences: false)
    if Marks.abbreviations.contains(word) || parts.count > 1 && parts.allSatisfy({ $0.count == 1 })
    {
      return (next.first?.properties.isUppercase ?? false)
        && Marks.beginnings.contains(String(String.UnicodeScalarView(next)).lowercased())
    }
    return isAlone || !(next.first?.properties.isLowercase ?? false)
  }

  /// What stands before a mark, without what opens before it.
  private func wordBefore(_ place: Int) -> [Unicode.Scalar] {
    let end = lastVisible(before: place)
    var begin = end
    while begin > start, !isSpace(begin - 1) { begin -= 1 }
    return Array(text[begin..<end].drop { Marks.openers.contains($0) })
  }

  /// Whether a word of so many letters before a mark is the first of the sentence.
  private func beginsSentence(_ count: Int, _ isAlone: Bool) -> Bool {
    var place = start
    while place < text.count, Marks.openers.contains(text[place]) { place += 1 }
    let mark = place + count + (isAlone ? 1 : 0)
    return mark < text.count && Marks.terminators.contains(text[mark])
  }

  /// The letters or digits that come next, behind what opens.
  private func wordAfter(_ place: Int) -> [Unicode.Scalar] {
    var place = place
    while place < text.count, Marks.openers.contains(text[place]) || isSpace(place) { place += 1 }
    return Array(text[place...].prefix { $0.properties.isAlphabetic || $0.isDigit })
  }

  /// Whether the word at a place is a letter with a period.
  private func isInitial(_ word: [Unicode.Scalar], at place: Int) -> Bool {
    guard word.count == 1, word[0].properties.isAlphabetic, text[place] == word[0] else {
      return false
    }
    let behind = firstVisible(from: place + 1)
    return behind < text.count && text[behind] == "."
  }
}

extension Unicode.Scalar {
  fileprivate var isDigit: Bool { properties.numericType == .decimal }
}

private enum Marks {
  static let terminators: Set<Unicode.Scalar> = [".", "!", "?", "…"]
  static let closers: Set<Unicode.Scalar> = [")", "]", "}", "”", "’", "»"]
  static let openers: Set<Unicode.Scalar> = [
    "\"", "'", "(", "[", "{", "“", "‘", "«", "¿", "¡", "-", "–", "—", "*", "`",
  ]
  static let continuing: Set<Unicode.Scalar> = [",", ";", ":", ")", "]", "}", "%"]

  /// What a name or a number follows.
  static let titles: Set<String> = [
    "mr", "mrs", "ms", "mx", "dr", "drs", "prof", "rev", "hon", "st", "gen", "col", "maj", "capt",
    "lt", "sgt", "cpl", "cmdr", "adm", "gov", "sen", "rep", "pres", "messrs", "mme", "mlle", "mt",
    "ft", "vs", "cf", "viz", "fig", "figs", "vol", "vols", "pp", "ed", "eds", "e.g", "i.e", "eg",
    "ie", "approx", "dept", "est",
  ]

  /// What may end a sentence.
  static let abbreviations: Set<String> = [
    "etc", "inc", "ltd", "co", "corp", "jr", "sr", "bros", "esq", "ave", "blvd", "al", "ph.d",
    "jan",
    "feb", "apr", "aug", "sept", "oct", "nov", "dec",
  ]

  /// Words that begin sentences far more often than they follow an abbreviation with a capital.
  static let beginnings: Set<String> = [
    "a", "after", "all", "although", "an", "and", "another", "as", "at", "before", "but", "by",
    "for", "from", "he", "her", "here", "his", "how", "however", "i", "if", "in", "it", "its",
    "many", "most", "my", "no", "not", "now", "of", "on", "one", "or", "our", "she", "since", "so",
    "some", "still", "that", "the", "their", "then", "there", "these", "they", "this", "those",
    "to", "two", "under", "we", "what", "when", "where", "while", "who", "why", "with", "you",
    "your",
  ]
}
