// The reference ids that Tests/Peers/tokenizer_fixture.py got from tokenizers 0.19.1.
import Foundation
import Text

struct TokenizerFixture: Decodable {
  struct Case: Decodable {
    let text: String
    let uncased: [Int32]
    let cased: [Int32]
    let truncated: [Int32]
  }
  struct Digest: Decodable {
    let texts: Int
    let ids: Int
    let sha256: String
  }

  let tokenizers: String
  let scalars: [String: String]
  let mirror: [String: Digest]
  let cases: [Case]

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
