// Sentences: where they end, which are taken, and that equal texts stay on one side.
import Foundation
import RetortFiles
import RetortTables
import RetortTestSupport
import Testing

@testable import RetortText

@Suite("Sentences")
struct SentenceTests {
  // | marks where a paragraph must be cut.
  @Test(
    "sentences end where they should",
    arguments: [
      "It works. | It does!  | Does it? | Yes",
      "Mr. Smith met Dr. J. R. Jones at St. Mary's on Jan. 5.",
      "He left the U.S. Senate in 1999. | Then he wrote.",
      "They moved to the U.S. | The weather was better.",
      "Apples, pears, etc. | They were good.", "Apples, pears, etc. were good.",
      "It costs 3.5 dollars at example.com, i.e. Nothing.", "See fig. 3 and no. 7. | No. | I am.",
      "He said \"Go.\" | Then he went.", "“What?” he asked. | “Go!” | He went.",
      "\"What?\" he asked. | \"Really?\" she said.", "(It rained.) | It stopped [at last.] | Good",
      "Well... maybe... | No.", "He waited… | Then… nothing.", "Wait... what?! | No way!!! | Yes.",
      "1. First things | ".replacing(" | ", with: "") + " first. | 2. Then others.",
      "So did I. | Then I. B. M. came.", "¿Qué? | ¡Sí! | Ärger. | Élan.",
      "日本語。これは", "Really ?", "A.", ".", "...", "Stop. | - Go. | — Yes.",
      // Tokenised, in small letters.
      "it works . | it does ! | does it ? | yes", "mr . smith met dr . jones . | he left .",
      "an aspect ratio of 1 . 85 : 1 , and 8 . 5 million . | 3 stars .",
      "the u . s . senate , george c . scott and etc . | ".replacing(" | ", with: "") + "all .",
      "he said \" go now . \" | then he went .", "so did i . | then i . q . tests came .",
      "how did you know that ? \" | the stunned man".replacing("? \" | ", with: "? | \" "),
      "( it rained . ) | it stopped .", "and then . . . nothing . | fine . . .",
      "get a life ! ! ! | okay , fine .", "why ? ! , he said .",
    ])
  func ends(marked: String) {
    let expected = marked.split(separator: "|").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    let text = marked.replacing(" | ", with: " ").replacing("| ", with: "")
    #expect(SentenceSplitter().sentences(in: text) == expected)
  }

