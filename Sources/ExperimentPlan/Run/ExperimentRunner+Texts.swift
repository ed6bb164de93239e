// The stages of a run that make a text.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords

extension ExperimentRunner {
  /// The text's part of the record: of the cache, or of the text that is made and put there.
  func make(
    _ planned: PlannedText, digest: String, digests: PlanDigests, _ folder: RunFolder,
    _ events: RunEvents
  ) throws -> TextRecord {
    if let cached = cache.lookUp(digest) {
      var record = try TextRecord.read(path: "\(cached)/\(Self.textRecordName)").named(for: planned)
      record.measured.fromCache = try !wasComputedHere(planned.id, folder)
      events.note("\(planned.id): found in the cache")
      try folder.finish(stage: planned.id, keepingCheckpoint: false)
      events.update(planned.id) { $0.state = .finished }
      return record
    }
    let watcher = TextWatcher(stage: planned.id, events: events, observer: observer)
    events.note("\(planned.id): \(planned.kind.rawValue)")
    if let source = planned.stage.work.sentences {
      events.note("\(planned.id): \(try data.sentenceFiles(of: source).counts.words(source.rule))")
    }
    let start = ContinuousClock.now
    let execution = TextExecution(
      planned: planned, digest: digest, data: data, models: modelMaking(digests), engine: engine,
      path: folder.partialText(ofStage: planned.id), resumes: request.resumes, observer: watcher
    ) { total, done in
      if done > 0 { events.note("\(planned.id): going on after sentence \(done.grouped)") }
      events.textBegan(planned, totalSentences: total, resumedAt: done)
    }
    let result = try planned.stage.work.run(in: execution)
    let record = try planned.record(of: result, digest: digest, experiment: variant.runName)
    let stored = try cache.store(digest) { place in
      try FileCopy.make(of: result.path, at: "\(place)/\(Self.textName)")
      try AtomicFile.replace(
        path: "\(place)/\(Self.textRecordName)", with: record.fileText())
    }
    try folder.finish(stage: planned.id, keepingCheckpoint: false)
    try events.finished(planned.id, planned.kind, seconds: (.now - start) / .seconds(1))
    events.note("\(planned.id): \(result.made.counts.words): \(stored)/\(Self.textName)")
    return record
  }
}

extension AugmentationCounts {
  /// Of so many sentences how many lines, in words.
  public var words: String {
    var parts = ["\(sentences.grouped) sentences, \(copies.grouped) copies"]
    parts.append("\(duplicates.grouped) of them dropped as duplicates")
    parts.append("\(replaced.grouped) words replaced")
    if untouched > 0 { parts.append("\(untouched.grouped) sentences without a word to replace") }
    if beyond > 0 { parts.append("\(beyond.grouped) words beyond the model's positions") }
    parts.append("\(lines.grouped) lines")
    return parts.joined(separator: "; ")
  }
}

/// Reports the progress of a text to the run's observer.
private final class TextWatcher: RecordingObserver {
  private let stage: String
  private let events: RunEvents
  private weak var observer: (any RunObserver)?
  private var tenth = -1
  private var written = ContinuousClock.now

  init(stage: String, events: RunEvents, observer: (any RunObserver)?) {
    self.stage = stage
    self.events = events
    self.observer = observer
  }

  var stopIsRequested: Bool { observer?.stopIsRequested ?? false }

  func recorded(_ progress: RecordingProgress) {
    observer?.sentencesCompleted(progress, stage: stage)
    if (.now - written) / .seconds(1) > 2 {
      written = .now
      events.update(stage) { $0.checkpointStep = progress.done }
    }
    let now = progress.done * 10 / max(1, progress.total)
    guard now != tenth else { return }
    tenth = now
    events.log("\(stage): sentence \(progress.done.grouped) of \(progress.total.grouped)")
  }
}
