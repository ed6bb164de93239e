// What is in a table of texts and labels: everything that one pass over it can say.
import RetortTables

public struct TableSurvey: Sendable {
  public let path: String
  public private(set) var rows = 0
  public private(set) var columns: [ColumnCounts]
  /// Columns of Parquet that cannot be read, and what they are.
  public let unreadable: [(name: String, kind: String)]
  /// What is to be said of a header of one column that looks like several.
  public let otherSeparator: String?
  public private(set) var firstRows: [TableRecord] = []
  public private(set) var chosen: SurveyColumns
  /// Texts, or pairs, without anything but spaces in all of their columns.
  public private(set) var blank = 0
  /// In characters of Unicode (scalars), of pairs together.
  public private(set) var characters = LengthCounts()
  /// Words between spaces; nil where tokens are counted.
  public private(set) var words: LengthCounts?
  /// As a model sees them, with [CLS] and [SEP]; nil without a tokenizer.
  public private(set) var tokens: LengthCounts?
  public private(set) var labels = LabelCounts()
  /// Rows that had U+FFFD put in for what is not UTF-8.
  public private(set) var repairedCount = 0
  /// Classes that the file itself names, in the order of their numbers.
  public let namedClasses: [String]?
  public private(set) var repeated = RepeatedTexts()
  /// Rows whose text is in an earlier file: one for each of these.
  public private(set) var shared: [RepeatedTexts]
  private var seen = SeenTexts()

  private static let shownRows = 3
  private static let guessedRows = 1000
  private static let windowBytes = 4 << 20
  private static let windowRows = 1 << 15

  /// Reads a table to its end, in memory that grows with the number of different texts alone, 16 bytes or so for each.
  /// - Parameters:
  ///   - chosen: columns that are said; the others are guessed.
  ///   - tokenizer: nil to count words.
  ///   - earlier: surveys of files whose texts are looked for in this one.
  ///   - note: told now and then how many rows were read, and how much of the file, from 0 to 1.
  public init(
    _ reader: consuming TableReader, chosen: SurveyColumns, tokenizer: BertTokenizer?,
    threads: Int, earlier: [TableSurvey] = [], note: (Int, Double) -> Void = { _, _ in }
  ) throws(TableError) {
    path = reader.path
    columns = reader.columns.map { ColumnCounts($0) }
    unreadable = reader.unreadable
    otherSeparator = reader.otherSeparator
    self.chosen = chosen
    shared = earlier.map { _ in RepeatedTexts() }
    if tokenizer == nil { words = LengthCounts() } else { tokens = LengthCounts() }

    var first: [TableRecord] = []
    while first.count < Self.guessedRows, let row = try reader.nextRecord() { first.append(row) }
    self.chosen.guess(reader.columns, first)
    namedClasses = self.chosen.label.flatMap { reader.classNames[$0] }
    firstRows = Array(first.prefix(Self.shownRows))
    let textPlaces = self.chosen.texts.compactMap(reader.columns.firstIndex)
    let labelPlace = self.chosen.label.flatMap(reader.columns.firstIndex)

    var window: [[String]] = []
    var bytes = 0
    func countTokens(_ survey: inout TableSurvey) {
      guard let tokenizer, !window.isEmpty else { return }
      let sequences = TokenSequences(
        window.map { $0[0] }, pairedWith: textPlaces.count > 1 ? window.map { $0[1] } : nil,
        tokenizer: tokenizer, maximumLength: nil, threads: threads)
      for length in sequences.lengths { survey.tokens?.add(length) }
      window.removeAll(keepingCapacity: true)
      bytes = 0
    }
    var buffered = first.makeIterator()
    while true {
      var record = buffered.next()
      if record == nil { record = try reader.nextRecord() }
      guard let record else { break }
      rows += 1
      for place in columns.indices { columns[place].add(record.values[place]) }
      let label = labelPlace.flatMap { record.values[$0].text }
      if labelPlace != nil { labels.add(label) }
      let texts = textPlaces.map { record.values[$0].text ?? "" }
      if !texts.isEmpty { add(texts, label, row: record.line, earlier: earlier) }
      if tokenizer != nil, !texts.isEmpty {
        window.append(texts)
        bytes += texts.reduce(0) { $0 + $1.utf8.count }
        if bytes >= Self.windowBytes || window.count >= Self.windowRows { countTokens(&self) }
      }
      if rows % 100_000 == 0 { note(rows, reader.progress) }
    }
    countTokens(&self)
    repairedCount = reader.repairedCount
  }

  private mutating func add(
    _ texts: [String], _ label: String?, row: Int, earlier: [TableSurvey]
  ) {
    var (scalars, wordCount, isBlank) = (0, 0, true)
    for text in texts {
      var isInWord = false
      for byte in text.utf8 {
        // Continuation bytes begin no character.
        if byte & 0xC0 != 0x80 { scalars += 1 }
        let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
        if !isSpace, !isInWord { wordCount += 1 }
        isInWord = !isSpace
        if !isSpace { isBlank = false }
      }
    }
    characters.add(scalars)
    words?.add(wordCount)
    // Rows with nothing in them are counted as such, not as equal to each other.
    guard !isBlank else { return blank += 1 }
    let (key, labelKey) = (SeenTexts.key(texts), SeenTexts.key(ofLabel: label))
    for (place, other) in earlier.enumerated() {
      if let first = other.seen.first(key, label: labelKey) {
        shared[place].add(row: row, first: first.row, isConflict: first.isConflict)
      }
    }
    if let first = seen.first(key, label: labelKey) {
      repeated.add(row: row, first: first.row, isConflict: first.isConflict)
    } else {
      seen.insert(key, row: row, label: labelKey)
    }
  }
}
