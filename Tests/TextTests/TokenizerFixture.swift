// The reference ids that Tests/Peers/tokenizer_fixture.py got from tokenizers 0.19.1.
import Foundation
import RetortText

struct TokenizerFixture: Decodable {
  struct Case: Decodable {
    let text: String
    let uncased: [Int32]
    let cased: [Int32]
    let truncated: [Int32]
  }
  struct Options: Decodable {
    let lowercase: Bool
    let stripAccents: Bool?
    let splitsCJK: Bool

    var options: TokenizerOptions {
      TokenizerOptions(lowercase: lowercase, stripAccents: stripAccents, splitsCJK: splitsCJK)
    }

    private enum CodingKeys: String, CodingKey {
      case lowercase
      case stripAccents = "strip_accents"
      case splitsCJK = "split_cjk"
    }
  }
  /// A made-up text under one of the combinations in `options`.
  struct MadeUp: Decodable {
    let options: Int
    let text: String
    let ids: [Int32]
  }
  /// Bytes in hexadecimal, and what Python decodes them to with U+FFFD.
  struct Malformed: Decodable {
    let bytes: String
    let text: String

    var decodedBytes: [UInt8] {
      let digits = bytes.compactMap(\.hexDigitValue)
      return stride(from: 0, to: digits.count, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
      }
    }
  }
  struct Digest: Decodable {
    let texts: Int
    let ids: Int
    let sha256: String
  }

  let tokenizers: String
  /// By the description of `TokenizerOptions`.
  let scalars: [String: String]
  let mirror: [String: Digest]
  let options: [Options]
  let malformed: [Malformed]
  let madeUp: [MadeUp]
  let cases: [Case]

  private enum CodingKeys: String, CodingKey {
    case tokenizers, scalars, mirror, options, malformed, cases
    case madeUp = "made_up"
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/tokenizer").standardizedFileURL.path

  static func load() throws -> TokenizerFixture {
    let data = try Data(contentsOf: URL(filePath: "\(folder)/cases.json"))
    return try JSONDecoder().decode(TokenizerFixture.self, from: data)
  }

  static func vocabulary() throws -> Vocabulary { try Vocabulary(path: "\(folder)/vocab.txt") }
}

/// The folder with the published vocabularies and data sets, if this machine has one.
enum Mirror {
  static let path = ProcessInfo.processInfo.environment["RETORT_MIRROR"] ?? ""
  static let isThere = !path.isEmpty
  static let reason = "RETORT_MIRROR names no folder with the published vocabulary and data"
  static let vocabulary = "\(path)/hub/google-bert/bert-base-uncased/vocab.txt"
}
