// The committed references: read strictly, and as contradictory as they say.

import Foundation
import Testing

@testable import RetortReporting

/// The repository's root, found from this file's own place.
let repositoryRoot = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

@Suite("References")
struct ReferenceTests {
  private let library: ReferenceLibrary

  init() throws {
    library = try ReferenceLibrary(folder: repositoryRoot + "/Experiments/references")
  }

  @Test("every committed reference reads, with sources")
  func committed() {
    #expect(
      library.ids == [
        "hf-defaults", "hf-sources", "public-sister-runs", "pytorch-2.4-minilm", "sanh-2019",
        "tpf02-report", "trainer-minilm-glue",
      ])
    #expect(library.references.allSatisfy { !$0.sources.isEmpty })
  }

  @Test("the report's table")
  func report() throws {
    let run = try #require(try library.reference("tpf02-report").runs.first)
    #expect(run.epochs.map(\.trainingLoss?.text) == ["0.1711", "0.1223", "0.0787"])
    #expect(run.epochs.map(\.validationLoss.text) == ["0.3103", "0.3715", "0.4245"])
    #expect(run.epochs.map(\.accuracy.text) == ["0.9037", "0.9048", "0.9071"])
    #expect(run.epochs.map(\.correct) == [788, 789, 791])
    #expect(run.seconds == 39_600)
  }

  @Test("windows and epoch rows of the PyTorch runs agree")
  func pytorch() throws {
    let runs = try library.reference("pytorch-2.4-minilm").runs
    #expect(runs.count == 2)
    for run in runs {
      let curve = try #require(run.curve)
      #expect(curve.losses.count == 25)
      for epoch in run.epochs {
        let last = curve.losses[epoch.step / curve.window - 1]
        #expect(epoch.trainingLoss?.value == last)
      }
    }
  }

  @Test("public runs share a row that says how many have the epoch; our measurements have one each")
  func rows() throws {
    let task = "glue/sst2"
    let many = try #require(PublishedRuns(try library.reference("public-sister-runs"), task: task))
    #expect(many.rows.map(\.name) == ["7 public runs"])
    #expect(
      (1...3).map(many.name(epoch:)) == [
        "7 public runs", "6 of 7 public runs", "5 of 7 public runs",
      ])
    let own = try #require(PublishedRuns(try library.reference("pytorch-2.4-minilm"), task: task))
    #expect(own.rows.map { $0.name(epoch: 2) } == ["HF Trainer", "PyTorch loop"])
    #expect(own.name == "2 measured runs")
  }

  // sum(row)/9 of the paper's Table 1: 68.69, 79.72 (the paper says 79.5), 77.01
  @Test("Table 1's means: BERT-base's does not follow from its row, the others do")
  func tableOne() throws {
    let table = try #require(try library.reference("sanh-2019").tables.first { $0.id == "t1" })
    let means = table.rows.map { row in row.dropFirst(2).compactMap(Double.init).reduce(0, +) / 9 }
    #expect(means.map { $0.fixed(2) } == ["68.69", "79.72", "77.01"])
    let consistent = zip(means, table.rows).map { abs($0 - (Double($1[1]) ?? .nan)) < 0.06 }
    #expect(consistent == [true, false, true])
  }

  @Test("an unknown name lists the known ones")
  func unknown() {
    let error = #expect(throws: ReferenceError.self) { try library.reference("sanh-2091") }
    #expect(error?.description.contains("sanh-2019") == true)
  }

  @Test(
    "mistakes name line and column",
    arguments: [
      ("kind: paper\nsources: [a]\ntitel: x", "unknown key 'titel'", 6),
      ("sources: [a]\nkind: papre", "expected report or paper", 5),
      ("kind: paper\nsources: text", "sources: expected a list, found 'text'", 5),
      ("kind: paper\nsources: [a]\nclaims: [{ id: a, text: b, value: c }]", "expected a number", 6),
      (
        "kind: paper\nsources: [a]\ntables: [{id: a, title: b, columns: [c], rows: [[1, 2]]}]",
        "1 cell", 6
      ),
      (
        "kind: paper\nsources: [a]\nruns: [{id: a, name: a, model: a, task: a, examples: 872, "
          + "settings: a, epochs: [{epoch: 1, step: 1, validation_loss: 1, accuracy: 0.9040}]}]",
        "expected a whole number of 872 examples", 6
      ),
      (
        "kind: paper\nsources: [a]\nruns: [{id: a, name: a, model: a, task: a, examples: 872, "
          + "settings: a, tolerance: {accuracy: 0}}]",
        "runs[0].tolerance.accuracy: expected a number above 0", 6
      ),
      (
        "kind: paper\nsources: [a]\nruns: [{id: a, name: a, model: a, task: a, examples: 872, "
          + "settings: a, tolerance: {acuracy: 1}}]",
        "unknown key 'acuracy' in runs[0].tolerance; did you mean 'accuracy'?", 6
      ),
    ])
  func mistakes(yaml: String, reason: String, line: Int) {
    let text = "format: 1\nid: x\ntitle: t\n" + yaml
    let error = #expect(throws: ReferenceError.self) {
      try Reference(yaml: text, id: "x", path: "x.yaml")
    }
    let message = error?.description ?? ""
    #expect(message.hasPrefix("x.yaml:\(line):"), "\(message)")
    #expect(message.contains(reason), "\(message)")
    #expect(!message.contains("\n"), "\(message)")
  }

  @Test("all mistakes of a file are told at once, a line each")
  func allAtOnce() throws {
    let text = """
      format: 2
      id: y
      titel: t
      kind: paper
      sources: []
      claims: [{ id: a, text: b, value: c }]
      """
    let error = #expect(throws: ReferenceError.self) {
      try Reference(yaml: text, id: "x", path: "x.yaml")
    }
    let lines = (error?.description ?? "").split(separator: "\n")
    #expect(lines.count == 5, "\(lines)")
  }

  @Test("broken YAML is one line", arguments: ["a: [", "a: b\na: c", "", "\u{1}"])
  func broken(yaml: String) {
    let error = #expect(throws: ReferenceError.self) {
      try Reference(yaml: yaml, id: "x", path: "x.yaml")
    }
    #expect(error?.description.contains("\n") == false)
  }
}
