// The texts that stages make, for whatever reads them.
import Foundation
import RetortDistillation
import RetortFiles
import RetortText

/// Tells where the texts of stages are.
protocol StageTexts {
  func text(ofStage id: String) throws -> StageText
}

/// What is read in the place of a stage's text.
struct StageText {
  let source: CorpusSource
  /// At most so many lines of the text stand for one of the source; 1 of the text itself.
  var growth = 1
}

/// Before it is known which stages there are.
struct NoStageTexts: StageTexts {
  func text(ofStage id: String) throws -> StageText {
    preconditionFailure("the text of \(id) is asked for before digests are known")
  }
}

/// Texts that are looked up in the stage cache.
struct CachedTexts: StageTexts {
  let digests: PlanDigests
  let cache: StageCache
  /// For the message where one is not there.
  let definitionPath: String

  func text(ofStage id: String) throws -> StageText {
    guard let path = path(ofStage: id) else {
      throw RunError.textNotMade(id, definition: definitionPath)
    }
    return StageText(source: .path(path))
  }

  /// Nil where it has not been made.
  func path(ofStage id: String) -> String? {
    guard let folder = digests.stages[id].flatMap(cache.lookUp) else { return nil }
    let path = "\(folder)/\(ExperimentRunner.textName)"
    return Locations.exists(path) ? URL(fileURLWithPath: path).standardizedFileURL.path : nil
  }
}

/// Texts of the cache, and the sentences that are copied in the place of those that have not been made: for a forecast.
struct ForecastTexts: StageTexts {
  let cached: CachedTexts
  let plan: ResolvedPlan
  let data: Unowned

  /// The data that has these texts.
  struct Unowned { unowned let data: PreparedData }

  func text(ofStage id: String) throws -> StageText {
    if let path = cached.path(ofStage: id) { return StageText(source: .path(path)) }
    guard let work = plan.text(id: id)?.stage.work else {
      preconditionFailure("the plan has no text \(id)")
    }
    let source = try data.data.sentences(of: work).source
    let before = try work.textStages.map { try text(ofStage: $0).growth }.max() ?? 1
    return StageText(source: source, growth: work.mostLines.multipliedClamping(by: before))
  }
}

extension PreparedData {
  /// The text with files in the place of what stages make.
  func located(_ source: CorpusSource) throws -> CorpusSource {
    try source.replacingStages { try stageTexts.text(ofStage: $0).source }
  }

  /// At most so many sequences stand for one of a corpus: more than 1 where a text has not been made.
  private func growth(of options: CorpusOptions) throws -> Int {
    try options.texts.flatMap(\.stages).map { try stageTexts.text(ofStage: $0).growth }.max() ?? 1
  }

  /// Of a stage's corpus; an upper bound where a text has not been made.
  func size(of corpus: TokenizedCorpus, _ options: CorpusOptions) throws -> DataSize {
    let growth = try growth(of: options)
    return DataSize(
      sequences: corpus.sequenceCount.multipliedClamping(by: growth),
      tokens: corpus.tokenCount.multipliedClamping(by: growth), isAtMost: growth > 1)
  }

  /// The sentences of a source, and how they came about.
  func sentenceFiles(of source: SentenceSource) throws -> SentenceFiles {
    guard case .sentences(let located) = try located(.sentences(source)) else {
      preconditionFailure("sentences stay sentences")
    }
    return try locations.sentences(of: located)
  }

  /// The sentences that a stage copies, one a line.
  func sentences(of work: any TextWork) throws -> StageSentences {
    if let source = work.sentences {
      let located = try located(.sentences(source))
      let counts = try sentenceFiles(of: source).counts
      return StageSentences(
        source: located, count: source.part == .heldOut ? counts.heldOut : counts.kept,
        path: try locations.file(of: located))
    }
    guard let task = work.taskRead else {
      preconditionFailure("a text is made of a task or of sentences")
    }
    let lines = try self.task(task).train.sentences.map(\.inOneLine).filter { !$0.isEmpty }
    guard !lines.isEmpty else {
      throw TrainingError.noData("\(task.name): there are no training sentences to copy")
    }
    var sum = SHA256()
    for line in lines { sum.update("\(line)\n") }
    let path = "\(locations.prepared)/task-sentences-\(sum.hexDigest().prefix(32)).txt"
    if !FileSeal.isIntact(path: path) {
      try Folder.create(path: locations.prepared)
      let file = try AtomicFileWriter(path: path)
      for line in lines { try file.write("\(line)\n") }
      try file.commit()
      try FileSeal.write(for: path)
    }
    return StageSentences(source: .path(path), count: lines.count, path: path)
  }
}

/// Sentences in a file, one a line.
struct StageSentences {
  let source: CorpusSource
  let count: Int
  let path: String

  /// Calls `body` with each, in order, until it throws.
  func forEach(_ body: (String) throws -> Void) throws {
    var failure: (any Error)?
    do {
      try TextInput(path: path).forEachParagraph { (sentence) throws(DataError) in
        do {
          try body(sentence.inOneLine)
        } catch {
          failure = error
          throw DataError.unreadable(path: path, reason: "\(error)")
        }
      }
    } catch { throw failure ?? error }
  }
}

extension String {
  /// The words with single blanks where white space was.
  fileprivate var inOneLine: String {
    unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { String($0) }
      .joined(separator: " ")
  }
}
