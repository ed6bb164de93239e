// One stage that makes a text, from its sentences to its result.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords
import RetortTransformers

/// Runs one such stage of a plan.
struct TextExecution {
  let planned: PlannedText
  let digest: String
  let data: PreparedData
  let models: ModelMaking
  let engine: Engine
  /// Of the text while it is made.
  let path: String
  let resumes: Bool
  let observer: any RecordingObserver
  /// Told the number of sentences, and how many of them are done, before the first one.
  let began: (_ total: Int, _ done: Int) -> Void
}

/// What it leaves: a text, one line each, and how it came about.
struct TextResult {
  let path: String
  let made: AugmentedTextMaking.Result
}

extension PlannedText {
  /// Role to the model or stage that fills it.
  var inputNames: [String: String] {
    Dictionary(uniqueKeysWithValues: stage.work.inputs.map { ($0.role, $0.name) })
  }

  /// The texts and the task that are read.
  var dataNames: [String] {
    stage.work.texts.map(\.name) + (stage.work.taskRead.map { ["\($0.name) train"] } ?? [])
  }

  func record(
    of result: TextResult, digest: String, experiment: String
  ) throws -> TextRecord {
    let (made, counts) = (result.made, result.made.counts)
    return TextRecord(
      text: RunRecord.MadeText(
        id: id, kind: kind, title: stage.work.title, inputs: inputNames, digest: digest,
        data: dataNames, seed: stage.work.seed,
        counts: .init(
          sentences: counts.sentences, untouched: counts.untouched, copies: counts.copies,
          duplicates: counts.duplicates, replaced: counts.replaced, beyond: counts.beyond,
          lines: counts.lines),
        textDigest: try SHA256.hexDigest(ofFile: result.path)),
      measured: RunRecord.StageMeasurement(
        wallSeconds: made.seconds, tokensPerSecond: Double(made.tokens) / max(made.seconds, 1e-9),
        peakMemoryBytes: ProcessMemory.peakBytes, resumes: made.resumes),
      experiment: experiment)
  }
}

extension TextRecord {
  /// The record as `planned` names things. A stage is found by what it computes: another plan may have computed it under
  /// other names.
  func named(for planned: PlannedText) -> TextRecord {
    var record = self
    record.text.id = planned.id
    record.text.title = planned.stage.work.title
    record.text.inputs = planned.inputNames
    record.text.data = planned.dataNames
    return record
  }
}
