// Whole sentences and their parts, sentences held out, labels sampled.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortText

@Suite("Smaller training sets")
struct TaskSelectionTests {
  /// Every pair of distinct texts compared word by word.
  private static func wholeTexts(_ texts: [String]) -> [[Substring]] {
    var distinct: [[Substring]] = []
    for text in texts {
      let words = text.split(whereSeparator: \.isWhitespace)
      if !distinct.contains(words) { distinct.append(words) }
    }
    return distinct.filter { words in
      !words.isEmpty && !distinct.contains { $0 != words && isPart(words, of: $0) }
    }
  }

  private static func isPart(_ words: [Substring], of whole: [Substring]) -> Bool {
    words.count <= whole.count
      && (0...whole.count - words.count).contains {
        whole[$0..<$0 + words.count].elementsEqual(words)
      }
  }

  @Test("an index agrees with comparing all pairs of texts, whatever their lengths")
  func index() {
    // Few words, so that many texts are parts of others, and repeat themselves.
    var state: UInt64 = 5
    func next(_ count: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % count)
    }
    let words = ["a", "b", "ä", "e\u{301}", "🎬", "A"]
    let texts = (0..<300).map { _ in
      (0..<next(9)).map { _ in words[next(6)] }.joined(separator: " ") + (next(2) == 0 ? " " : "")
    }
    let index = PhraseIndex(texts)
    let split = texts.map { $0.split(whereSeparator: \.isWhitespace) }
    #expect(
      index.wholeTexts.map { split[index.firstRows[$0]] } == Self.wholeTexts(texts))
    for text in index.firstRows.indices where index.wordCount(of: text) > 0 {
      let whole = split[index.firstRows[text]]
      let expected = index.firstRows.indices.filter {
        index.wordCount(of: $0) > 0 && Self.isPart(split[index.firstRows[$0]], of: whole)
      }
      #expect(index.parts(of: text) == expected, "\(whole)")
    }
  }

  @Test("white space of any kind separates words; the same words are one text")
  func words() {
    let index = PhraseIndex(["a  film ", "a\u{A0}film", "film\n", " \t", "a film\u{3000}!", "Film"])
    #expect(index.textOfRow == [0, 0, 1, 2, 3, 4])
    #expect(index.wholeTexts == [3, 4])
    #expect(index.parts(of: 3) == [0, 1, 3])
  }

  /// Ten sentences of three words, each with two phrases, half of the sentences good.
  private static let phrases: LabelledSentences = {
    let rows = (0..<10).flatMap { place -> [(String, Int32)] in
      let label: Int32 = place < 5 ? 0 : 1
      return [("s\(place) is x\(place)", label), ("x\(place)", label), ("is x\(place)", 1 - label)]
    }
    return LabelledSentences(
      sentences: rows.map(\.0), labels: rows.map(\.1), classNames: ["bad", "good"])
  }()

  private static let dev = LabelledSentences(
    sentences: ["d"], labels: [1], classNames: ["bad", "good"])

  @Test("held-out sentences take their parts with them and stand behind the development set")
  func holdOut() throws {
    let rule = SentenceHoldOut(sentences: 4, leastWords: 3, seed: 1)
    let found = try TaskSelection(holdOut: rule).applied(to: Self.phrases, Self.dev)
    #expect(found.training.count == 18 && found.development.count == 5)
    #expect(found.development.sentences[0] == "d")
    let held = found.development.sentences.dropFirst()
    for sentence in held {
      let last = sentence.split(separator: " ")[2]
      #expect(sentence.hasPrefix("s") && !found.training.sentences.contains { $0.hasSuffix(last) })
      let row = try #require(Self.phrases.sentences.firstIndex(of: sentence))
      let place = try #require(found.development.sentences.firstIndex(of: sentence))
      #expect(found.development.labels?[place] == Self.phrases.labels?[row])
    }
    #expect(held.sorted() == Array(held), "in the order of the rows")
    #expect(found.account.before.examples == 30 && found.account.after.examples == 18)
    #expect(found.account.lines[0] == "training set: 30 (bad 15, good 15)")
    #expect(
      found.account.lines[1].hasPrefix(
        "hold_out: 4 of 10 whole sentences of 3 words or more; 12 rows that are these sentences or parts of them leave the "
          + "training set, which keeps 18 ("))
    #expect(found.account.lines[2].hasPrefix("development set: 5 ("))

    let kept = try TaskSelection(
      holdOut: SentenceHoldOut(sentences: 4, leastWords: 3, seed: 1, dropsParts: false)
    ).applied(to: Self.phrases, Self.dev)
    #expect(kept.training.count == 26)
    #expect(kept.development.sentences == found.development.sentences)
    let others = try TaskSelection(
      holdOut: SentenceHoldOut(sentences: 4, leastWords: 3, seed: 2)
    ).applied(to: Self.phrases, Self.dev)
    #expect(others.development.sentences != found.development.sentences)
  }

  @Test("samples: by texts and seed, not by the order of rows; smaller ones in larger ones")
  func samples() throws {
    func sample(
      _ count: Int?, _ unit: LabelSample.Unit, _ seed: UInt64 = 7,
      of rows: LabelledSentences = TaskSelectionTests.phrases,
      stratified: Bool = false
    ) throws -> LabelledSentences {
      try TaskSelection(
        labels: LabelSample(count: count, unit: unit, seed: seed, isStratified: stratified)
      ).applied(to: rows, Self.dev).training
    }
    let six = try sample(6, .sentences)
    #expect(six.count == 6 && six.sentences.allSatisfy { $0.hasPrefix("s") })
    #expect(
      Set(try sample(3, .sentences, 3).sentences).isSubset(
        of: try sample(6, .sentences, 3).sentences))
    let backwards = Self.phrases.rows(Array((0..<30).reversed()))
    #expect(Set(try sample(6, .sentences, of: backwards).sentences) == Set(six.sentences))
    #expect(try sample(6, .sentences, 8).sentences != six.sentences)
    #expect(try sample(nil, .sentences).count == 10 && sample(nil, .rows).count == 30)
    #expect(try sample(12, .rows).count == 12)
    for seed in 0..<20 as Range<UInt64> {
      let found = try sample(5, .sentences, seed, stratified: true)
      #expect([2, 3].contains(found.labels?.count { $0 == 0 }))
      #expect(try sample(2, .sentences, seed, stratified: true).labels?.sorted() == [0, 1])
    }
  }

  @Test("a rare class keeps one example of a stratified sample, in the place of a common one")
  func rareClass() throws {
    let rows = LabelledSentences(
      sentences: (0..<100).map { "t\($0)" }, labels: (0..<100).map { $0 == 50 ? 2 : Int32($0 % 2) },
      classNames: ["a", "b", "c", "never"])
    let found = try TaskSelection(
      labels: LabelSample(count: 10, unit: .rows, seed: 1, isStratified: true)
    ).applied(to: rows, rows.rows([0])).training
    let counts = [0, 1, 2].map { label in found.labels?.count { $0 == label } }
    #expect(counts[2] == 1 && found.count == 10)
    #expect(counts[0] == 4 || counts[1] == 4)
  }

  @Test("a sample does not follow what was held out with the same seed")
  func independence() throws {
    // Were both in the order of one hash, all that is held out of the long sentences would leave samples of short ones.
    let rows = LabelledSentences(
      sentences: (0..<400).map { $0 < 200 ? "t\($0)" : "t\($0) and more" },
      labels: (0..<400).map { Int32($0 % 2) }, classNames: ["a", "b"])
    let found = try TaskSelection(
      labels: LabelSample(count: 100, unit: .sentences, seed: 1),
      holdOut: SentenceHoldOut(sentences: 100, leastWords: 3, seed: 1)
    ).applied(to: rows, rows.rows([0])).training
    // 33 expected of 100 long ones among 300; 4.7 standard deviations of a hypergeometric count.
    let long = found.sentences.count { $0.hasSuffix("more") }
    #expect((15...52).contains(long), "\(long)")
  }

  @Test("equal texts with different labels are one sentence with the first label, and that is said")
  func conflicts() throws {
    let rows = LabelledSentences(
      sentences: ["a film", "a film ", "film", "no film"], labels: [1, 0, 1, 0],
      classNames: ["bad", "good"])
    let found = try TaskSelection(labels: LabelSample(count: 2, unit: .sentences, seed: 1))
      .applied(to: rows, Self.dev)
    #expect(found.training.sentences == ["a film", "no film"] && found.training.labels == [1, 0])
    #expect(
      found.account.lines[1]
        == "1 whole sentence has rows with different labels; the first row counts")
    #expect(found.account.lines[2] == "labels: 2 of 2 whole sentences are kept: 2 (bad 1, good 1)")
    // Rows with the words of a sentence that is held out leave with it, whatever their labels.
    for seed in 0..<8 as Range<UInt64> {
      let held = SentenceHoldOut(sentences: 1, seed: seed, dropsParts: false)
      guard let kept = try? TaskSelection(holdOut: held).applied(to: rows, Self.dev) else {
        continue
      }
      #expect(
        kept.training.sentences
          == (kept.development.sentences[1] == "a film"
            ? ["film", "no film"] : ["a film", "a film ", "film"]))
    }
  }

  private func problems(
    _ selection: TaskSelection, _ rows: LabelledSentences = TaskSelectionTests.phrases
  ) -> [String] {
    do throws(TaskSelectionError) {
      _ = try selection.applied(to: rows, Self.dev)
      return []
    } catch { return error.problems.map { "\($0.key): \($0.text)" } }
  }

  @Test("what cannot be had is said")
  func mistakes() {
    #expect(
      problems(TaskSelection(holdOut: SentenceHoldOut(sentences: 11, leastWords: 3, seed: 1)))
        == [
          "hold_out.sentences: expected at most 10, the whole sentences of 3 words or more, found 11; write a smaller "
            + "number, or a smaller least_words"
        ])
    #expect(
      problems(TaskSelection(holdOut: SentenceHoldOut(sentences: 10, seed: 1)))
        == ["hold_out: no training example is left; hold out fewer sentences"])
    #expect(
      problems(TaskSelection(labels: LabelSample(count: 11, unit: .sentences, seed: 1)))
        == [
          "labels.count: expected at most 10, the whole sentences that there are, found 11; write a smaller number"
        ])
    #expect(
      problems(TaskSelection(labels: LabelSample(count: 31, unit: .rows, seed: 1)))
        == [
          "labels.count: expected at most 30, the rows that there are, found 31; write a smaller number"
        ])
    let one = problems(TaskSelection(labels: LabelSample(count: 1, unit: .rows, seed: 1)))
    #expect(
      one.count == 1
        && one[0].hasPrefix("labels: expected examples of every class, found none of '"))
    #expect(one[0].hasSuffix("write stratified: true, a larger count or another seed"))
    let stratified = problems(
      TaskSelection(labels: LabelSample(count: 1, unit: .rows, seed: 1, isStratified: true)))
    #expect(stratified.count == 1 && stratified[0].hasSuffix("; write a larger count"))
    let all = LabelledSentences(
      sentences: ["long one", "x", "y"], labels: [1, 0, 0], classNames: ["bad", "good"])
    #expect(
      problems(TaskSelection(holdOut: SentenceHoldOut(sentences: 1, leastWords: 2, seed: 1)), all)
        == [
          "hold_out: expected examples of every class, found none of 'good' in the 2 that are left; hold out fewer "
            + "sentences, or write another seed"
        ])
  }

  @Test("a regression is sampled by rows, its numbers kept")
  func numbers() throws {
    let rows = LabelledSentences(
      sentences: (0..<20).map { "t\($0)" }, secondSentences: (0..<20).map { "u\($0)" },
      numbers: (0..<20).map { Float($0) })
    let found = try TaskSelection(labels: LabelSample(count: 8, unit: .rows, seed: 1))
      .applied(to: rows, rows.rows([0, 1])).training
    #expect(found.count == 8 && found.kind == .regression)
    for (place, text) in found.sentences.enumerated() {
      #expect(found.numbers?[place] == Float(text.dropFirst()))
      #expect(found.secondSentences?[place].dropFirst() == text.dropFirst())
    }
  }

  @Test(
    "SST-2's published training set: 6,885 whole sentences, and what leaves with those held out",
    .enabled(
      if: ProcessInfo.processInfo.environment["RETORT_MIRROR"] != nil,
      "RETORT_MIRROR names no folder of data sets"))
  func published() throws {
    let mirror = try #require(ProcessInfo.processInfo.environment["RETORT_MIRROR"])
    let rows = try LabelledSentences(
      task: .sst2, split: .train, path: "\(mirror)/data/glue/SST-2/train.tsv")
    let index = PhraseIndex(rows.sentences)
    // Counted by a program of its own: sets of all runs of words.
    #expect(index.firstRows.count == 66_978 && index.wholeTexts.count == 6885)
    #expect(index.wholeTexts.count { index.wordCount(of: $0) >= 10 } == 5825)
    var wholes = [Int](repeating: 0, count: index.firstRows.count)
    for text in index.wholeTexts { for part in index.parts(of: text) { wholes[part] += 1 } }
    // 94.17 % of the distinct rows are parts of one sentence alone.
    #expect(wholes.count { $0 == 1 } == 63_073)
    let dev = rows.rows([0])
    // 30 draws of each by that program left 54,700 to 55,290 and 43,550 to 44,180.
    for (count, range) in [(1000, 54_400...55_600), (2000, 43_200...44_600)] {
      let found = try TaskSelection(
        holdOut: SentenceHoldOut(sentences: count, leastWords: 10, seed: 1)
      ).applied(to: rows, dev)
      #expect(range.contains(found.training.count), "\(found.training.count)")
      #expect(found.development.count == count + 1)
    }
  }
}
