// All nine tasks of GLUE run, and the zip for its server.
import Foundation
import RetortFiles
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortStorage

@Suite("The paper's Table 1 on small files, and its submission")
struct SubmitTests {
  /// The members of an archive.
  private static func members(_ path: String) throws -> [String: String] {
    try MappedFile.contents(path: path).withUnsafeBytes { file in
      try ZipDirectory(of: file).members.mapValues { String(decoding: file[$0], as: UTF8.self) }
    }
  }

  private static let names = [
    "CoLA", "SST-2", "MRPC", "STS-B", "MNLI-m", "MNLI-mm", "QNLI", "QQP", "RTE", "WNLI", "AX",
  ].map { "\($0).tsv" }
  private static let ids = ["cola", "sst2", "mrpc", "stsb", "mnli", "qnli", "qqp", "rte", "wnli"]

  /// `1.234`
  private static func isNumber(_ text: Substring) -> Bool {
    Double(text) != nil && text.split(separator: ".").last?.count == 3
  }

  /// A failure with a line for each problem.
  private func expectProblems(
    _ result: RetortProcess, count: Int, saying parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(result.status == 1, sourceLocation: sourceLocation)
    #expect(result.errorLines.count == count, "\(result.errors)", sourceLocation: sourceLocation)
    for part in parts {
      #expect(result.errors.contains(part), "\(result.errors)", sourceLocation: sourceLocation)
    }
  }

