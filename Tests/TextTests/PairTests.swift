// Pairs of texts: ids, token types and what is cut, equal to those of tokenizers 0.19.1.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortText

/// A line of Tests/Peers/tokenizer_pairs.py.
private struct ReferencePair: Decodable {
  let first: String
  let second: String
  let maximum: Int?
  let ids: [Int32]
  let secondStart: Int

  private enum CodingKeys: String, CodingKey {
    case first, second, maximum, ids
    case secondStart = "second_start"
  }

  static func all(_ lines: String) throws -> [ReferencePair] {
    let decoder = JSONDecoder()
    return try lines.split(separator: "\n").map {
      try decoder.decode(ReferencePair.self, from: Data($0.utf8))
    }
  }
}

@Suite("Pairs of texts")
struct PairTests {
  private let tokenizer: BertTokenizer

  init() throws {
    tokenizer = BertTokenizer(
      vocabulary: try TokenizerFixture.vocabulary(), lowercase: true, stripAccents: nil,
      splitsCJK: true)
  }

  private func sequences(
    _ pairs: [(String, String)], maximumLength: Int?, threads: Int = 1
  ) -> TokenSequences {
    TokenSequences(
      pairs.map(\.0), pairedWith: pairs.map(\.1), tokenizer: tokenizer,
      maximumLength: maximumLength, threads: threads)
  }

  private func expectEqual(_ pairs: [ReferencePair]) {
    for (maximum, group) in Dictionary(grouping: pairs, by: \.maximum) {
      let found = sequences(group.map { ($0.first, $0.second) }, maximumLength: maximum)
      let wrong = group.indices.filter {
        Array(found[$0]) != group[$0].ids || found.secondStart(of: $0) != group[$0].secondStart
      }
      #expect(
        wrong.isEmpty,
        "\(wrong.count) of \(group.count) at \(maximum ?? 0), such as \(group[wrong[0]])")
    }
  }

  @Test("the fixture's pairs")
  func fixture() throws {
    let pairs = try ReferencePair.all(
      String(contentsOfFile: Fixture.path(of: "tokenizer/pairs.jsonl"), encoding: .utf8))
    #expect(pairs.count == 260)
    #expect(pairs.contains { $0.first.isEmpty } && pairs.contains { $0.second.isEmpty })
    #expect(pairs.count { $0.ids.count == $0.maximum } > 100)
    expectEqual(pairs)
  }

  @Test(
    "100,000 made-up pairs as the pinned library encodes them",
    .enabled(if: PeerProgram.peers != nil, "RETORT_PEERS_PYTHON is not set"))
  func madeUp() throws {
    let lines = try PeerProgram.run(
      try #require(PeerProgram.peers),
      [
        "-B", PeerProgram.root.appendingPathComponent("Tests/Peers/tokenizer_pairs.py").path,
        Fixture.path(of: "tokenizer/vocab.txt"), "100000",
      ])
    let pairs = try ReferencePair.all(lines)
    #expect(pairs.count == 100_000)
    expectEqual(pairs)
  }

  // What BertTokenizerFast of tokenizers 0.19.1 keeps; the slow tokenizer keeps 7,6 in the first two, 63,62 in the third.
  @Test(
    "longest_first as the fast tokenizers cut",
    arguments: [
      ((10, 20, 16), (6, 7)), ((10, 10, 16), (6, 7)), ((100, 100, 128), (62, 63)),
      ((20, 10, 16), (7, 6)), ((3, 20, 16), (3, 10)), ((50, 1, 16), (12, 1)),
      ((4, 5, 12), (4, 5)), ((9, 0, 8), (5, 0)), ((2, 2, 3), (0, 0)),
    ])
  func truncation(lengths: (first: Int, second: Int, maximum: Int), kept: (Int, Int)) {
    let found = PairTruncation.kept(
      first: lengths.first, second: lengths.second, room: lengths.maximum - 3)
    #expect(found == kept)
  }

  @Test("threads change nothing, and pairs, single texts and parts of them can be joined")
  func joined() {
    let pairs = (0..<3000).map { number in
      (
        String(repeating: "warm film ", count: number % 7),
        String(repeating: "dull plot ", count: number % 23)
      )
    }
    let one = sequences(pairs, maximumLength: 20)
    let three = sequences(pairs, maximumLength: 20, threads: 3)
    #expect(one.tokenIDs == three.tokenIDs && one.offsets == three.offsets)
    #expect(one.secondStarts == three.secondStarts && one.secondStarts?.count == 3000)

    var mixed = TokenSequences()
    mixed.append([2, 5, 3])
    #expect(mixed.secondStart(of: 0) == nil)
    mixed.append([2, 5, 3, 6, 3], secondStart: 3)
    mixed.append([2, 3])
    #expect(mixed.secondStarts == [3, 3, 2])
    var all = TokenSequences()
    all.append([2, 9, 9, 3])
    all.append(contentsOf: mixed)
    all.append(contentsOf: TokenSequences(tokenIDs: [2, 3], offsets: [0, 2]))
    #expect(all.secondStarts == [4, 3, 3, 2, 2])
    let batch = PackedBatch([2, 0], of: all)
    #expect(batch.tokenIDs == [2, 5, 3, 6, 3, 2, 9, 9, 3] && batch.secondStarts == [3, 4])
    #expect(
      PackedBatch([0], of: TokenSequences(tokenIDs: [2], offsets: [0, 1])).secondStarts == nil)
  }

  @Test("a line of two texts, malformed or not")
  func lines() throws {
    func encode(_ bytes: [UInt8], _ rule: InvalidUTF8Rule = .refuse) throws -> (
      ids: [Int32], pair: (secondStart: Int, wasRepaired: Bool)?
    ) {
      var ids: [Int32] = []
      let pair = try bytes.withUnsafeBufferPointer {
        try tokenizer.encodePair($0, maximumLength: 12, invalidUTF8: rule, into: &ids)
      }
      return (ids, pair)
    }
    let expected = sequences([("A warm film", "dull, thin plot")], maximumLength: 12)
    let line = try encode(Array("A warm film\tdull, thin plot".utf8))
    #expect(line.ids == expected.tokenIDs)
    #expect(line.pair?.secondStart == expected.secondStart(of: 0))
    #expect(line.pair?.wasRepaired == false)
    for text in ["no tab", "one\ttwo\tthree", ""] {
      let found = try encode(Array(text.utf8))
      #expect(found.pair == nil && found.ids.isEmpty)
    }
    let malformed: [UInt8] = [0x61, 0xFF, 0x09, 0x62]
    #expect(throws: InvalidUTF8.self) { try encode(malformed) }
    let repaired = try encode(malformed, .replace)
    #expect(repaired.pair?.wasRepaired == true)
    #expect(repaired.ids == sequences([("a\u{FFFD}", "b")], maximumLength: 12).tokenIDs)
  }
}
