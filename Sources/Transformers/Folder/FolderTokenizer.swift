// How a folder says that its model's text is cut into tokens, from all the files that say anything of it.
import RetortFiles
import RetortStrictJSON

/// Vocabulary and settings of a folder: vocab.txt or tokenizer.json, tokenizer_config.json, special_tokens_map.json
/// and added_tokens.json, as transformers 4.44.2 takes them together. Files that contradict each other are an error.
public struct FolderTokenizer: Sendable, Equatable {
  /// The file that the vocabulary is in; vocab.txt where there is none.
  public let path: String
  /// The text of vocab.txt, of tokens that are in other files too; nil where no file has a vocabulary.
  public let vocabulary: [UInt8]?
  /// How many tokens that is.
  public let tokenCount: Int
  public let settings: TokenizerSettings
  /// What a reader should know, one sentence each.
  public let notes: [String]
  /// What no file says, and is as transformers takes it then.
  public let assumptions: [String]

  /// Files that hold a vocabulary; one is enough.
  public static let vocabularyFiles = ["vocab.txt", "tokenizer.json"]

  /// Reads the vocabulary beside a vocab.txt or in a folder.
  /// - Parameters:
  ///   - path: of the folder, or of a vocab.txt of any name.
  ///   - families: that the folder's model may be of.
  public init(
    path: String, families: [ModelFamily] = ModelFamilies.all
  ) throws(ModelFolderError) {
    guard !Folder.exists(path: path) else {
      do { try ConfigurationFile.checkFamily(folder: path, families: families) } catch {
        throw .configuration(error)
      }
      try self.init(folder: path, vocabularyPath: "\(path)/vocab.txt", families: families)
      return
    }
    try self.init(folder: Folder.parent(of: path) ?? ".", vocabularyPath: path, families: families)
    guard vocabulary != nil, self.path == path else {
      throw .file(.notFound(path: path))
    }
  }

  private init(folder: String, vocabularyPath: String, families: [ModelFamily])
    throws(ModelFolderError)
  {
    func object(_ name: String) throws(ModelFolderError) -> [String: JSONTree]? {
      do {
        return try ConfigurationText.members(ofFile: "\(folder)/\(name)")
      } catch {
        if case .file(.notFound) = error { return nil }
        throw error
      }
    }
    var file: TokenizerFile?
    do {
      file = try TokenizerFile(path: "\(folder)/tokenizer.json")
    } catch {
      guard case .file(.notFound) = error else { throw error }
    }
    var lines: [UInt8]?
    do {
      lines = try MappedFile.contents(path: vocabularyPath)
    } catch {
      guard case .notFound = error else { throw .file(error) }
    }
    let configurationPath = "\(folder)/tokenizer_config.json"
    let configuration = try object("tokenizer_config.json")
    path = lines == nil && file != nil ? file?.path ?? "" : vocabularyPath
    var notes = file?.notes ?? []
    // Newer folders say all in tokenizer_config.json; what lies beside it is for older readers then.
    let isWhole = configuration?["added_tokens_decoder"] != nil
    let map = isWhole ? nil : try object("special_tokens_map.json")
    var settings = try TokenizerSettings(
      members: configuration ?? [:], path: configurationPath, beside: file, families: families)
    try TokenizerSettings.checkSpecials(map ?? [:], path: "\(folder)/special_tokens_map.json")
    assumptions =
      configuration == nil && file == nil
      ? ["no tokenizer_config.json: text is lower-cased, as transformers does then"] : []
    guard var tokens = lines.map(Self.tokens) ?? file?.tokens else {
      (vocabulary, tokenCount, self.settings, self.notes) = (nil, 0, settings, notes)
      return
    }
    let words = tokens.filter { !$0.isEmpty }
    if case let (empty, repeated) = (tokens.count - words.count, words.count - Set(words).count),
      empty + repeated > 0
    {
      notes.append(
        "the vocabulary has \(empty) empty lines and \(repeated) repeated tokens; empty lines are ignored and the "
          + "last occurrence is used, as in transformers")
    }
    self.notes = notes
    let first = tokens.count
    var added = AddedTokens(tokens, path: path)
    if let file {
      if lines != nil, let difference = file.difference(from: tokens, added: file.addedTokens) {
        throw .tokenizer(path: file.path, reason: "\(difference), unlike vocab.txt")
      }
      try added.add(file.addedTokens, from: file.path)
    }
    try added.add(configuration, from: configurationPath)
    if !isWhole {
      try added.add(
        ids: try object("added_tokens.json") ?? [:], specials: [configuration ?? [:], map ?? [:]],
        from: "\(folder)/added_tokens.json")
    }
    try added.add(specials: configuration ?? [:], from: configurationPath)
    try added.add(specials: map ?? [:], from: "\(folder)/special_tokens_map.json")
    (tokens, settings.addedTokens) = try added.finished()
    self.settings = settings
    tokenCount = tokens.count
    if lines == nil || tokens.count > first {
      if let broken = tokens.first(where: { $0.utf8.contains(UInt8(ascii: "\n")) }) {
        throw .tokenizer(
          path: path,
          reason: "the token \(broken.debugDescription) has a line feed, which a vocab.txt "
            + "cannot hold")
      }
      lines = Array((tokens.joined(separator: "\n") + "\n").utf8)
    }
    vocabulary = lines
  }