  @Test("nine tasks, two models, one definition; eleven files in GLUE's form")
  func wholeWalk() throws {
    let experiment = try GLUEExperiment()
    let run = experiment.run
    let result = try experiment.retort(
      "run", GLUEExperiment.definition, "--runs", experiment.folder.file("Runs"), "--set",
      "sweep.seed=[42]")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("Mean score on 9 tasks"))
    #expect(result.output.contains("glue/mnli_mismatched dev, 9 examples, the kept weights have"))
    #expect(
      result.errors.contains("mnli_distilbert: glue/mnli_mismatched dev, validation loss "))
    let record = try RunRecord.read(path: "\(run)/record.json")
    #expect(
      record.stages.map(\.id) == Self.ids.sorted() + Self.ids.sorted().map { "\($0)_distilbert" })
    for stage in record.stages {
      #expect(stage.epochs.count == (["mrpc", "wnli"].contains { stage.id.hasPrefix($0) } ? 5 : 3))
      #expect(stage.furtherEvaluations.count == (stage.id.hasPrefix("mnli") ? 1 : 0))
    }
    // The paths that ask for one text: a model of pairs would answer something.
    let single = experiment.folder.file("single.csv")
    try AtomicFile.replace(path: single, with: "a,b\none,two\n")
    let words = "learned from pairs (sentence1, sentence2)"
    expectFailure(
      try experiment.retort("predict", "--model", "\(run)#rte", "one text"), saying: words)
    expectFailure(
      try experiment.retort("predict", "--model", "\(run)#rte", "--input", single, "--text", "a"),
      saying: words)
    try check(submissionsOf: experiment)
    try check(fillingOf: experiment)
  }

  private func check(submissionsOf experiment: GLUEExperiment) throws {
    let run = experiment.run
    let zip = experiment.folder.file("glue.zip")
    // Two stages for each task: nothing is chosen, and everything is said at once.
    expectProblems(
      try experiment.retort("submit", run, "--out", zip), count: 9,
      saying:
        "CoLA: expected one stage, found \(run)#cola, \(run)#cola_distilbert; name one of them",
      "--of bert or --of distilbert")
    #expect(!FileManager.default.fileExists(atPath: zip))

    // Seven examples are no test set of GLUE's.
    let refused = try experiment.retort("submit", run, "--of", "distilbert", "--out", zip)
    expectProblems(
      refused, count: 11, saying: "expected the 1,063 examples of GLUE's test set, found 7",
      "--allow-incomplete")
    #expect(!FileManager.default.fileExists(atPath: zip))

    let made = try experiment.submit(run, "--of", "distilbert", "--out", zip)
    #expect(made.status == 0, "\(made.errors)")
    let lines = made.output.split(separator: "\n")
    #expect(
      lines.count >= 12
        && lines.contains { $0.contains("AX.tsv") && $0.hasSuffix("#mnli_distilbert") })
    #expect(made.errors.contains("7 examples, GLUE's file has 1063"))
    let members = try Self.members(zip)
    #expect(members.keys.sorted() == Self.names.sorted())
    let entailment: Set<Substring> = ["entailment", "neutral", "contradiction"]
    for (name, text) in members {
      let rows = text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(rows.first == "index\tprediction" && rows.last == "" && rows.count == 9, "\(name)")
      for (index, row) in rows.dropFirst().dropLast().enumerated() {
        let fields = row.split(separator: "\t")
        #expect(fields.count == 2 && fields[0] == "\(index)", "\(name)")
        let isRight =
          switch name {
          case "STS-B.tsv": Self.isNumber(fields[1])
          case "MNLI-m.tsv", "MNLI-mm.tsv", "AX.tsv": entailment.contains(fields[1])
          case "QNLI.tsv", "RTE.tsv": ["entailment", "not_entailment"].contains(fields[1])
          default: ["0", "1"].contains(fields[1])
          }
        #expect(isRight, "\(name): \(row)")
      }
    }
    // What the run itself predicted.
    for (name, id) in [
      ("CoLA", "cola"), ("SST-2", "sst2"), ("MRPC", "mrpc"), ("STS-B", "stsb"), ("MNLI-m", "mnli"),
      ("QNLI", "qnli"), ("QQP", "qqp"), ("RTE", "rte"), ("WNLI", "wnli"),
    ] {
      let own = try MappedFile.contents(path: "\(run)/predictions/\(id)_distilbert-test.tsv")
      #expect(members["\(name).tsv"] == String(decoding: own, as: UTF8.self), "\(name)")
    }
    // And what evaluate predicts with MNLI's model.
    for (name, task) in [("MNLI-mm", "glue/mnli_mismatched"), ("AX", "glue/ax")] {
      let file = experiment.folder.file("\(name).tsv")
      let evaluated = try experiment.retort(
        "evaluate", "--model", "\(run)#mnli_distilbert", "--task", task, "--split", "test",
        "--predictions", file)
      #expect(evaluated.status == 0, "\(evaluated.errors)")
      #expect(
        members["\(name).tsv"]
          == String(decoding: try MappedFile.contents(path: file), as: UTF8.self), "\(name)")
    }

    // Never over a file that is there, unless told to; the same bytes then.
    let bytes = try MappedFile.contents(path: zip)
    expectFailure(
      try experiment.submit(run, "--of", "distilbert", "--out", zip),
      saying: "already exists", "--force")
    let again = try experiment.submit(
      run, "--of", "distilbert", "--out", zip, "--force", "--threads", "1")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try MappedFile.contents(path: zip) == bytes)
    // A stage that is named comes before those of its run.
    let mixed = try experiment.submit(
      "\(run)#cola", run, "--of", "distilbert", "--out", zip, "--force")
    #expect(mixed.status == 0, "\(mixed.errors)")
    let row = mixed.output.split(separator: "\n").first { $0.contains("CoLA.tsv") }
    #expect(row?.hasSuffix("#cola") == true)
    if let python = PeerProgram.python {
      let listed = try PeerProgram.run(
        python, [PeerProgram.root.appendingPathComponent("Tests/Peers/list_zip.py").path, zip])
      #expect(
        listed.split(separator: "\n").map { $0.split(separator: " ")[1] }
          == Self.names.map { $0[...] })
    }
  }

  private func check(fillingOf experiment: GLUEExperiment) throws {
    let run = experiment.run
    let zip = experiment.folder.file("filled.zip")
    expectProblems(
      try experiment.submit("\(run)#cola", "\(run)#sst2", "--out", zip), count: 7,
      saying: "MRPC: no stage was fine-tuned on glue/mrpc", "--fill-missing majority")
    let filled = try experiment.submit(
      "\(run)#cola", "\(run)#sst2", "--out", zip, "--fill-missing", "majority")
    #expect(filled.status == 0, "\(filled.errors)")
    let members = try Self.members(zip)
    // Three of four training examples are in class 1; the last two of four of MNLI are contradictions.
    for (name, answer, reason) in [
      ("MRPC", "1", "equivalent, 9 of the 12 labels"),
      ("QQP", "1", "duplicate, 9 of the 12 labels"),
      ("QNLI", "not_entailment", "not_entailment, 9 of the 12 labels"),
      ("AX", "contradiction", "contradiction, 6 of the 12 labels"),
      ("MNLI-mm", "contradiction", "contradiction, 6 of the 12 labels"),
      // 0, 0.75 … 3.75, twice.
      ("STS-B", "1.875", "the mean of the 12 scores"),
    ] {
      let text = (0..<GLUEExperiment.testCount).map { "\($0)\t\(answer)\n" }.joined()
      #expect(members["\(name).tsv"] == "index\tprediction\n" + text, "\(name)")
      let row = filled.output.split(separator: "\n").first { $0.contains("\(name).tsv") }
      #expect(row?.contains("no model: always \(answer), \(reason)") == true, "\(row ?? "")")
    }
    #expect(filled.output.split(separator: "\n").count { $0.contains("no model") } == 9)

    // Without the training sets nothing is known to fill with; a test set's size is known.
    let data = experiment.folder.file("cache/data/glue")
    try FileManager.default.removeItem(atPath: "\(data)/QQP/train.tsv")
    try FileManager.default.removeItem(atPath: "\(data)/RTE/test.tsv")
    let none = try experiment.submit(
      "\(run)#cola", "\(run)#sst2", "--out", zip, "--force", "--fill-missing", "majority")
    expectFailure(
      none, saying: "QQP: the answer to fill it with is counted in its training set",
      "found no train.tsv")
    try FileManager.default.removeItem(atPath: "\(data)/SST-2/test.tsv")
    expectProblems(
      try experiment.submit(
        "\(run)#cola", "\(run)#sst2", "\(run)#nothing", "nowhere", "--out", zip,
        "--force"), count: 3,
      saying: "#nothing: no stage 'nothing' in this run", "nowhere: expected a run folder",
      "SST-2: expected test.tsv")
  }
}
