// The tasks of GLUE, a row of data each.

extension GLUETask {
  /// In the order of the paper; AX, the diagnostic set, is predicted by a model of MNLI.
  ///
  /// Source: Hugging Face's `glue` data set (glue.py: columns, order of the labels; dataset_infos.json: counts) and the
  /// processors of transformers 4.44.2 (data/processors/glue.py: places).
  public static let all = [
    GLUETask(
      "cola", folder: "CoLA", source: zip("CoLA"), counts: (8551, 1043, 1063),
      labelled: Form(columnCount: 4, texts: [.init("sentence", 3)], label: .init("label", 1)),
      test: Form(texts: [.init("sentence", 1)], index: .init("index", 0)),
      classes: ["unacceptable", "acceptable"], metrics: ["matthews_correlation"]),
    GLUETask(
      "sst2", folder: "SST-2", source: zip("SST-2"), counts: (67_349, 872, 1821),
      labelled: Form(texts: [.init("sentence", 0)], label: .init("label", 1)),
      test: Form(texts: [.init("sentence", 1)], index: .init("index", 0)),
      classes: ["negative", "positive"], metrics: ["accuracy"]),
    GLUETask(
      "mrpc", folder: "MRPC",
      source: "make train.tsv, dev.tsv and test.tsv by download_glue_data.py of "
        + "https://github.com/nyu-mll/GLUE-baselines", counts: (3668, 408, 1725),
      labelled: Form(
        texts: [.init("#1 String", 3), .init("#2 String", 4)], label: .init("Quality", 0)),
      test: Form(
        texts: [.init("#1 String", 3), .init("#2 String", 4)], index: .init("index", 0)),
      classes: ["not_equivalent", "equivalent"], metrics: ["accuracy", "f1"]),
    GLUETask(
      "qqp", folder: "QQP", source: zip("QQP-clean"), counts: (363_846, 40_430, 390_965),
      labelled: Form(
        texts: [.init("question1", 3), .init("question2", 4)], label: .init("is_duplicate", 5)),
      test: Form(texts: [.init("question1", 1), .init("question2", 2)], index: .init("id", 0)),
      classes: ["not_duplicate", "duplicate"], metrics: ["accuracy", "f1"], hasShortRows: true),
    GLUETask(
      "stsb", folder: "STS-B", source: zip("STS-B"), counts: (5749, 1500, 1379),
      labelled: Form(texts: similarSentences, label: .init("score", -1)),
      test: Form(texts: similarSentences, index: .init("index", 0)), scores: 0...5,
      metrics: ["pearson", "spearmanr"]),
    mnli(
      "mnli", "matched", dev: 9815, test: 9796, furtherNames: ["glue/mnli_mismatched"]),
    mnli("mnli_mismatched", "mismatched", dev: 9832, test: 9847),
    GLUETask(
      "qnli", folder: "QNLI", source: zip("QNLIv2"), counts: (104_743, 5463, 5463),
      labelled: Form(
        texts: [.init("question", 1), .init("sentence", 2)], label: .init("label", -1)),
      test: Form(
        texts: [.init("question", 1), .init("sentence", 2)], index: .init("index", 0)),
      classes: ["entailment", "not_entailment"], areWritten: true, metrics: ["accuracy"]),
    GLUETask(
      "rte", folder: "RTE", source: zip("RTE"), counts: (2490, 277, 3000), labelled: twoSentences,
      test: twoSentencesAlone, classes: ["entailment", "not_entailment"], areWritten: true,
      metrics: ["accuracy"]),
    GLUETask(
      "wnli", folder: "WNLI", source: zip("WNLI"), counts: (635, 71, 146), labelled: twoSentences,
      test: twoSentencesAlone, classes: ["not_entailment", "entailment"], metrics: ["accuracy"]),
    GLUETask(
      "ax", folder: "AX", source: "put \(address)/AX.tsv into a folder AX",
      files: [.test: File(name: "AX.tsv", count: 1104)], labelled: twoSentences,
      test: twoSentencesAlone, classes: entailmentClasses, areWritten: true,
      metrics: ["matthews_correlation"]),
  ]

  /// Stanford Sentiment Treebank, binary. Source: Socher et al. 2013.
  public static let sst2: GLUETask = {
    guard let task = named("glue/sst2") else { preconditionFailure("a row for SST-2") }
    return task
  }()

  private static let address = "https://dl.fbaipublicfiles.com/glue/data"
  private static func zip(_ name: String) -> String {
    "download \(address)/\(name).zip and unpack it"
  }

  private static let entailmentClasses = ["entailment", "neutral", "contradiction"]
  private static let similarSentences = [Column("sentence1", 7), Column("sentence2", 8)]
  private static let twoSentences = Form(
    texts: [.init("sentence1", 1), .init("sentence2", 2)], label: .init("label", 3))
  private static let twoSentencesAlone = Form(
    texts: [.init("sentence1", 1), .init("sentence2", 2)], index: .init("index", 0))

  /// MNLI with one of its two development sets: texts of the training set's genres, or of others.
  private static func mnli(
    _ name: String, _ part: String, dev: Int, test: Int, furtherNames: [String] = []
  ) -> GLUETask {
    let texts = [Column("sentence1", 8), Column("sentence2", 9)]
    return GLUETask(
      name, folder: "MNLI", source: zip("MNLI"),
      files: [
        .train: File(name: "train.tsv", count: 392_702),
        .dev: File(name: "dev_\(part).tsv", count: dev),
        .test: File(name: "test_\(part).tsv", count: test),
      ], labelled: Form(texts: texts, label: .init("gold_label", -1)),
      test: Form(texts: texts, index: .init("index", 0)), classes: entailmentClasses,
      areWritten: true, metrics: ["accuracy"], furtherNames: furtherNames)
  }

  /// - Parameter counts: of training, development and test examples.
  private init(
    _ name: String, folder: String, source: String, counts: (train: Int, dev: Int, test: Int),
    labelled: Form, test: Form, classes: [String] = [], areWritten: Bool = false,
    scores: ClosedRange<Float>? = nil, metrics: [String], hasShortRows: Bool = false
  ) {
    self.init(
      name, folder: folder, source: source,
      files: [
        .train: File(name: "train.tsv", count: counts.train),
        .dev: File(name: "dev.tsv", count: counts.dev),
        .test: File(name: "test.tsv", count: counts.test),
      ], labelled: labelled, test: test, classes: classes, areWritten: areWritten,
      scores: scores, metrics: metrics, hasShortRows: hasShortRows)
  }

  /// - Parameters:
  ///   - classes: none of a regression, which has `scores`.
  ///   - areWritten: whether the files have the classes' names; if not, their numbers.
  private init(
    _ name: String, folder: String, source: String, files: [DataSplit: File], labelled: Form,
    test: Form, classes: [String], areWritten: Bool, scores: ClosedRange<Float>? = nil,
    metrics: [String], hasShortRows: Bool = false, furtherNames: [String] = []
  ) {
    self.name = "glue/\(name)"
    self.folder = folder
    self.source = source
    self.files = files
    self.labelled = labelled
    self.test = test
    classNames = scores == nil ? classes : [TaskKind.numberName]
    writtenLabels = areWritten ? classes : classes.indices.map { String($0) }
    self.scores = scores
    self.metrics = metrics
    self.hasShortRows = hasShortRows
    self.furtherNames = furtherNames
  }
}
