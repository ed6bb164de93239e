// How a model folder says its text was tokenized.
import RetortFiles
import RetortStrictJSON

/// The settings of BERT's tokenizer, as in tokenizer_config.json.
public struct TokenizerSettings: Sendable, Equatable {
  public var lowercase: Bool
  /// Whether accents are stripped; nil: as `lowercase` says.
  public var stripAccents: Bool?
  public var splitsCJK: Bool
  /// Tokens that are found in a text as they are spelled, beside BERT's five special ones; by their ids.
  public var addedTokens: [AddedToken] = []
  /// Tokens of the longest sequence, [CLS] and [SEP] included; nil: as many as the model has positions.
  public var maximumLength: Int?
  /// Whether a longer sequence loses its first tokens rather than its last.
  public var truncatesLeft = false

  public init(lowercase: Bool, stripAccents: Bool?, splitsCJK: Bool) {
    (self.lowercase, self.stripAccents) = (lowercase, stripAccents)
    self.splitsCJK = splitsCJK
  }

  /// What `bert-base-uncased` has, and what a folder without tokenizer_config.json means in transformers.
  public static let uncased = TokenizerSettings(
    lowercase: true, stripAccents: nil, splitsCJK: true)

  /// BERT's special tokens by the keys that name them.
  private static let specials = ["unk", "sep", "pad", "cls", "mask"].map {
    (key: "\($0)_token", name: "[\($0.uppercased())]")
  }
  static let specialNames = Set(specials.map(\.name))

  /// The settings of a checkpoint, in which they are all in one text.
  /// - Parameters:
  ///   - path: for error messages.
  ///   - families: whose tokenizer it may be.
  public init(
    json: some Sequence<UInt8>, path: String, families: [ModelFamily] = ModelFamilies.all
  ) throws(ModelFolderError) {
    let members: [String: JSONTree]
    do { members = try ConfigurationText.members(of: json) } catch {
      throw .tokenizer(path: path, reason: "not a JSON object: \(error)")
    }
    try self.init(members: members, path: path, beside: nil, families: families)
    for member in members["added_tokens_decoder"]?.members ?? [] {
      do {
        addedTokens.append(try AddedToken(member.value, id: Int(member.key) ?? -1))
      } catch { throw .tokenizer(path: path, reason: error.reason) }
    }
    addedTokens.sort { $0.id < $1.id }
  }

  /// What the members of tokenizer_config.json say, but for its added tokens.
  /// - Parameters:
  ///   - path: for error messages.
  ///   - file: the tokenizer.json in the same folder, which must say the same.
  ///   - families: whose tokenizer it may be.
  init(
    members: [String: JSONTree], path: String, beside file: TokenizerFile?, families: [ModelFamily]
  ) throws(ModelFolderError) {
    var problems: [String] = []
    func flag(_ key: String) -> Bool? {
      let value = members[key] ?? .null
      if value.truth == nil, value != .null {
        problems.append("\(key) is \(value.brief), expected true or false")
      }
      return value.truth
    }
    let named = try? Self.isFamilysClass(
      members["tokenizer_class"] ?? .null, of: families, hasFile: file != nil)
    if named == nil {
      let names = Set(families.map(\.tokenizerClass)).sorted().joined(separator: " or ")
      problems.append(
        "tokenizer_class is \((members["tokenizer_class"] ?? .null).brief), expected \(names)"
          + (file == nil ? "" : " or \(Self.classesOfAnyFile.joined(separator: " or "))"))
    }
    if flag("do_basic_tokenize") == false {
      problems.append("do_basic_tokenize is false, which is not supported")
    }
    problems += Self.problems(specials: members)
    let given = (flag("do_lower_case"), flag("strip_accents"), flag("tokenize_chinese_chars"))
    if let file {
      (lowercase, stripAccents, splitsCJK) = (file.lowercase, file.stripAccents, file.splitsCJK)
      // A class of BERT's has defaults for what is not said; the class for any tokenizer.json has none.
      let isFamilys = named ?? true
      let said = (
        given.0 ?? (isFamilys ? true : lowercase), given.2 ?? (isFamilys ? true : splitsCJK)
      )
      for (key, value, other) in [
        ("do_lower_case", said.0, lowercase), ("tokenize_chinese_chars", said.1, splitsCJK),
        (
          "strip_accents", given.1 ?? (isFamilys ? nil : stripAccents) ?? lowercase,
          stripAccents ?? lowercase
        ),
      ] where value != other {
        problems.append(
          "\(key) is \(value)\(members[key] == nil ? " where it is not given" : ""), in tokenizer.json "
            + "it is \(other)")
      }
    } else {
      (lowercase, stripAccents, splitsCJK) = (given.0 ?? true, given.1, given.2 ?? true)
    }
    if let value = members["model_max_length"], value != .null {
      // Python writes "no limit" as 1e30.
      if case .number = value, let length = value.real, length >= 3 {
        maximumLength = length < Double(TransformerConfiguration.largestSize) ? Int(length) : nil
      } else {
        problems.append("model_max_length is \(value.brief), expected a number from 3 on")
      }
    }
    switch members["truncation_side"] ?? .null {
    case .null, .string("right"): break
    case .string("left"): truncatesLeft = true
    case let value:
      problems.append("truncation_side is \(value.brief), expected \"left\" or \"right\"")
    }
    guard problems.isEmpty else {
      throw .tokenizer(path: path, reason: problems.joined(separator: "; "))
    }
  }

