// What is known of a task of GLUE: where its examples are, and how they are written.

/// A task of the General Language Understanding Evaluation. All are rows of `GLUETask.all`.
/// - Source: Wang et al. 2018 (arXiv 1804.07461).
public struct GLUETask: Sendable, Hashable {
  /// A column of a file, by its name in the header and by its place.
  public struct Column: Sendable, Hashable {
    public let name: String
    /// From 0; -1 is the last of the row.
    public let place: Int

    init(_ name: String, _ place: Int) { (self.name, self.place) = (name, place) }
  }

  /// How the rows of a file are written.
  public struct Form: Sendable, Hashable {
    /// Of a file without a header; nil for one with a header.
    public let columnCount: Int?
    /// One column, or two for pairs.
    public let texts: [Column]
    /// Nil for a file without labels.
    public let label: Column?
    /// Where rows are numbered from 0; nil where they are not.
    public let index: Column?

    init(
      columnCount: Int? = nil, texts: [Column], label: Column? = nil, index: Column? = nil
    ) {
      self.columnCount = columnCount
      self.texts = texts
      self.label = label
      self.index = index
    }
  }

  /// A file and how many examples it has.
  public struct File: Sendable, Hashable {
    public let name: String
    public let count: Int
  }

  /// What definitions call it: `glue/sst2`.
  public let name: String
  /// Of `data/glue`.
  public let folder: String
  /// Where its files come from, as advice.
  public let source: String
  public let files: [DataSplit: File]
  public let labelled: Form
  public let test: Form
  /// In the order of their numbers; these are the names that Hugging Face's `glue` gives them. Of a regression the name
  /// of its one output.
  public let classNames: [String]
  /// As the files and GLUE's server write them, in the same order; none of a regression.
  public let writtenLabels: [String]
  /// The numbers that a regression's labels may be; nil of a classification.
  public let scores: ClosedRange<Float>?
  /// Names of the metrics that GLUE reports.
  public let metrics: [String]
  /// Whether published files have rows that lack fields, which are left out, and said.
  public let hasShortRows: Bool
  public let furtherNames: [String]

  /// The task of that name; nil if there is none.
  public static func named(_ name: String) -> GLUETask? { all.first { $0.name == name } }

  func form(of split: DataSplit) -> Form { split == .test ? test : labelled }
}

extension GLUETask: BuiltInTask {
  public var layouts: [TaskLayout] {
    [TaskLayout(folder: "glue/\(folder)", files: files.mapValues(\.name))]
  }

  public var texts: [String] { test.texts.map(\.name) }
  public var label: String { labelled.label?.name ?? "label" }

  public func read(
    _ split: DataSplit, path: String
  ) throws(DataError) -> LabelledSentences {
    try LabelledSentences(task: self, split: split, path: path)
  }
}
