/// Encodes many texts on several threads; the ids are the same on any number of them.
import RetortParallel

extension TokenSequences {
  /// The ids of `sentences` with [CLS] and [SEP], each cut at `maximumLength`.
  /// - Parameters:
  ///   - seconds: the second text of each, as long as `sentences`; nil for single texts.
  ///   - maximumLength: at least 2, of pairs 3; nil cuts nothing.
  ///   - threads: how many work on it, at least 1.
  public init(
    _ sentences: [String], pairedWith seconds: [String]? = nil, tokenizer: BertTokenizer,
    maximumLength: Int?, threads: Int = 1
  ) {
    precondition(
      seconds.map { $0.count == sentences.count } ?? true, "a second text for each sentence")
    let pieces = Pieces(of: sentences.count) {
      sentences[$0].utf8.count + (seconds?[$0].utf8.count ?? 0)
    }
    self.init(
      joining: concurrentMap(pieces.ranges.count, threads: threads) { piece in
        var encoder = TextEncoder(
          tokenizer, addSpecials: true, maximumLength: maximumLength, invalidUTF8: .refuse)
        var offsets = [0]
        var secondStarts: [Int32]? = seconds == nil ? nil : []
        for sentence in pieces.ranges[piece] {
          if let seconds {
            let start = encoder.append(sentences[sentence], pairedWith: seconds[sentence])
            secondStarts?.append(Int32(start))
          } else {
            encoder.append(sentences[sentence])
          }
          offsets.append(encoder.tokenCount)
        }
        return TokenSequences(
          tokenIDs: Array(encoder.tokenIDs), offsets: offsets, secondStarts: secondStarts)
      })
  }

  /// All sequences of all parts, in order.
  init(joining parts: [TokenSequences]) {
    self.init()
    reserveCapacity(
      sequences: parts.reduce(0) { $0 + $1.count }, tokens: parts.reduce(0) { $0 + $1.tokenCount })
    for part in parts { append(contentsOf: part) }
  }
}

/// Lines of text that may not be UTF-8, encoded up to the first that is refused.
public struct EncodedLines: Sendable {
  /// The ids of all lines before the one that is refused, of all if none is.
  public private(set) var sequences = TokenSequences()
  /// How many of them were repaired.
  public private(set) var repairedCount = 0
  /// Why the line after them is refused.
  public private(set) var refusal: InvalidUTF8?

  /// - Parameters:
  ///   - lines: each without its line feed.
  ///   - addSpecials, maximumLength, invalidUTF8: as in `BertTokenizer.encode`.
  ///   - threads: how many work on it, at least 1.
  public init(
    _ lines: [UnsafeBufferPointer<UInt8>], tokenizer: BertTokenizer, addSpecials: Bool,
    maximumLength: Int?, invalidUTF8: InvalidUTF8Rule, threads: Int
  ) {
    let pieces = Pieces(of: lines.count) { lines[$0].count }
    let parts = concurrentMap(pieces.ranges.count, threads: threads) { piece in
      EncodedLines(
        lines[pieces.ranges[piece]],
        encoder: TextEncoder(
          tokenizer, addSpecials: addSpecials, maximumLength: maximumLength,
          invalidUTF8: invalidUTF8))
    }
    let refused = parts.firstIndex { $0.refusal != nil }
    let used = parts[..<(refused.map { $0 + 1 } ?? parts.count)]
    sequences = TokenSequences(joining: used.map(\.sequences))
    repairedCount = used.reduce(0) { $0 + $1.repairedCount }
    refusal = used.last?.refusal
  }

  private init(
    _ lines: ArraySlice<UnsafeBufferPointer<UInt8>>, encoder: consuming TextEncoder
  ) {
    var offsets = [0]
    for line in lines {
      do {
        if try encoder.append(line) { repairedCount += 1 }
      } catch {
        refusal = error
        break
      }
      offsets.append(encoder.tokenCount)
    }
    sequences = TokenSequences(tokenIDs: Array(encoder.tokenIDs), offsets: offsets)
  }
}

/// Texts cut into ranges of about the same work.
private struct Pieces {
  private(set) var ranges: [Range<Int>] = []
  /// Some 20,000 ids: they fit a processor's own cache, and are a fraction of a millisecond's work.
  private static let byteCount = 1 << 16

  /// - Parameter bytes: the size of a text.
  init(of count: Int, bytes: (Int) -> Int) {
    var (start, size) = (0, 0)
    for text in 0..<count {
      size += bytes(text)
      guard size >= Self.byteCount || text == count - 1 else { continue }
      ranges.append(start..<text + 1)
      (start, size) = (text + 1, 0)
    }
  }
}