  @Test("no letter is lost, whatever the text")
  func nothingIsLost() {
    var state: UInt64 = 11
    func next(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
    let pieces = [
      "a", "B", "mr", "U", ".", ".", "!", "?", "…", "\"", "'", "(", ")", " ", " ", "\t", "\u{A0}",
      "3", ",",
      "é", "e\u{301}", "🎬", "“", "”", "i", "etc", "-",
    ]
    for _ in 0..<3000 {
      let text = (0..<next(24)).map { _ in pieces[next(pieces.count)] }.joined()
      let found = SentenceSplitter().sentences(in: text)
      func visible(_ text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.filter { !$0.properties.isWhitespace }
      }
      #expect(found.flatMap(visible) == visible(text), "\(text.debugDescription)")
      #expect(!found.contains { visible($0).isEmpty })
    }
  }

  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func write(_ name: String, _ text: String) throws -> TextInput {
    try folder.write(name, text)
    return TextInput(path: folder.file(name))
  }

  private func lines(_ path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  private func files(
    _ rule: SentenceRule, _ inputs: [TextInput], key: String = UUID().uuidString
  ) throws -> SentenceFiles {
    try SentenceFiles(rule, of: inputs, key: key, folder: folder.file("prepared"))
  }

  @Test("words, repetitions, blank lines, byte order marks, carriage returns, columns")
  func taken() throws {
    let text = try write(
      "a.txt",
      "\u{FEFF}One two three.  One two.\r\n\n \t\nOne two three. A b c d e.\n\u{2003}É ü 🎬\u{A0}.")
    let table = try write("t.csv", "id,text\n1,\"One\ntwo  three.\"\n2,\" \"\n3,Nine ten eleven.\n")
    let column = TextInput(path: table.path, column: .init(name: "text", format: .csv))
    let found = try files(SentenceRule(words: 3...4, isUnique: true), [text, column])
    #expect(try lines(found.training) == ["One two three.", "É ü 🎬 .", "Nine ten eleven."])
    #expect(found.heldOut == nil)
    let counts = found.counts
    #expect(counts.paragraphs == 5 && counts.sentences == 7 && counts.kept == 3)
    #expect(counts.tooShort == 1 && counts.tooLong == 1 && counts.repeated == 2)
    #expect(
      try SentenceFiles.counts(SentenceRule(words: 3...4, isUnique: true), of: [text, column])
        == counts)
    #expect(
      counts.words(SentenceRule(words: 3...4, isUnique: true))
        == "5 paragraphs, 7 sentences; 1 shorter than 3 words left out; 1 longer than 4; 2 repeated; 3 to learn from"
    )
    let whole = try files(SentenceRule(split: .lines), [text])
    #expect(
      try lines(whole.training) == [
        "One two three. One two.", "One two three. A b c d e.", "É ü 🎬 .",
      ])
  }

  @Test("files that were cut or edited since are made again, with the same bytes")
  func damaged() throws {
    let text = try write("a.txt", (0..<50).map { "Text number \($0).\n" }.joined())
    let rule = SentenceRule(holdOut: .init(size: .share(0.3), seed: 3))
    let found = try files(rule, [text], key: "key")
    let (training, heldOut) = (try lines(found.training), try lines(#require(found.heldOut)))
    for path in [found.training, try #require(found.heldOut)] {
      for damage in ["", "Text of another file.\n"] {
        try folder.write(String(path.dropFirst(folder.path.count + 1)), damage)
        #expect(try files(rule, [text], key: "key") == found)
        #expect(try lines(found.training) == training)
        #expect(try lines(#require(found.heldOut)) == heldOut)
      }
    }
    // Whole, they are not made again.
    let before = FileIdentity(path: found.training)
    _ = try files(rule, [text], key: "key")
    #expect(FileIdentity(path: found.training) == before)
  }

  @Test(
    "held out: by texts and seed alone; equal texts are on one side; both parts are all",
    arguments: [SentenceRule.HoldOut.Size.share(0.3), .sentences(30)])
  func holdOut(size: SentenceRule.HoldOut.Size) throws {
    let texts = (0..<100).map { "Text number \($0 % 80)." }
    let forward = try write("f.txt", texts.joined(separator: "\n"))
    let backward = try write("b.txt", texts.reversed().joined(separator: "\n"))
    func parts(_ input: TextInput, seed: UInt64 = 3, unique: Bool = false) throws -> (
      [String], [String]
    ) {
      let found = try files(
        SentenceRule(isUnique: unique, holdOut: .init(size: size, seed: seed)), [input])
      let held = try lines(#require(found.heldOut))
      #expect(found.counts.heldOut == held.count)
      let learned = try lines(found.training)
      #expect(found.counts.kept == learned.count)
      return (learned, held)
    }
    let (learned, held) = try parts(forward)
    #expect((learned + held).sorted() == texts.sorted())
    #expect(Set(learned).isDisjoint(with: held))
    switch size {
    case .sentences(let count): #expect(Set(held).count == count)
    case .share, .paragraphs: #expect((10...40).contains(Set(held).count))
    }
    #expect(try Set(parts(backward).1) == Set(held))
    #expect(try Set(parts(forward, seed: 4).1) != Set(held))
    let unique = try parts(forward, unique: true)
    #expect(Set(unique.1) == Set(held) && unique.1.count == Set(held).count)
  }

  @Test("held-out paragraphs take all their sentences with them, and equal ones from the others")
  func heldOutParagraphs() throws {
    // Each has one sentence of its own and one that the next paragraph has too.
    let paragraphs = (0..<20).map {
      "Own number \($0). Shared number \($0). Shared number \($0 + 1)."
    }
    func parts(_ paragraphs: [String], seed: UInt64) throws -> ([String], [String], SentenceCounts)
    {
      let input = try write("p.txt", paragraphs.joined(separator: "\n"))
      let found = try files(
        SentenceRule(isUnique: true, holdOut: .init(size: .paragraphs(4), seed: seed)), [input])
      return (try lines(found.training), try lines(#require(found.heldOut)), found.counts)
    }
    let (learned, held, counts) = try parts(paragraphs, seed: 3)
    let chosen = paragraphs.filter { paragraph in
      held.contains { $0.hasPrefix("Own") && paragraph.contains($0) }
    }
    #expect(chosen.count == 4)
    let sentences = Set(chosen.flatMap { SentenceSplitter().sentences(in: $0) })
    #expect(Set(held) == sentences && held.count == sentences.count)
    #expect(Set(learned).isDisjoint(with: held) && learned.count + held.count == 41)
    #expect(counts.heldOut == held.count && counts.kept == learned.count)
    #expect(
      counts.alsoHeldOut > 0
        && counts.sentences
          == counts.kept + counts.heldOut + counts.repeated + counts.alsoHeldOut
    )
    #expect(try Set(parts(paragraphs.reversed(), seed: 3).1) == sentences)
    #expect(try Set(parts(paragraphs, seed: 4).1) != sentences)
  }

  @Test("what was written is not read again, and a lost file is written anew")
  func kept() throws {
    let input = try write("a.txt", "One. Two. Three. Four. Five. Six.")
    let rule = SentenceRule(holdOut: .init(size: .sentences(2), seed: 1))
    let first = try files(rule, [input], key: "k")
    try folder.write("a.txt", "Seven.")
    #expect(try files(rule, [input], key: "k") == first)
    #expect(SentenceFiles.known(key: "k", folder: folder.file("prepared")) == first.counts)
    try folder.write("a.txt", "One. Two. Three. Four. Five. Six.")
    try FileManager.default.removeItem(atPath: try #require(first.heldOut))
    #expect(try files(rule, [input], key: "k") == first)
    #expect(try lines(#require(first.heldOut)).count == 2)
  }

  private func problem(_ rule: SentenceRule, _ inputs: [TextInput]) -> String {
    do {
      _ = try files(rule, inputs)
      return ""
    } catch { return "\(error)".replacing("\(folder.path)/", with: "") }
  }

  @Test(
    "nothing on a side, wrong bytes, missing columns and files are said, and nothing is left behind"
  )
  func mistakes() throws {
    let input = try write("a.txt", "One two. One two. Three four.")
    #expect(
      problem(SentenceRule(words: 5...9, isUnique: true), [input])
        == "a.txt: no sentence is left of 3 by the rule 'words 5 to 9, unique'; write a wider range of words"
    )
    #expect(
      problem(SentenceRule(holdOut: .init(size: .sentences(2), seed: 1)), [input])
        == "a.txt: expected fewer than the 3 sentences in hold_out.sentences, found 2; write a smaller number"
    )
    #expect(
      problem(SentenceRule(holdOut: .init(size: .sentences(9), seed: 1)), [input]).contains(
        "found 9"))
    #expect(
      problem(SentenceRule(holdOut: .init(size: .share(1e-9), seed: 1)), [input])
        .hasSuffix("leaves 3 sentences to learn from and 0 held out; write another hold_out.share"))
    #expect(
      problem(SentenceRule(holdOut: .init(size: .paragraphs(1), seed: 1)), [input])
        == "a.txt: 1 of 1 paragraphs leave 0 sentences to learn from and 3 held out; write another hold_out.paragraphs"
    )
    try AtomicFile.replace(path: folder.file("bad.txt"), with: Array("ok\né ".utf8) + [0xFF, 0x41])
    #expect(
      problem(SentenceRule(), [TextInput(path: folder.file("bad.txt"))])
        == "bad.txt:2:3: invalid UTF-8 at byte 6 of the file; convert the file to UTF-8")
    let table = try write("t.jsonl", "{\"text\": \"x\"}\n")
    #expect(
      problem(
        SentenceRule(), [TextInput(path: table.path, column: .init(name: "txt", format: .jsonl))])
        == "t.jsonl: no column 'txt'; did you mean 'text'?")
    #expect(problem(SentenceRule(), [TextInput(path: "/nowhere/x")]).hasPrefix("/nowhere/x: "))
    #expect(try Folder.names(path: folder.file("prepared")) == [])
  }

  @Test("a long sentence is one sequence, cut and closed by [SEP]")
  func longSentences() throws {
    let vocabulary = try Vocabulary(
      text: Array("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb".utf8), path: "v")
    let input = try write("a.txt", "a b a b a b a b\na b\n")
    func corpus(_ cuts: Bool) throws -> TokenizedCorpus {
      try TokenizedCorpus.open(
        texts: [input.path],
        tokenizer: BertTokenizer(vocabulary: vocabulary, options: .init(lowercase: true)),
        sequenceLength: 6, minimumLength: 3, cacheFolder: folder.file("prepared"),
        limitTokens: nil, cutsLongLines: cuts, threads: 1)
    }
    let cut = try corpus(true)
    #expect(cut.count == 2 && cut[0] == [2, 5, 6, 5, 6, 3] && cut[1] == [2, 5, 6, 3])
    #expect(try corpus(false).count == 4)
  }

  @Test(
    "the film reviews: how many sentences, and that few begin or end with a stray mark",
    .enabled(
      if: ProcessInfo.processInfo.environment["RETORT_MIRROR"] != nil,
      "RETORT_MIRROR names no folder of data sets"))
  func reviews() throws {
    let mirror = try #require(ProcessInfo.processInfo.environment["RETORT_MIRROR"])
    let input = TextInput(path: "\(mirror)/data/corpora/movie_reviews.txt")
    let counts = try SentenceFiles.counts(SentenceRule(words: 4...40, isUnique: true), of: [input])
    #expect(counts.paragraphs == 2000)
    // Cut at every . ! and ? there are 68,063, with ellipses and abbreviations in pieces.
    #expect((62_000...68_000).contains(counts.sentences), "\(counts)")
    #expect((52_000...59_221).contains(counts.kept), "\(counts)")
  }
}
