// Every definition in Experiments/methods, run as a user runs it: the file itself, with the limits and widths below.
import Foundation
import RetortFiles
import RetortRecords
import RetortTestSupport
import Testing

@Suite("Definitions of published methods")
struct MethodDefinitionTests {
  /// A definition of Experiments/methods in 20 steps a stage.
  struct Method: CustomTestStringConvertible, Sendable {
    var name: String
    /// What a stage learns from a teacher, term by term.
    var terms: [String: [String]]
    /// Sizes that would take minutes, besides those of every definition.
    var overrides: [String] = []

    var testDescription: String { name }
    var path: String { "\(MethodDefinitionTests.folder)/\(name).yaml" }

    /// Ids and kinds of the stages, as they are written.
    func stages() throws -> [(id: String, kind: String, body: String)] {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      return text.components(separatedBy: "\n  - id: ").dropFirst().map { part in
        let lines = part.split(separator: "\n").map(String.init)
        return (
          id: String(lines[0].prefix { $0 != " " }),
          kind: lines[1].trimmingCharacters(in: [" ", ":"]), body: part
        )
      }
    }

    /// 20 steps of small batches in every stage that trains, at a rate with which something is learned in so many.
    func changes() throws -> [String] {
      try stages().flatMap { stage -> [String] in
        let path = "stages.\(stage.id)"
        guard stage.kind != "augment" else { return [] }
        return ["\(path).limit={ steps: 20 }"]
          + (stage.body.contains("batching:")
            ? ["\(path).batching.batch_size=8", "\(path).batching.accumulate=1"]
            : ["\(path).batch_size=8"])
          + (stage.body.contains("optimizer:") ? ["\(path).optimizer.learning_rate=3.0e-3"] : [])
          + (stage.body.contains("every: { steps:")
            ? ["\(path).validate_on.every={ steps: 10 }"] : [])
      } + overrides
    }
  }

  static let folder = "\(TinyExperiment.repository)/Experiments/methods"
  private static let narrow = [
    "models.student.sizes.hidden_size=48", "models.student.sizes.feed_forward_size=48",
  ]

  static let methods = [
    Method(name: "distilbert", terms: ["distil": ["soft_targets", "masked_lm", "cosine"]]),
    Method(name: "minilm", terms: ["distil": ["relations"]], overrides: narrow),
    Method(name: "minilmv2", terms: ["distil": ["relations"]], overrides: narrow),
    Method(name: "pkd", terms: ["pkd": ["cross_entropy", "soft_targets", "patience"]]),
    Method(
      name: "sentence-vectors", terms: ["distil": ["sentence"]],
      overrides: ["stages.distil.sentences.hold_out.sentences=40"]),
    Method(
      name: "textbrewer-t3",
      terms: ["t3": ["cross_entropy", "soft_targets", "hidden", "gram"]]),
    Method(name: "three-teachers", terms: ["student": ["cross_entropy", "soft_targets"]]),
    tinyBERT("tinybert-4-312", width: 36), tinyBERT("tinybert-6-768", width: 48),
    Method(
      name: "well-read-students", terms: ["transfer": ["soft_targets"]],
      overrides: [
        "sweep=", "tasks.sst2_1000.labels.count=40", "tasks.sst2_1000.hold_out.sentences=8",
      ]),
  ]

  private static func tinyBERT(_ name: String, width: Int) -> Method {
    Method(
      name: name,
      terms: [
        "general": ["attention", "hidden"], "task_layers": ["attention", "hidden"],
        "task_prediction": ["soft_targets"],
      ],
      overrides: [
        "models.tiny.sizes.hidden_size=\(width)", "models.tiny.sizes.feed_forward_size=48",
        "stages.augmented.copies=2",
        // A teacher that has answers to give.
        "stages.bert_sst2.limit={ steps: 60 }", "stages.bert_sst2.learning_rate=1.0e-3",
      ])
  }

  @Test func theTableIsComplete() throws {
    let names = try Folder.names(path: Self.folder).filter { $0.hasSuffix(".yaml") }
    #expect(names == Self.methods.map { "\($0.name).yaml" })
  }

  @Test("is explained, learns in 20 steps, and has a page", arguments: methods)
  func runs(method: Method) throws {
    let material = try MethodMaterial()
    let folder = material.folder
    let environment = [
      "RETORT_CACHE": folder.file("cache"), "RETORT_MIRROR": material.mirror,
      "HF_HUB_CACHE": folder.file("hf"),
    ]
    func retort(_ arguments: [String]) throws -> RetortProcess {
      let result = try RetortProcess.run(arguments, environment: environment)
      #expect(result.status == 0, "\(arguments[0]): \(result.errors)")
      return result
    }
    let stages = try method.stages()
    let explained = try retort(
      ["explain", method.path, "--no-forecast"] + method.overrides.flatMap { ["--set", $0] }
    ).output
    for stage in stages { #expect(explained.contains(". \(stage.id): "), "\(stage.id)") }

    let changes = try method.changes().flatMap { ["--set", $0] }
    let arguments = ["run", method.path, "--runs", folder.file("Runs"), "--threads", "1"] + changes
    let run = try RetortProcess.run(arguments, environment: environment)
    try #require(run.status == 0, "\(run.errors)")
    let path = folder.file("Runs/\(method.name)")
    let record = try RunRecord.read(path: "\(path)/record.json")
    let texts = (record.texts ?? []).map(\.id)
    #expect(
      Set(record.stages.filter { $0.variant == "main" }.map(\.id) + texts) == Set(stages.map(\.id)))
    let lines = try MetricsLog.read(path: "\(path)/metrics.jsonl").filter { $0.event == .step }
    for (stage, terms) in method.terms {
      let steps = lines.filter { $0.stage == stage }.map(\.values)
      let known = MetricsLine.Name.allCases.map(\.rawValue)
      #expect(
        steps.count == 20
          && steps.allSatisfy { Set($0.keys).subtracting(known) == Set(terms) },
        "\(stage): \(steps.first.map { $0.keys.sorted() } ?? [])")
      for term in terms {
        let values = steps.compactMap { $0[term] }
        #expect(
          values.allSatisfy { $0.isFinite && $0 >= 0 } && Set(values).count > 1,
          "\(stage).\(term): \(values)")
      }
      let losses = steps.compactMap { $0["loss"] }
      #expect(
        losses.suffix(5).reduce(0, +) < losses.prefix(5).reduce(0, +), "\(stage): \(losses)")
    }

    let root = folder.file("mine")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(root)/Experiments",
      withDestinationPath: "\(TinyExperiment.repository)/Experiments")
    _ = try retort(["report", "--root", root, "--add", path])
    let page = try String(contentsOfFile: "\(root)/Results/\(method.name).md", encoding: .utf8)
    let names = record.stages.map(\.id) + texts + method.terms.values.flatMap(\.self)
    #expect(names.filter { !page.contains($0) } == [])
  }
}
