// The labelled text of a new project.
import RetortExperimentPlan
import RetortOptions
import RetortProcessor
import RetortTables
import RetortText

struct ProjectData {
  /// The task's name in the definition.
  var task: String
  /// Relative to the definition.
  var path: String
  /// One column, or the two of pairs.
  var texts: [String]
  var label: String
  /// In the order of their numbers; of a regression, whose labels are numbers, nil.
  var classes: [String]?
  var rows: Int
  /// Whether `init` writes its file.
  private(set) var isExample = false

  /// What `init` brings along.
  static let example = ProjectData(
    task: "reviews", path: "../data/reviews.csv", texts: ["review"], label: "verdict",
    classes: ["bad", "fair", "good"], rows: 96, isExample: true)

  private init(
    task: String, path: String, texts: [String], label: String, classes: [String]?, rows: Int,
    isExample: Bool = false
  ) {
    (self.task, self.path, self.texts) = (task, path, texts)
    (self.label, self.classes, self.rows) = (label, classes, rows)
    self.isExample = isExample
  }

  /// - Parameters:
  ///   - file: a table of the user's own, relative to the working directory.
  ///   - columns: those that are said; the others are guessed as `inspect` does.
  ///   - definitions: the folder of the definition.
  /// - Throws: where columns are missing or the labels are neither classes nor numbers.
  init(file: String, columns: ColumnOptions, label: String?, seenFrom definitions: String) throws {
    guard let format = try columns.format(of: file).table else {
      throw CommandFailure("\(file): expected a table with a column of texts and one of labels")
    }
    let reader = try TableReader(path: file, format: format)
    if reader.columns.count == 1, let advice = reader.otherSeparator {
      throw CommandFailure("\(file): expected columns, found one; \(advice)")
    }
    let named = columns.text.map { ("--text", $0) } + (label.map { [("--label", $0)] } ?? [])
    let problems = named.compactMap { columns.problem($0.1, option: $0.0, in: reader) }
    guard problems.isEmpty else { throw CommandFailure(problems.joined(separator: "\n")) }
    let survey = try TableSurvey(
      reader, chosen: SurveyColumns(texts: columns.text, label: label), tokenizer: nil,
      threads: Processor.availableCount)
    let names = survey.columns.map(\.name).listed
    guard !survey.chosen.texts.isEmpty, let label = survey.chosen.label else {
      let missing = survey.chosen.texts.isEmpty ? ("texts", "--text") : ("labels", "--label")
      throw CommandFailure(
        "\(file): which column has the \(missing.0)? It has \(names); name it with \(missing.1)")
    }
    let isRegression = survey.namedClasses == nil && survey.labels.areMeasurements
    let classes = survey.namedClasses ?? survey.labels.classes.map(\.name)
    guard isRegression || !survey.labels.isTooMany && classes.count > 1 else {
      throw CommandFailure(
        "\(file): expected some classes, or numbers, in the column '\(label)', found "
          + (classes.count > 1
            ? "more than \(LabelCounts.most) different labels" : "\(classes.count)")
          + "; name another column with --label")
    }
    let nothing =
      survey.namedClasses == nil && !isRegression ? classes.filter(TaskTable.mayMeanNothing) : []
    guard nothing.isEmpty else {
      throw CommandFailure(
        "\(file): expected a label in each row of '\(label)', found \(nothing.listed), which often means that there is "
          + "none; take these rows out, or, if it is a class, run init without --data and write it under classes"
      )
    }
    let name = file.split(separator: "/").last?.prefix { $0 != "." }.lowercased() ?? ""
    self.init(
      task: DefinitionNames.isName(name) ? name : "own",
      path: RelativePath.path(to: file, from: definitions), texts: survey.chosen.texts,
      label: label, classes: isRegression ? nil : classes, rows: survey.rows)
  }
}