  /// The lines of a vocab.txt, without empty ones at the end.
  static func tokens(_ text: [UInt8]) -> [String] {
    var tokens = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
    }
    while tokens.last == "" { tokens.removeLast() }
    return tokens
  }
}

extension TokenizerFile {
  /// In what the vocabulary differs from lines of a vocab.txt; nil if in nothing. Of a line that stands twice the
  /// later one counts.
  fileprivate func difference(from lines: [String], added: [AddedToken]) -> String? {
    var ids = Dictionary(lines.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    ids[""] = nil
    for (id, token) in tokens.enumerated() where !token.isEmpty {
      guard let line = ids.removeValue(forKey: token) else {
        return "it has a token \(token.debugDescription)"
      }
      if line != id { return "the token \(token.debugDescription) has the id \(id), not \(line)" }
    }
    for token in added { ids[token.content] = nil }
    return ids.min { $0.value < $1.value }.map { "it has no token \($0.key.debugDescription)" }
  }
}

/// The added tokens of a folder's files, gathered.
private struct AddedTokens {
  private var tokens: [String]
  private let path: String
  private var ids: [String: Int]
  private var found: [String: (token: AddedToken, path: String)] = [:]

  init(_ tokens: [String], path: String) {
    (self.tokens, self.path) = (tokens, path)
    ids = Dictionary(tokens.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
  }

  mutating func add(_ added: [AddedToken], from path: String) throws(ModelFolderError) {
    for token in added {
      if let other = found[token.content] {
        guard other.token.id == token.id else {
          throw .tokenizer(
            path: path,
            reason:
              "the added token \(token.content.debugDescription) has the id \(token.id), but in "
              + "\(other.path) \(other.token.id)")
        }
      } else {
        found[token.content] = (token, path)
      }
    }
  }

  /// tokenizer_config.json's `added_tokens_decoder`: tokens by id.
  mutating func add(
    _ configuration: [String: JSONTree]?, from path: String
  ) throws(ModelFolderError) {
    for member in configuration?["added_tokens_decoder"]?.members ?? [] {
      guard let id = Int(member.key), (0..<TransformerConfiguration.largestSize).contains(id) else {
        throw .tokenizer(
          path: path, reason: "added_tokens_decoder has the id \(member.key.debugDescription)")
      }
      let token: AddedToken
      do { token = try AddedToken(member.value, id: id) } catch {
        throw .tokenizer(path: path, reason: error.reason)
      }
      try add([token], from: path)
    }
  }

  /// added_tokens.json: ids by token; words unless another file names them as specials.
  mutating func add(
    ids: [String: JSONTree], specials: [[String: JSONTree]], from path: String
  ) throws(ModelFolderError) {
    let marks = Set(specials.flatMap { Self.specials($0) })
    for (content, value) in ids.sorted(by: { $0.key < $1.key }) {
      guard let id = value.integer(), (0..<TransformerConfiguration.largestSize).contains(id) else {
        throw .tokenizer(
          path: path,
          reason: "\(content.debugDescription) has the id \(value.brief), expected a whole number")
      }
      let isSpecial = marks.contains(content) || TokenizerSettings.specialNames.contains(content)
      let token = AddedToken(
        content: content, id: id, isSpecial: isSpecial, isNormalized: !isSpecial)
      try add([token], from: path)
    }
  }

  /// Special tokens by their names alone: their ids are the vocabulary's or another file's.
  mutating func add(specials object: [String: JSONTree], from path: String) throws(ModelFolderError)
  {
    for content in Self.specials(object) where found[content] == nil {
      guard let id = ids[content] else {
        throw .tokenizer(
          path: path,
          reason: "the special token \(content.debugDescription) is not in the vocabulary")
      }
      let token = AddedToken(content: content, id: id, isSpecial: true, isNormalized: false)
      try add([token], from: path)
    }
  }

  /// What an object names beside the five that every vocabulary has.
  private static func specials(_ object: [String: JSONTree]) -> [String] {
    var values = ["bos_token", "eos_token"].compactMap { object[$0] }
    for key in ["additional_special_tokens", "extra_special_tokens"] {
      values += object[key]?.elements ?? object[key]?.members?.map(\.value) ?? []
    }
    return values.compactMap { $0.text ?? $0["content"]?.text }.filter {
      !$0.isEmpty && !TokenizerSettings.specialNames.contains($0)
    }
  }

  /// All tokens by id, and those that are more than words and more than the five that every vocabulary has.
  func finished() throws(ModelFolderError) -> (tokens: [String], added: [AddedToken]) {
    var tokens = tokens
    let added = found.values.sorted {
      ($0.token.id, $0.token.content) < ($1.token.id, $1.token.content)
    }
    for (token, source) in added {
      if token.id == tokens.count { tokens.append(token.content) }
      guard token.id < tokens.count, tokens[token.id] == token.content else {
        let known =
          token.id < tokens.count ? tokens[token.id].debugDescription : "beyond the last one"
        throw .tokenizer(
          path: source,
          reason:
            "the added token \(token.content.debugDescription) has the id \(token.id), which in "
            + "\(path) is \(known)")
      }
    }
    return (
      tokens, added.map(\.token).filter { !TokenizerSettings.specialNames.contains($0.content) }
    )
  }
}