  /// What is wrong with the names of BERT's special tokens.
  private static func problems(specials members: [String: JSONTree]) -> [String] {
    specials.compactMap { key, name in
      let value = members[key] ?? .null
      let content = value.text ?? value["content"]?.text
      return value == .null || content == name
        ? nil : "\(key) is \(value.brief), expected \"\(name)\""
    }
  }

  /// - Throws: for a special_tokens_map.json that names others than BERT's.
  static func checkSpecials(
    _ members: [String: JSONTree], path: String
  ) throws(ModelFolderError) {
    let problems = problems(specials: members)
    guard problems.isEmpty else {
      throw .tokenizer(path: path, reason: problems.joined(separator: "; "))
    }
  }

  /// A length that the model's positions allow anyway says nothing.
  public mutating func dropLimit(of configuration: TransformerConfiguration) {
    if let length = maximumLength, length >= configuration.maximumPositions { maximumLength = nil }
  }

  /// Classes of transformers for whatever a tokenizer.json says.
  private static let classesOfAnyFile = ["PreTrainedTokenizerFast", "TokenizersBackend"]

  private struct UnknownClass: Error {}

  /// Whether the class is BERT's own, and has its defaults.
  private static func isFamilysClass(
    _ value: JSONTree, of families: [ModelFamily], hasFile: Bool
  ) throws(UnknownClass) -> Bool {
    if value == .null { return true }
    let names = families.map(\.tokenizerClass)
    guard let name = value.text else { throw UnknownClass() }
    if names.contains(name) || names.contains(where: { $0 + "Fast" == name }) { return true }
    guard hasFile, classesOfAnyFile.contains(name) else { throw UnknownClass() }
    return false
  }

  /// The text of a tokenizer_config.json.
  public func text(for configuration: TransformerConfiguration) -> String {
    var members: [String: JSONTree] = [
      "do_basic_tokenize": .bool(true),
      "do_lower_case": .bool(lowercase),
      "model_max_length": .integer(maximumLength ?? configuration.maximumPositions),
      "never_split": .null,
      "strip_accents": stripAccents.map(JSONTree.bool) ?? .null,
      "tokenize_chinese_chars": .bool(splitsCJK),
      "tokenizer_class": .string(configuration.family.tokenizerClass),
    ]
    for (key, name) in Self.specials { members[key] = .string(name) }
    if truncatesLeft { members["truncation_side"] = .string("left") }
    if !addedTokens.isEmpty {
      members["added_tokens_decoder"] = .object(
        addedTokens.map { JSONTree.Member(key: "\($0.id)", value: $0.tree) })
      members["additional_special_tokens"] = .array(
        addedTokens.filter(\.isSpecial).map { .string($0.content) })
    }
    return ConfigurationText.lines(members)
  }
}
