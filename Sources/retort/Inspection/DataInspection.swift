// What is in files of texts and labels.
import RetortFormatting
import RetortStrictJSON
import RetortTables
import RetortText

/// The content of data files, one after the other, and what they have in common.
struct DataInspection: Encodable {
  var files: [DataFile]
  /// Texts of a file that an earlier one has too; one for each two files.
  var shared: [SharedTexts]

  struct DataFile: Encodable {
    var path: String
    var format: String
    var rows: Int
    var columns: [Column]
    var unreadable: [Unreadable]
    /// What may be wrong with the header; nil where nothing is.
    var note: String?
    var firstRows: [[String: String]]
    var text: TextFacts?
    var label: LabelFacts?
    var repeated: Repeated?
  }

  struct Column: Encodable {
    var name: String
    var kind: String
    var missing: Int
  }

  struct Unreadable: Encodable {
    var name: String
    var kind: String
  }

  struct TextFacts: Encodable {
    var columns: [String]
    var isGuessed: Bool
    var blank: Int
    var characters: Lengths
    /// Tokens of a model, with [CLS] and [SEP], or words.
    var unit: String
    var lengths: Lengths
    /// Texts that are cut at so many tokens; of words, texts that certainly are.
    var cut: [Cut]
  }

  struct Cut: Encodable {
    var at: Int
    var texts: Int
  }

  struct Lengths: Encodable {
    var least: Int
    var median: Int
    var mean: Double
    /// 95 of 100 texts are not longer.
    var most95: Int
    var greatest: Int

    init(_ counts: LengthCounts) {
      least = counts.quantile(0)
      median = counts.quantile(0.5)
      mean = counts.mean
      most95 = counts.quantile(0.95)
      greatest = counts.quantile(1)
    }
  }

  struct LabelFacts: Encodable {
    var column: String
    var isGuessed: Bool
    var missing: Int
    /// Nil of numbers, and of more than are listed.
    var classes: [ClassCount]?
    /// Nil of classes.
    var numbers: Numbers?
  }

  struct ClassCount: Encodable {
    var name: String
    var rows: Int
  }

  struct Numbers: Encodable {
    var least: Double
    var mean: Double
    var greatest: Double
  }

  /// By the lines, or rows of Parquet: the first with a text, and one that has it again.
  struct Repeated: Encodable {
    var rows: Int
    var examples: [[Int]]
    /// How many have another label than the first row with their text.
    var otherLabel: Int
    var otherLabelExamples: [[Int]]

    init(_ texts: RepeatedTexts) {
      rows = texts.rows
      examples = texts.examples
      otherLabel = texts.conflicts
      otherLabelExamples = texts.conflictExamples
    }
  }

  struct SharedTexts: Encodable {
    var earlier: String
    var later: String
    var texts: Repeated
  }

  /// - Parameter surveys: each made with those before it as the earlier ones.
  init(_ surveys: [(format: TextFormat, survey: TableSurvey)]) {
    files = surveys.map { DataFile($0.survey, $0.format) }
    shared = []
    for (place, (_, later)) in surveys.enumerated() {
      for (earlier, texts) in zip(surveys[..<place], later.shared) {
        shared.append(
          SharedTexts(earlier: earlier.survey.path, later: later.path, texts: Repeated(texts)))
      }
    }
  }
}

extension DataInspection.DataFile {
  init(_ survey: TableSurvey, _ format: TextFormat) {
    path = survey.path
    self.format = format.rawValue
    rows = survey.rows
    columns = survey.columns.map { .init(name: $0.name, kind: $0.kind, missing: $0.missing) }
    unreadable = survey.unreadable.map { .init(name: $0.name, kind: $0.kind) }
    note = survey.otherSeparator
    let names = survey.columns.map(\.name)
    firstRows = survey.firstRows.map { row in
      Dictionary(
        zip(names, row.values.map { $0.text ?? $0.words }), uniquingKeysWith: { first, _ in first })
    }
    let chosen = survey.chosen
    guard survey.rows > 0 else { return }
    if !chosen.texts.isEmpty, let counts = survey.tokens ?? survey.words {
      // Words are tokens at the least; [CLS] and [SEP] come to them.
      let specials = survey.tokens == nil ? chosen.texts.count + 1 : 0
      text = .init(
        columns: chosen.texts, isGuessed: chosen.textsAreGuessed, blank: survey.blank,
        characters: .init(survey.characters), unit: survey.tokens == nil ? "words" : "tokens",
        lengths: .init(counts),
        cut: [128, 512].map { .init(at: $0, texts: counts.above($0 - specials)) })
      repeated = .init(survey.repeated)
    }
    if let column = chosen.label {
      let labels = survey.labels
      label = .init(
        column: column, isGuessed: chosen.labelIsGuessed, missing: labels.missing,
        classes: labels.areMeasurements || labels.isTooMany
          ? nil : classes(labels, named: survey.namedClasses),
        numbers: labels.mayBeMeasurements
          ? .init(least: labels.least, mean: labels.mean, greatest: labels.greatest) : nil)
    }
  }

  private func classes(
    _ labels: LabelCounts, named: [String]?
  ) -> [DataInspection.ClassCount] {
    guard let named else { return labels.classes.map { .init(name: $0.name, rows: $0.count) } }
    let counts = Dictionary(labels.classes.map { ($0.name, $0.count) }) { first, _ in first }
    return named.map { .init(name: $0, rows: counts[$0] ?? 0) }
  }
}

extension TableValue {
  /// What is no text, for people.
  fileprivate var words: String {
    switch self {
    case .text, .number, .truth: text ?? ""
    case .null: "null"
    case .absent: ""
    case .nested(let tree): tree.line
    }
  }
}
