// The best epoch's weights are looked for when a training is gone on with, not when it ends.
import Foundation
import RetortFiles
import RetortStorage
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("The best weights of a training that is gone on with")
struct BestAtResumeTests {
  private let folder: TemporaryFolder
  private var best: String { folder.file("best.h5") }

  init() throws { folder = try TemporaryFolder() }

  /// Labels that are right in training and wrong in validation: the first epoch is the best.
  private func run(
    stopsAt: Int = .max, attributes: [String: StoredValue] = [:],
    rule: SelectionRule = .evaluationLoss
  ) throws -> (weights: [String: [Float]], steps: Int) {
    let model = Small.model(.bert, layers: 1, heads: [.classification])
    let observer = Onlooker()
    observer.stopsAt = stopsAt
    let engine = Engine(threadCount: 2)
    let loop = FineTuning(
      model: model, training: Small.labelled(30),
      validation: Small.labelled(30, flipped: true),
      settings: Small.fineTuning(.epochs(4)), selectBest: rule, random: .counter, engine: engine,
      checkpointing: Small.checkpointing(folder, resumes: true, attributes: attributes),
      observer: observer)
    do {
      let progress = try loop.run()
      if rule != .last { #expect(rule.best(of: progress.epochs)?.step == 4) }
    } catch TrainingError.interrupted {}
    return (model.valuesByPath, observer.steps.count)
  }

  private func refusal(attributes: [String: StoredValue] = [:]) -> (text: String, steps: Int) {
    do {
      return ("", try run(attributes: attributes).steps)
    } catch { return ("\(error)", -1) }
  }

  private let advice = "the best so far, in "

  @Test(
    "missing, truncated, flipped, of another training, of another epoch: one line, before any step")
  func refused() throws {
    let whole = try run().weights
    #expect(try run().weights == whole)
    for name in ["last.h5", "best.h5"] {
      try FileManager.default.removeItem(atPath: folder.file(name))
    }
    _ = try run(stopsAt: 6)
    let bytes = try MappedFile.contents(path: best)
    func expectRefusal(_ beginning: String) {
      let found = refusal()
      #expect(found.steps == -1)
      #expect(!found.text.contains("\n") && found.text.contains(beginning), "\(found.text)")
      #expect(
        found.text.hasSuffix(
          "last.h5 goes on after step 6 and needs the weights after step 4, the best so far, in \(best): copy that file from "
            + "where the run was, or remove \(folder.file("last.h5")) to begin the stage anew"),
        "\(found.text)")
    }
    try FileManager.default.removeItem(atPath: best)
    expectRefusal("best.h5: no such file")
    try AtomicFile.replace(path: best, with: Array(bytes.prefix(bytes.count / 2)))
    expectRefusal("best.h5")
    for place in [bytes.count / 3, bytes.count / 2, bytes.count - 200] {
      var flipped = bytes
      flipped[place] ^= 0x10
      try AtomicFile.replace(path: best, with: flipped)
      expectRefusal("best.h5")
    }
    try AtomicFile.replace(path: best, with: "")
    expectRefusal("best.h5")
    // As it was, it is used.
    try AtomicFile.replace(path: best, with: bytes)
    let ended = try run()
    #expect(ended.weights == whole && ended.steps == 10)
  }

  @Test("a file of another stage, or of an earlier step that is not the best")
  func others() throws {
    let stage: [String: StoredValue] = [CheckpointAttribute.stage.rawValue: .text("a")]
    _ = try run(stopsAt: 6, attributes: stage)
    try FileManager.default.removeItem(atPath: best)
    let model = Small.model(.bert, layers: 1, heads: [.classification])
    func leave(_ stage: String, step: Int) throws {
      try Small.checkpointing(
        folder, attributes: [CheckpointAttribute.stage.rawValue: .text(stage)]
      ).saveBest(model: model, step: step)
    }
    try leave("b", step: 4)
    #expect(refusal(attributes: stage).text.contains("best.h5: written with another stage; "))
    try leave("a", step: 2)
    #expect(refusal(attributes: stage).text.contains("best.h5: has the weights after step 2; "))
    // Of an evaluation after which nothing was saved any more.
    try leave("a", step: 8)
    #expect(refusal(attributes: stage).text.isEmpty)
  }

  @Test(
    "at the end of the best epoch the checkpoint has its weights; without a choice none are needed")
  func notNeeded() throws {
    let whole = try run().weights
    for name in ["last.h5", "best.h5"] {
      try FileManager.default.removeItem(atPath: folder.file(name))
    }
    _ = try run(stopsAt: 4)
    try FileManager.default.removeItem(atPath: best)
    #expect(try run().weights == whole)
    for name in ["last.h5", "best.h5"] {
      try FileManager.default.removeItem(atPath: folder.file(name))
    }
    _ = try run(stopsAt: 6, rule: .last)
    #expect(FileIdentity(path: best) == nil)
    #expect(try run(rule: .last).steps == 10)
  }
}
