// From `retort init` to a student of one's own, with a teacher that transformers saved.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@Suite struct OwnStudentTests {
  private let folder: TemporaryFolder
  /// The reviews and the teacher of notebook 0, written by Tests/Peers/own_student.py.
  private static let given = "\(TinyExperiment.repository)/Notebooks-md/your-own-student"

  init() throws { folder = try TemporaryFolder() }

  private func retort(_ arguments: [String], input: String = "") throws -> RetortProcess {
    try RetortProcess.run(
      arguments, input: Data(input.utf8),
      environment: [
        "RETORT_CACHE": folder.file("cache"), "RETORT_MIRROR": nil,
        "HF_HUB_CACHE": folder.file("hf"),
      ], folder: folder.file("reviews-l2"))
  }

  /// The project, with data and teacher of its own.
  private func makeProject() throws {
    let made = try RetortProcess.run(
      [
        "init", "reviews-l2", "--data", "\(Self.given)/reviews.csv", "--teacher",
        "\(Self.given)/teacher",
      ], environment: ["RETORT_CACHE": folder.file("cache"), "RETORT_MIRROR": nil],
      folder: folder.path)
    #expect(made.status == 0, "\(made.errors)")
  }

  private static let definition = "Experiments/reviews-l2.yaml"

  @Test func theDefinitionIsWrittenForOnesOwn() throws {
    try makeProject()
    let valid = try retort(["validate", Self.definition])
    #expect(valid.output == "\(Self.definition): valid: reviews-l2, 3 stages\n", "\(valid.errors)")
    let text = try String(
      contentsOfFile: folder.file("reviews-l2/\(Self.definition)"), encoding: .utf8)
    for part in [
      "train: \(Self.given)/reviews.csv }", "text: review ", "label: verdict ",
      "classes: [bad, good, mixed] ", "from: \(Self.given)/teacher\n", "layers: [0, 3]\n",
      "token_type: fold", "sequence_length: 64\n",
    ] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
    #expect(!text.contains("head:"))
    #expect(try !Folder.names(path: folder.file("reviews-l2")).contains("data"))
  }

  @Test(
    "the exported student answers in transformers as in retort predict",
    .enabled(if: PeerProgram.peers != nil, "RETORT_PEERS_PYTHON is not set"))
  func theStudentIsTheSameInTransformers() throws {
    try makeProject()
    let run = try retort(
      [
        "run", Self.definition, "--set", "stages.plain.learning_rate=5.0e-4", "--set",
        "stages.distilled.learning_rate=5.0e-4",
      ])
    #expect(run.status == 0, "\(run.errors)")
    // What the last lines say is what is typed next.
    let student = "Runs/reviews-l2#distilled"
    #expect(run.errorLines.contains("student: \(student)"), "\(run.errors)")
    #expect(
      run.errorLines.contains { $0.hasPrefix("  ") && $0.contains(" export \(student) --out ") })
    let exported = try retort(["export", student, "--out", "student"])
    #expect(exported.status == 0, "\(exported.errors)")

    let table = folder.file("answers.jsonl")
    let answers = try retort(
      [
        "predict", "--model", student, "--input", "\(Self.given)/reviews.csv", "--text", "review",
        "--out", table,
      ])
    #expect(answers.status == 0, "\(answers.errors)")
    let texts = try Self.texts(of: table)
    #expect(texts.count == 300 && texts.contains { $0.contains("\n") })
    let lines = try retort(
      ["predict", "--model", student, "--json"],
      input: texts.map { $0.replacing("\n", with: " ") + "\n" }.joined())
    #expect(lines.status == 0, "\(lines.errors)")
    let logits = folder.file("logits.jsonl")
    try lines.output.write(toFile: logits, atomically: true, encoding: .utf8)
    let said = try PeerProgram.run(
      try #require(PeerProgram.peers),
      [
        "-B", PeerProgram.root.appendingPathComponent("Tests/Peers/compare_answers.py").path,
        "--model", folder.file("reviews-l2/student"), "--table", table, "--text", "review",
        "--logits", logits,
      ])
    #expect(said.hasPrefix("300 texts: "), "\(said)")
  }

  /// The texts of a file of JSON lines.
  private static func texts(of path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(row?["review"] as? String)
    }
  }
}
