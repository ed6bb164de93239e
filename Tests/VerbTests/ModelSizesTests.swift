// Sizes in a config.json that the weights do not answer for: a line, never the end of the program.
import Foundation
import RetortTestSupport
import Testing

@Suite("Sizes of stored models") struct ModelSizesTests {
  @Test(
    "every verb refuses them",
    arguments: [
      ("\"dim\": 16", "\"dim\": 1099511627776"), ("\"dim\": 16", "\"dim\": 4194304"),
      ("\"hidden_dim\": 32", "\"hidden_dim\": 9223372036854775807"),
      ("\"hidden_dim\": 32", "\"hidden_dim\": 4194304"),
      ("\"n_layers\": 2", "\"n_layers\": 1099511627776"), ("\"n_layers\": 2", "\"n_layers\": 4096"),
      (
        "\"max_position_embeddings\": 16", "\"max_position_embeddings\": 1125899906842624"
      ),
    ])
  func refused(change: (old: String, new: String)) throws {
    let model = try TinyModel()
    let file = "\(model.path)/config.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try #require(text.contains(change.old))
    try text.replacing(change.old, with: change.new)
      .write(toFile: file, atomically: true, encoding: .utf8)
    let definition = model.folder.file("small.yaml")
    try """
    format: 1
    name: small
    seed: 1
    random: counter
    vocabulary: { from: base }
    models:
      base: { from: "\(model.path)" }
    tasks:
      sentiment:
        generated: { grammar: film_reviews, train: 8, dev: 8, test: 0, seed: 12 }
    stages:
      - id: tuned
        finetune: { model: base, task: sentiment, recipe: hf-trainer-4.44, sequence_length: 16,
                    batch_size: 4, learning_rate: 1.0e-3, limit: { steps: 1 }, select_best: last }
    """.write(toFile: definition, atomically: true, encoding: .utf8)
    for command in [
      ["import", model.path, "--out", model.folder.file("c.h5")],
      ["predict", "--model", model.path], ["validate", definition],
      ["run", definition, "--dry-run", "--runs", model.folder.file("Runs")],
      ["run", definition, "--runs", model.folder.file("Runs")],
    ] {
      let result = try RetortProcess.run(
        command, input: Data("a film\n".utf8), environment: model.environment)
      #expect(result.status == 1, "\(command[0]): \(result.status) \(result.errors)")
      #expect(result.errorLines.count == 1, "\(command[0]): \(result.errors.prefix(400))")
    }
    #expect(!FileManager.default.fileExists(atPath: model.folder.file("c.h5")))
    #expect(!FileManager.default.fileExists(atPath: model.folder.file("Runs")))
  }
}
