// What benchmarks say, that they check what they time, and what a step may cost.
import Foundation
import RetortFiles
import Testing

/// A step's cost is held here by numbers that do not depend on the machine: floating-point operations, memory and
/// allocations. Time is reported and never judged.
@Suite struct BenchTests {
  private let model: TinyModel
  private var sentences: String { model.folder.file("sentences.tsv") }

  init() throws {
    model = try TinyModel()
    // Sentences of 3 to 9 words, in batches of four the first of which is the largest.
    let words = ["film", "plot", "good", "bad", "dull", "bright", "very", "not", "the"]
    let lines = (0..<36).map { i in
      words.prefix(3 + (i < 4 ? 6 : i % 6)).joined(separator: " ") + "\t\(i % 2)\n"
    }
    try lines.joined().write(toFile: sentences, atomically: true, encoding: .utf8)
  }

  private func bench(_ arguments: String...) throws -> (RetortProcess, json: [String: Any]) {
    let result = try RetortProcess.run(
      ["bench"] + arguments + ["--json"], environment: model.environment)
    #expect(result.status == 0, "\(result.errors)")
    let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    return (result, try #require(json as? [String: Any]))
  }

  @Test("a warm fine-tuning step allocates no buffer of 4 KiB or more, and costs what it did")
  func stepCosts() throws {
    let (_, json) = try bench(
      "step", "--model", model.path, "--sentences", sentences, "--batch-size", "4", "--steps", "9",
      "--warmup", "9", "--threads", "2")
    #expect(json["page_faults_per_step"] as? Double == 0)
    #expect(json["failures"] as? [String] == [])

    // Tokens of each sentence: its words, [CLS] and [SEP].
    let lengths = (0..<36).map { 2 + 3 + ($0 < 4 ? 6 : $0 % 6) }
    let tokens = lengths.reduce(0, +)
    let (hidden, inner, sentences) = (16, 32, 36)
    let layer = 4 * hidden * hidden + 2 * hidden * inner
    // Of the second layer every token has keys and values, only [CLS] the rest.
    let rest = layer - 2 * hidden * hidden
    let head = hidden * hidden + 2 * hidden
    let squares = lengths.reduce(0) { $0 + $1 * $1 }
    let flops =
      6 * (tokens * (layer + 2 * hidden * hidden) + sentences * (rest + head))
      + 12 * hidden * (squares + tokens)
    #expect(json["flops"] as? Int == flops)

    // The largest batch, of four sentences of 11 tokens, took 70,016 bytes when this was written.
    let peak = try #require(json["peak_activation_bytes"] as? Int)
    #expect(peak <= 70_016, "activations of the largest batch have grown to \(peak) bytes")
  }

  @Test(
    "nor does a warm distillation step, wherever its targets come from",
    arguments: ["live", "exact", "top-k"])
  func distillationAllocations(targets: String) throws {
    let (_, json) = try bench(
      "step", "--job", "distillation", "--model", model.path, "--teacher", model.path,
      "--weights", "random", "--length", "12", "--targets", targets, "--sentences", sentences,
      "--batch-size", "4", "--steps", "9",
      "--warmup", "9", "--threads", "2")
    #expect(json["page_faults_per_step"] as? Double == 0)
    #expect(json["failures"] as? [String] == [])
  }

  @Test(
    "any loss of a distillation is timed, with the heads that it reads and no masks that it does not"
  )
  func statedLosses() throws {
    let states =
      "{hidden: {weight: 1.0, compare: mse, states: [[2, 2]], positions: all, average: tokens}}"
    let classes =
      "{soft_targets: {on: classes, weight: 2.0, temperature: 2.0, scale: t_squared, divergence: forward_kl}}"
    let maps = ["uniform", "skip", "last", "nearest"].map { map in
      (
        "[\(states.replacing("[[2, 2]]", with: "\(map), over_pairs: mean"))]", "MSE("
      )
    }
    for (loss, formula) in maps + [
      ("[\(states)]", "MSE("), ("[\(states), \(classes)]", "1 · MSE("),
    ] {
      let (_, json) = try bench(
        "step", "--job", "distillation", "--model", model.path, "--teacher", model.path,
        "--weights", "random", "--length", "12", "--sentences", sentences, "--batch-size", "4",
        "--steps", "2", "--warmup", "1", "--loss", loss)
      #expect(json["failures"] as? [String] == [])
      #expect((json["loss"] as? String)?.hasPrefix(formula) ?? false, "\(json["loss"] ?? "")")
      #expect((json["check_loss"] as? Double ?? 0) > 0)
    }
    expectFailure(
      try model.retort(
        "bench", "step", "--job", "distillation", "--model", model.path, "--teacher", model.path,
        "--length", "12", "--sentences", sentences, "--loss",
        "[{hidden: {weight: 1.0, compare: mse, states: [[7, 1]], positions: all, average: tokens}}]"
      ),
      saying: "--loss:1:", "loss.hidden.states.0.0", "from 0 to 2", "found 7")
  }

  @Test("methods are timed in turns on every kind of batch, and a record's words are written again")
  func methods() throws {
    let rows = model.folder.file("rows.yaml")
    let record = model.folder.file("records/terms.json")
    func write(_ source: String, _ states: String = "[[2, 2]]") throws {
      try """
      - name: states
        loss: [{ hidden: { weight: 1.0, compare: mse, states: \(states), positions: all, average: tokens } }]
        source: \(source)
        held_against: torch
        proofs: [{ suite: Hidden, row: mse }]
      - name: words
        loss: [{ masked_lm: { weight: 1.0 } }]
        source: b
        held_against: torch
      - name: labels
        loss: [{ cross_entropy: { weight: 1.0 } }]
        source: c
        held_against: torch
      - name: numbers
        loss: [{ label_mse: { weight: 1.0 } }]
        source: d
        held_against: torch
      """.write(toFile: rows, atomically: true, encoding: .utf8)
    }
    let arguments = [
      "bench", "terms", rows, "--model", model.path, "--teacher", model.path, "--length", "12",
      "--batch-size", "2", "--alternations", "2", "--steps", "1", "--sentences", sentences,
      "--record", record,
    ]
    func run(_ more: String...) throws -> RetortProcess {
      try RetortProcess.run(arguments + more, environment: model.environment)
    }
    func found() throws -> [[String: Any]] {
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: record)))
      return try #require((json as? [String: Any])?["methods"] as? [[String: Any]])
    }
    try write("a")
    let first = try run()
    #expect(first.status == 0, "\(first.errors)")
    let measured = try found()
    #expect(
      measured.map { $0["name"] as? String } == ["states", "words", "labels", "numbers"])
    #expect(
      measured.map { ($0["needs"] as? [String])?.last } == [
        "equal widths or a projection", "masked words", "labels", "labels that are numbers",
      ])
    #expect(measured.allSatisfy { ($0["with"] as? [Double])?.count == 2 })
    try write("another")
    #expect(try run("--keep-times").status == 0)
    let again = try found()
    #expect(again.map { $0["source"] as? String } == ["another", "b", "c", "d"])
    #expect(
      again.map { $0["with"] as? [Double] } == measured.map { $0["with"] as? [Double] })
    try write("another", "[[1, 1]]")
    expectFailure(try run("--keep-times"), saying: "no times of states", "without --keep-times")
  }

  @Test("a result has what a comparison reads")
  func keys() throws {
    let (_, json) = try bench(
      "step", "--model", model.path, "--sentences", sentences, "--batch-size", "4", "--steps", "3",
      "--warmup", "1", "--state", "late", "--threads", "1")
    for key in [
      "job", "settings", "model", "weights", "data", "threads", "batch_size", "sentences", "tokens",
      "steps", "warmup", "seconds", "sentences_of_steps", "seconds_per_thousand_sentences",
      "p50_seconds", "p95_seconds", "peak_resident_bytes", "check_loss", "versions", "processor",
      "state", "operations", "product_gflops", "product_seconds_per_step", "step_over_products",
      "ceilings", "page_faults_per_step", "peak_activation_bytes",
    ] {
      #expect(json[key] != nil, "\(key)")
    }
    #expect(json["job"] as? String == "fine-tuning")
    #expect(json["weights"] as? String == "stored")
    #expect((json["seconds"] as? [Double])?.count == 3)
    #expect(json["sentences_of_steps"] as? [Int] == [4, 4, 4])
    let ceilings = try #require(json["ceilings"] as? [String: Any])
    #expect((ceilings["gflops"] as? Double ?? 0) > 1)
    #expect((ceilings["bytes_per_second"] as? Double ?? 0) > 1e8)
  }

  @Test("inference gives the logits that predict gives")
  func inference() throws {
    let (_, json) = try bench(
      "infer", "--model", model.path, "--sentences", sentences, "--batch-size", "8", "--order",
      "length")
    #expect(json["sentences"] as? Int == 36)
    #expect(json["steps"] as? Int == 5)
    let logits = try #require(json["check_logits"] as? [[Double]])
    #expect(logits.count == 8)
    let text = try String(contentsOfFile: sentences, encoding: .utf8)
      .split(separator: "\n").prefix(8).map { $0.split(separator: "\t")[0] }
    let predicted = try model.retort(
      "predict", "--model", model.path, input: text.joined(separator: "\n") + "\n"
    ).output.split(separator: "\n").map { line in
      line.split(separator: "\t")[2].split(separator: " ").compactMap { Double($0) }
    }
    for (row, other) in zip(logits, predicted) {
      for (a, b) in zip(row, other) { #expect(abs(a - b) <= 1e-6) }
    }
    #expect(predicted.count == 8)
  }

  @Test("tokenizing digests the ids that tokenize writes")
  func tokenizing() throws {
    let (_, json) = try bench(
      "tokenize", "--vocab", model.path, "--sentences", sentences, "--repetitions", "2")
    let text = try String(contentsOfFile: sentences, encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: "\t")[0] }
    let ids = try model.retort(
      "tokenize", "--vocab", model.path, "--ids", input: text.joined(separator: "\n") + "\n"
    ).output.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    let bytes = ids.flatMap { id in withUnsafeBytes(of: id.littleEndian) { Array($0) } }
    #expect(json["check_digest"] as? String == SHA256.hexDigest(of: bytes))
    #expect(json["steps"] as? Int == 2)
    #expect(json["tokens"] as? Int == 2 * ids.count)
  }

  @Test("operations stand beside the machine's ceilings")
  func operations() throws {
    let (_, json) = try bench("ops", "--rows", "26", "--hidden", "64", "--threads", "1")
    let lines = try #require(json["lines"] as? [[String: Any]])
    #expect(lines.contains { $0["name"] as? String == "attention" })
    for line in lines {
      #expect((line["seconds"] as? Double ?? 0) > 0, "\(line)")
      #expect((line["share_of_ceiling"] as? Double ?? 0) > 0, "\(line)")
    }
  }

  @Test func aFileIsReadStrictly() throws {
    let file = model.folder.file("bad.tsv")
    try "a good film\t1\na bad film\n".write(toFile: file, atomically: true, encoding: .utf8)
    expectFailure(
      try model.retort("bench", "infer", "--model", model.path, "--sentences", file),
      saying: "\(file)", "2")
  }

  @Test func aModelTooSmallForMadeUpSentencesIsRefused() throws {
    expectFailure(
      try model.retort("bench", "step", "--model", model.path), saying: "--sentences")
  }

  @Test func aSizeHasNoStoredWeights() throws {
    expectFailure(
      try model.retort("bench", "step", "--model", "minilm", "--weights", "stored"),
      saying: "--model minilm")
  }
}
