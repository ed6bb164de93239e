// The hidden states of a text, line by line, kept for analysis.
import Glibc
import RetortFiles
import RetortStorage
import RetortText
import RetortTransformers

/// Runs every line of a text, one sequence each, through an encoder and stores the hidden states asked for.
public struct TextActivationRecording {
  let model: TransformerModel
  let tokenizer: BertTokenizer
  /// Lines are cut after this many tokens, [CLS] and [SEP] included.
  let maximumLength: Int
  let invalidUTF8: InvalidUTF8Rule
  let engine: Engine

  public init(
    model: TransformerModel, tokenizer: BertTokenizer, maximumLength: Int,
    invalidUTF8: InvalidUTF8Rule = .refuse, engine: Engine
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.maximumLength = maximumLength
    self.invalidUTF8 = invalidUTF8
    self.engine = engine
  }

  /// Goes on behind the lines that are safe, to the end; `writer.finish()` is left to the caller. The bits do not
  /// depend on where an earlier recording stopped.
  /// - Returns: how many lines of the whole text were not UTF-8 and were repaired.
  @discardableResult
  public func run(
    over text: MappedFile, into writer: ExampleActivationWriter,
    observer: (any RecordingObserver)? = nil
  ) throws -> Int {
    defer { extendLifetime(text) }
    let bytes = text.bytes.bindMemory(to: UInt8.self)
    let total = Self.lineCount(bytes)
    guard total > 0 else { throw RecordingError.emptyText(path: text.path) }
    let finished = writer.finishedSequenceCount
    let computation = ExampleComputation(models: [model], writer: writer, engine: engine)
    var clock = RecordingClock(total: total, observer: observer)
    var waiting = TokenSequences()
    var (place, number) = (0, 0)
    var tokenIDs: [Int32] = []
    var repaired = 0
    while number < total {
      let end = Self.lineEnd(bytes, from: place)
      tokenIDs.removeAll(keepingCapacity: true)
      do {
        let wasMalformed = try tokenizer.encode(
          UnsafeBufferPointer(rebasing: bytes[place..<end]), addSpecials: true,
          maximumLength: maximumLength, invalidUTF8: invalidUTF8, into: &tokenIDs)
        if wasMalformed { repaired += 1 }
      } catch {
        throw RecordingError.invalidUTF8(
          path: text.path, line: number + 1, byteOffset: place + error.byteOffset)
      }
      waiting.append(tokenIDs)
      place = end + 1
      number += 1
      guard waiting.tokenCount >= ExampleActivationRecording.batchTokens || number == total else {
        continue
      }
      defer { waiting = TokenSequences() }
      guard number > finished else { continue }
      let rest = max(0, finished - (number - waiting.count))..<waiting.count
      try computation.record(PackedBatch(Array(rest), of: waiting))
      try clock.report(done: number, tokens: waiting.tokenCount, writer)
    }
    return repaired
  }

  /// A last line needs no line feed.
  private static func lineCount(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var (count, place) = (0, 0)
    while place < bytes.count {
      place = lineEnd(bytes, from: place) + 1
      count += 1
    }
    return count
  }

  private static func lineEnd(_ bytes: UnsafeBufferPointer<UInt8>, from place: Int) -> Int {
    guard let base = bytes.baseAddress, place < bytes.count,
      let found = memchr(base + place, 10, bytes.count - place)
    else { return bytes.count }
    return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
  }
}
