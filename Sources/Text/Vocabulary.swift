/// A WordPiece vocabulary: the tokens, their ids and BERT's five special tokens.
import RetortFiles

/// What is wrong with a vocabulary.
public enum VocabularyError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  case empty(path: String)
  case invalidUTF8(path: String, line: Int, byteOffset: Int)
  case tooLarge(path: String, count: Int, most: Int)
  case missingSpecial(path: String, tokens: [String])
  /// A vocabulary to be trained has no room for the text's characters.
  case tooSmall(size: Int, needed: Int, characters: Int)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): cannot read the vocabulary: \(reason)"
    case .empty(let path):
      "\(path): expected a vocabulary of one token a line, found no token"
    case .invalidUTF8(let path, let line, let byteOffset):
      "\(path):\(line): invalid UTF-8 at byte \(byteOffset) of the file; "
        + "a vocabulary is UTF-8 text, one token a line"
    case .tooLarge(let path, let count, let most):
      "\(path): a vocabulary of \(count) tokens; at most \(most) can be used"
    case .missingSpecial(let path, let tokens):
      "\(path): special tokens missing: \(tokens.joined(separator: ", ")); "
        + "expected \(Vocabulary.specialTokens.joined(separator: ", "))"
    case .tooSmall(let size, let needed, let characters):
      "a vocabulary of \(size) tokens is too small for a text of \(characters) characters; "
        + "expected at least \(needed)"
    }
  }
}

/// An immutable vocabulary. A token's id is its place in the file, counted from 0. As in transformers an empty line
/// is no token, but has an id, and of two lines with one token the later counts.
public struct Vocabulary: Sendable {
  public static let paddingToken = "[PAD]"
  public static let unknownToken = "[UNK]"
  public static let classifierToken = "[CLS]"
  public static let separatorToken = "[SEP]"
  public static let maskToken = "[MASK]"
  public static let specialTokens = [
    paddingToken, unknownToken, classifierToken, separatorToken, maskToken,
  ]
  /// Marks a token that continues a word.
  public static let continuationPrefix = "##"

  public let tokens: [String]
  public let paddingID: Int32
  public let unknownID: Int32
  public let classifierID: Int32
  public let separatorID: Int32
  public let maskID: Int32
  public private(set) var specialIDs: Set<Int32>
  /// SHA-256, in hexadecimal, of the tokens, each followed by a line feed.
  public let digest: String
  let index: WordPieceIndex

  public var count: Int { tokens.count }

  /// Reads `vocab.txt`: one token a line; a byte order mark, and a carriage return before the line feed, are not part
  /// of it.
  public init(path: String) throws(VocabularyError) {
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    defer { withExtendedLifetime(file) {} }
    try self.init(text: file.bytes.bindMemory(to: UInt8.self), path: path)
  }

  /// Reads the bytes of a `vocab.txt`.
  /// - Parameter path: for error messages.
  public init(text: [UInt8], path: String) throws(VocabularyError) {
    self = try text.withUnsafeBufferPointer { (bytes) throws(VocabularyError) in
      try Vocabulary(text: bytes, path: path)
    }
  }

  private init(text bytes: UnsafeBufferPointer<UInt8>, path: String) throws(VocabularyError) {
    do {
      try UTF8Validation.check(bytes)
    } catch {
      let line = 1 + bytes[..<error.byteOffset].count { $0 == UInt8(ascii: "\n") }
      throw .invalidUTF8(path: path, line: line, byteOffset: error.byteOffset)
    }
    var tokens: [String] = []
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0)
    for var line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      tokens.append(String(decoding: line, as: UTF8.self))
    }
    while tokens.last == "" { tokens.removeLast() }
    try self.init(tokens: tokens, path: path)
  }

  /// - Parameter tokens: in the order of their ids; all five special tokens among them.
  public init(tokens: [String]) throws(VocabularyError) {
    try self.init(tokens: tokens, path: "vocabulary")
  }

  private init(tokens: [String], path: String) throws(VocabularyError) {
    guard !tokens.isEmpty else { throw .empty(path: path) }
    guard let index = WordPieceIndex.build(tokens) else {
      throw .tooLarge(path: path, count: tokens.count, most: WordPieceIndex.mostTokens)
    }
    let ids = Self.specialTokens.map { index.id(of: $0) }
    let missing = zip(Self.specialTokens, ids).filter { $0.1 == nil }.map(\.0)
    guard missing.isEmpty else { throw .missingSpecial(path: path, tokens: missing) }
    let found = ids.compactMap { $0 }

    self.tokens = tokens
    self.index = index
    (paddingID, unknownID, classifierID) = (found[0], found[1], found[2])
    (separatorID, maskID) = (found[3], found[4])
    specialIDs = Set(found)
    digest = SHA256.hexDigest(of: tokens.joined(separator: "\n") + "\n")
  }

  /// The same tokens, of which more are special.
  func with(specialIDs more: [Int32]) -> Vocabulary {
    var vocabulary = self
    vocabulary.specialIDs.formUnion(more)
    return vocabulary
  }

  /// The id of exactly this token, continuation prefix included.
  public func id(of token: String) -> Int32? { index.id(of: token) }
}
