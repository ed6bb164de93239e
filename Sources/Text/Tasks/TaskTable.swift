// The examples of a task in a table file of the user's own.
import RetortTables

/// Which columns of a table hold what.
public struct TaskColumns: Sendable, Hashable {
  /// One column with texts, or two with the first and the second text of each pair.
  public var texts: [String]
  public var label: String

  public init(texts: [String], label: String) {
    precondition((1...2).contains(texts.count), "\(texts.count) columns of texts")
    (self.texts, self.label) = (texts, label)
  }
}

/// N texts or pairs with their labels as they are written, in the order of the file.
public struct TaskTable: Sendable, Equatable {
  public let path: String
  public private(set) var texts: [String] = []
  /// [N], the second text of each pair; nil for single texts.
  public private(set) var secondTexts: [String]?
  /// [N]; nil for a file that was read without them.
  public private(set) var labels: [String]?
  /// The lines that they begin in, [N], from 1.
  public private(set) var lines: [Int] = []
  private let format: TableFormat
  /// The classes that the file itself names, in the order of their numbers, as Parquet can; nil for other files.
  private let namedClasses: [String]?

  public var count: Int { texts.count }

  /// Whether a file's labels are read.
  public enum Labels: Sendable {
    case needed
    /// Of a test set: all of them, unless the column is empty from the first row to the last.
    case ifWritten
    /// Whatever the column holds, and whether there is one.
    case ignored
  }

  /// Reads a file. Texts are kept as they are, without trimming.
  /// - Parameters:
  ///   - format: nil for what the file's name says.
  /// - Throws: `TableError` for a file that is no table or lacks a column, `DataError` with all rows that are wrong.
  public init(
    path: String, format: TableFormat, columns: TaskColumns, labels reading: Labels = .needed
  ) throws {
    self.path = path
    self.format = format
    var reader = try TableReader(path: path, format: format)
    namedClasses = reader.classNames[columns.label]
    try reader.choose(columns.texts + (reading == .ignored ? [] : [columns.label]))
    var problems = RowMistakes(path: path)
    var written: [String] = []
    var blank: [Int] = []
    var seconds: [String] = []
    while let row = try problems.reading({ try reader.nextRecord() }) {
      let fields = try problems.reading {
        try columns.texts.indices.map { try reader.text($0, of: row) }
      }
      for (column, text) in zip(columns.texts, fields) where text.allSatisfy(\.isWhitespace) {
        problems.add(
          mistake(row.line, "expected a text in '\(column)', found none"), line: row.line)
      }
      if reading != .ignored {
        let label = try problems.reading { try reader.text(fields.count, of: row) }
        written.append(label)
        if label.isEmpty {
          blank.append(row.line)
        } else if label.first?.isWhitespace == true || label.last?.isWhitespace == true {
          problems.add(
            mistake(row.line, "expected a label without blanks around it, found '\(label)'"),
            line: row.line)
        }
      }
      texts.append(fields[0])
      if fields.count > 1 { seconds.append(fields[1]) }
      lines.append(row.line)
    }
    secondTexts = columns.texts.count > 1 ? seconds : nil
    guard !texts.isEmpty else {
      throw TableError.empty(path: path, expected: "rows after the header")
    }
    let isUnlabelled = reading == .ignored || reading == .ifWritten && blank.count == count
    if !isUnlabelled {
      labels = written
      for line in blank {
        problems.add(
          mistake(line, "expected a label in '\(columns.label)', found none"), line: line)
      }
    }
    try problems.throwIfAny()
  }

  private func mistake(_ line: Int, _ problem: String) -> DataError {
    .wrongRow(place: format.place(path, line), problem: problem)
  }

  /// What many programs write, and read, for a value that is not there.
  /// - Source: the words among what pandas 2.2's `read_csv` takes for missing, its default of `na_values`.
  private static let wordsForNothing: Set<String> = [
    "#N/A", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
  ]

  /// Whether a label that nobody has named as a class may mean that there is none.
  public static func mayMeanNothing(_ label: String) -> Bool { wordsForNothing.contains(label) }

  /// The classes that follow from the labels.
  /// - Parameter column: the labels', for messages.
  /// - Throws: all rows whose label may mean that there is none.
  public func foundClasses(column: String) throws(DataError) -> [String] {
    if namedClasses == nil {
      var problems = RowMistakes(path: path)
      for (label, line) in zip(labels ?? [], lines) where Self.mayMeanNothing(label) {
        problems.add(
          mistake(
            line,
            "expected a label in '\(column)', found '\(label)', which often means that there is none; take the row out, or "
              + "name it among the classes"), line: line)
      }
      try problems.throwIfAny()
    }
    return classes
  }

  /// The classes that the file names; of other files the labels that occur, in the order of numbers if all are whole
  /// numbers, else in that of their characters; empty without labels.
  public var classes: [String] {
    if let namedClasses { return namedClasses }
    return Self.ordered(Set(labels ?? []))
  }

  /// Labels as classes: in the order of numbers if all are whole numbers, else in that of their characters.
  static func ordered(_ found: Set<String>) -> [String] {
    let numbers = found.compactMap { Int($0) }
    guard numbers.count == found.count else {
      return found.sorted {
        Array($0.unicodeScalars).lexicographicallyPrecedes(Array($1.unicodeScalars))
      }
    }
    return found.sorted { (Int($0) ?? 0, $0) < (Int($1) ?? 0, $1) }
  }

  /// The examples with their labels as numbers of classes.
  /// - Throws: all rows whose label is not one of the classes.
  public func sentences(classes: [String]) throws(DataError) -> LabelledSentences {
    guard let labels else {
      return LabelledSentences(
        sentences: texts, secondSentences: secondTexts, labels: nil, classNames: classes)
    }
    let numbers = Dictionary(uniqueKeysWithValues: zip(classes, Int32(0)...))
    var problems = RowMistakes(path: path)
    var found: [Int32] = []
    for (label, line) in zip(labels, lines) {
      if let number = numbers[label] {
        found.append(number)
      } else {
        problems.add(
          mistake(line, "expected one of the classes \(classes.listed), found '\(label)'"),
          line: line)
      }
    }
    try problems.throwIfAny()
    return LabelledSentences(
      sentences: texts, secondSentences: secondTexts, labels: found, classNames: classes)
  }

  /// The examples of a regression, with their labels as numbers.
  /// - Parameter column: the labels', for messages.
  /// - Throws: all rows whose label is no number.
  public func numberedSentences(column: String) throws(DataError) -> LabelledSentences {
    guard let labels else {
      return LabelledSentences(sentences: texts, secondSentences: secondTexts, numbers: nil)
    }
    var problems = RowMistakes(path: path)
    var found: [Float] = []
    for (label, line) in zip(labels, lines) {
      if let number = NumberLabel.value(of: label) {
        found.append(number)
      } else {
        problems.add(
          mistake(line, "expected a number in '\(column)', found '\(label)'"), line: line)
      }
    }
    try problems.throwIfAny()
    return LabelledSentences(sentences: texts, secondSentences: secondTexts, numbers: found)
  }

  /// Only the examples at `places`, in that order.
  public func rows(_ places: [Int]) -> TaskTable {
    var chosen = self
    chosen.texts = places.map { texts[$0] }
    chosen.secondTexts = secondTexts.map { texts in places.map { texts[$0] } }
    chosen.labels = labels.map { labels in places.map { labels[$0] } }
    chosen.lines = places.map { lines[$0] }
    return chosen
  }
}
