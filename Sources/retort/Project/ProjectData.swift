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
  /// In the order of their numbers.
  var classes: [String]
  var rows: Int
  /// Whether `init` writes its file.
  private(set) var isExample = false

  /// What `init` brings along.
  static let example = ProjectData(
    task: "reviews", path: "../data/reviews.csv", texts: ["review"], label: "verdict",
    classes: ["bad", "fair", "good"], rows: 96, isExample: true)

  private init(
    task: String, path: String, texts: [String], label: String, classes: [String], rows: Int,
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
  /// - Throws: where columns are missing or the labels are no classes.
  init(file: String, columns: ColumnOptions, label: String?, seenFrom definitions: String) throws {
    guard let format = try columns.format(of: file).table else {
      throw CommandFailure("\(file): expected a table with a column of texts and one of labels")
    }
    let reader = try TableReader(path: file, format: format)
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
    let classes = survey.namedClasses ?? survey.labels.classes.map(\.name)
    guard !survey.labels.areMeasurements, !survey.labels.isTooMany, classes.count > 1 else {
      throw CommandFailure(
        "\(file): expected some classes in the column '\(label)', found "
          + (survey.labels.areMeasurements
            ? "numbers; for a regression write kind: regression, see `retort help definition tasks`"
            : classes.count > 1
              ? "more than \(LabelCounts.most) different labels; name another column with --label"
              : "\(classes.count); name another column with --label"))
    }
    let nothing = survey.namedClasses == nil ? classes.filter(TaskTable.mayMeanNothing) : []
    guard nothing.isEmpty else {
      throw CommandFailure(
        "\(file): expected a label in each row of '\(label)', found \(nothing.listed), which often means that there is "
          + "none; take these rows out, or name it among the classes of a definition without --data"
      )
    }
    let name = file.split(separator: "/").last?.prefix { $0 != "." }.lowercased() ?? ""
    self.init(
      task: DefinitionNames.isName(name) ? name : "own",
      path: RelativePath.path(to: file, from: definitions), texts: survey.chosen.texts,
      label: label, classes: classes, rows: survey.rows)
  }
}
