// An augmentation, run and probed.
import Foundation
import RetortDistillation
import RetortFiles
import RetortTransformers

extension AugmentStage {
  func run(in execution: TextExecution) throws -> TextResult {
    let sentences = try execution.data.sentences(of: self)
    let copier = try copier(execution.planned, execution.models, execution.data, execution.engine)
    let making = AugmentedTextMaking(
      path: execution.path, copier: copier, keepsOriginals: keepsOriginals,
      identity: execution.digest)
    execution.began(
      sentences.count,
      execution.resumes
        ? AugmentedTextMaking.finishedSentences(path: execution.path, identity: execution.digest)
        : 0)
    return TextResult(
      path: execution.path,
      made: try making.run(
        total: sentences.count, resumes: execution.resumes, observer: execution.observer,
        over: sentences.forEach))
  }

  private func copier(
    _ planned: PlannedText, _ models: ModelMaking, _ data: PreparedData, _ engine: Engine
  ) throws -> any SentenceCopier {
    switch method {
    case .modelFree(let method): return method.makeCopier(seed: seed)
    case .asking(_, let method):
      let model = try models.make(planned.input("model"))
      let words = model.configuration.vocabularySize
      guard method.candidates <= words else {
        throw AugmentationError.tooManyCandidates(method.candidates, words: words)
      }
      return method.makeCopier(
        model: model, tokenizer: try data.tokenizer(), seed: seed, engine: engine)
    }
  }

  /// The first sentences are copied until the time is enough to judge by.
  func probe(_ planned: PlannedText, in probe: StageProbe) throws -> RunForecast.Text {
    let sentences = try probe.data.sentences(of: self)
    let growth =
      try textStages.map { try probe.data.stageTexts.text(ofStage: $0).growth }.max() ?? 1
    let count = sentences.count.multipliedClamping(by: growth)
    let folder =
      NSTemporaryDirectory() + "retort-probe-\(ProcessInfo.processInfo.globallyUniqueString)"
    try Folder.create(path: folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/text.txt"
    let watch = SentenceWatch()
    let making = AugmentedTextMaking(
      path: path, copier: try copier(planned, probe.models, probe.data, probe.engine),
      keepsOriginals: keepsOriginals, identity: "probe")
    do {
      _ = try making.run(
        total: sentences.count, resumes: false, observer: watch, over: sentences.forEach)
    } catch RecordingError.interrupted {}
    let bytes = try MappedFile(path: path).bytes.count
    let done = Double(max(1, watch.done))
    let size = Int(Double(bytes) / done * Double(count))
    return RunForecast.Text(
      id: planned.id, sentences: count, lines: count.multipliedClamping(by: mostLines),
      seconds: watch.secondsPerSentence * Double(count), memoryBytes: ProcessMemory.peakBytes,
      keptBytes: size, diskBytes: 2 * size)
  }
}

/// Ends a probe when it has gone on long enough.
private final class SentenceWatch: RecordingObserver {
  private(set) var done = 0
  private var seconds = 0.0
  private var firstSeconds = 0.0
  private var firstDone = 0

  /// The first block warms caches and threads up.
  var secondsPerSentence: Double {
    done > firstDone
      ? (seconds - firstSeconds) / Double(done - firstDone) : seconds / Double(max(1, done))
  }

  var stopIsRequested: Bool { seconds - firstSeconds > 2 }

  func recorded(_ progress: RecordingProgress) {
    done = progress.done
    seconds += progress.seconds
    if firstDone == 0 { (firstDone, firstSeconds) = (done, seconds) }
  }
}
