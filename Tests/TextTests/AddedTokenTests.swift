import Testing

@testable import RetortText

/// Expected ids are those of transformers 4.44.2: `AutoTokenizer.from_pretrained(folder)` of a folder with these words
/// in vocab.txt and these tokens in tokenizer_config.json's `added_tokens_decoder`.
@Suite("Added tokens and truncation on the left")
struct AddedTokenTests {
  private static let words =
    ("[PAD] [UNK] [CLS] [SEP] [MASK] [E1] covid-19 [E1]x the a film covid - 19 [ e1 ] e ##1 x ##x é 中 - "
    + "##19 very good bad").split(separator: " ").map(String.init)

  private func tokenizer(
    added: [AddedSpelling] = [], truncatesLeft: Bool = false
  ) throws -> BertTokenizer {
    BertTokenizer(
      vocabulary: try Vocabulary(tokens: Self.words),
      options: TokenizerOptions(addedTokens: added, truncatesLeft: truncatesLeft))
  }

  private let added = [
    AddedSpelling(content: "[E1]", id: 5, isSpecial: true, isNormalized: false),
    AddedSpelling(content: "covid-19", id: 6, isSpecial: false, isNormalized: true),
    AddedSpelling(content: "[E1]x", id: 7, isSpecial: true, isNormalized: false),
  ]

  @Test(
    "are found before the text is cut into words: as spelled, or in its normalized form",
    arguments: [
      ("the [E1] film", [8, 5, 10]), ("the [e1] film", [8, 14, 15, 16, 10]),
      ("a[E1]film", [9, 5, 10]), ("COVID-19 film", [6, 10]), ("covid - 19", [11, 23, 13]),
      ("cóvid-19", [6]), ("thecovid-19x", [8, 6, 19]), ("[E1]x", [7]),
      ("[E1][MASK][E1]xx", [5, 4, 7, 19]), ("中covid-19中", [22, 6, 22]), ("covid-\u{200b}19", [6]),
      ("[mask] [MASK] covid-[MASK]19", [14, 1, 16, 4, 11, 23, 4, 13]), ("", []),
    ] as [(String, [Int32])])
  func found(_ text: String, _ ids: [Int32]) throws {
    let tokenizer = try tokenizer(added: added)
    #expect(tokenizer.encode(text) == [2] + ids + [3])
    #expect(tokenizer.encode(text, addSpecials: false) == ids)
    #expect(tokenizer.encode(text, maximumLength: 4) == [2] + ids.prefix(2) + [3])
  }

  @Test("a special one is not masked, a word is")
  func special() throws {
    let vocabulary = try tokenizer(added: added).vocabulary
    #expect(vocabulary.specialIDs == [0, 1, 2, 3, 4, 5, 7])
    #expect(try tokenizer().vocabulary.specialIDs == [0, 1, 2, 3, 4])
  }

  @Test("they are part of what a tokenizer is called, and of nothing where there are none")
  func identity() throws {
    #expect(try tokenizer(added: added).identity != tokenizer().identity)
    #expect(try tokenizer(truncatesLeft: true).identity != tokenizer().identity)
    #expect("\(TokenizerOptions())" == "lowercase=true strip_accents=true split_cjk=true")
  }

  @Test(
    "the last tokens are kept, between [CLS] and [SEP]",
    arguments: [(2, []), (3, [27]), (5, [26, 10, 27]), (99, [8, 25, 26, 10, 27])]
      as [(Int, [Int32])])
  func truncatesLeft(_ most: Int, _ ids: [Int32]) throws {
    let text = "the very good film bad"
    let tokenizer = try tokenizer(truncatesLeft: true)
    #expect(tokenizer.encode(text, maximumLength: most) == [2] + ids + [3])
    let two = [text, text].map { tokenizer.encode($0, maximumLength: most) }
    #expect(two[0] == two[1])
  }
}
