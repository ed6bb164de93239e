// Many texts at once: the ids of one text after the other, on any number of threads.
import RetortTestSupport
import Testing

@testable import RetortText

@Suite("Encoded texts")
struct EncodedTextsTests {
  private let tokenizer: BertTokenizer

  init() throws {
    tokenizer = BertTokenizer(
      vocabulary: try TokenizerFixture.vocabulary(), lowercase: true, stripAccents: nil,
      splitsCJK: true)
  }

  /// More than one thread's piece of work, with empty, short, long and foreign ones among them.
  private var texts: [String] {
    (0..<4000).map { number in
      let words = ["a", "warm", "Film", "unaffable", "naïve,", "中文", "e\u{301}t\u{e9}", "[MASK]"]
      return (0..<number % 23).map { words[(number + $0 * $0) % words.count] }
        .joined(separator: " ")
    } + [String(repeating: "endless ", count: 20_000), ""]
  }

  @Test("Ids are counted, those that do not occur too")
  func counts() {
    var sequences = TokenSequences()
    sequences.append([2, 0, 2])
    sequences.append([2, 3])
    #expect(sequences.tokenCounts(vocabularySize: 5) == [1, 0, 3, 1, 0])
  }

  @Test("Sentences: the ids one by one, at any number of threads", arguments: [nil, 2, 9])
  func sentences(maximumLength: Int?) {
    let texts = texts
    let expected = texts.map { tokenizer.encode($0, maximumLength: maximumLength) }
    for threads in [1, 2, 3] {
      let sequences = TokenSequences(
        texts, tokenizer: tokenizer, maximumLength: maximumLength, threads: threads)
      #expect(sequences.count == texts.count)
      #expect(sequences.tokenIDs == expected.flatMap { $0 })
      #expect(sequences.lengths == expected.map(\.count))
    }
    #expect(
      TokenSequences([], tokenizer: tokenizer, maximumLength: nil, threads: 2).count == 0)
  }

  private func encode(
    _ texts: [[UInt8]], _ rule: InvalidUTF8Rule, addSpecials: Bool = true, threads: Int
  ) -> EncodedLines {
    let bytes = texts.flatMap { $0 }
    return bytes.withUnsafeBufferPointer { bytes in
      var lines: [UnsafeBufferPointer<UInt8>] = []
      var place = 0
      for text in texts {
        lines.append(UnsafeBufferPointer(rebasing: bytes[place..<place + text.count]))
        place += text.count
      }
      return EncodedLines(
        lines, tokenizer: tokenizer, addSpecials: addSpecials, maximumLength: nil,
        invalidUTF8: rule, threads: threads)
    }
  }

  @Test("Lines: all of them, or those before the first that is not UTF-8", arguments: [1, 2, 3])
  func lines(threads: Int) {
    let good = texts.map { Array($0.utf8) }
    let whole = encode(good, .refuse, addSpecials: false, threads: threads)
    #expect(whole.refusal == nil && whole.repairedCount == 0)
    #expect(
      whole.sequences.tokenIDs == texts.flatMap { tokenizer.encode($0, addSpecials: false) })

    var bad = good
    bad[3100] = [0x61, 0x20, 0xC3]
    bad[3900] = [0xFF]
    let refused = encode(bad, .refuse, threads: threads)
    #expect(refused.refusal == InvalidUTF8(byteOffset: 2, byte: 0xC3))
    #expect(refused.sequences.count == 3100)
    #expect(refused.sequences.tokenIDs == texts[..<3100].flatMap { tokenizer.encode($0) })

    let repaired = encode(bad, .replace, threads: threads)
    #expect(repaired.refusal == nil && repaired.repairedCount == 2)
    #expect(repaired.sequences.count == texts.count)
    #expect(Array(repaired.sequences[3100]) == tokenizer.encode("a \u{FFFD}"))

    let none = encode([], .refuse, threads: threads)
    #expect(none.sequences.count == 0 && none.refusal == nil)
  }
}
