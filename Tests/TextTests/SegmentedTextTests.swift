// The words of a text and the ids of each.
import Testing

@testable import RetortText

@Suite("Words with their pieces")
struct SegmentedTextTests {
  @Test("the ids are those of the whole text, and every word has its own")
  func pieces() throws {
    let tokens =
      Vocabulary.specialTokens + [
        "film", "##s", "good", "##ness", "a", "e", "##e", "-", "i", "<new>",
      ]
    let vocabulary = try Vocabulary(tokens: tokens)
    let long = String(repeating: "a", count: 101)
    let texts = [
      "", " ", "Films, GOODNESS - a film", "film[MASK]films", "ÉE é\u{301}e İ \u{0}film", long,
      "a \(long) film", "a<new>film", "unbekannt films",
    ]
    for added in [
      [], [AddedSpelling(content: "<new>", id: 14, isSpecial: false, isNormalized: false)],
    ] {
      let tokenizer = BertTokenizer(
        vocabulary: vocabulary, options: TokenizerOptions(addedTokens: added))
      for text in texts {
        let segmented = tokenizer.segmented(text)
        #expect(segmented.tokenIDs == tokenizer.encode(text, addSpecials: false), "\(text)")
        let pieces = segmented.words.indices.map(segmented.pieces)
        #expect(pieces.flatMap { Array($0) } == Array(segmented.tokenIDs.indices), "\(text)")
        // What is written out again is read as the same.
        let again = segmented.words.joined(separator: " ")
        #expect(tokenizer.encode(again, addSpecials: false) == segmented.tokenIDs, "\(text)")
      }
    }
    let tokenizer = BertTokenizer(vocabulary: vocabulary, options: TokenizerOptions())
    let films = tokenizer.segmented("Films film[MASK] \(long)")
    #expect(films.words == ["films", "film", "[MASK]", "[UNK]"])
    #expect(films.words.indices.map(films.pieces) == [0..<2, 2..<3, 3..<4, 4..<5])
  }
}
