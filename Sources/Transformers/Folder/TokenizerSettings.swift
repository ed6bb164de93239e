// How a model folder says its text was tokenized.
import RetortFiles
import RetortStrictJSON

/// The settings of BERT's tokenizer, as in tokenizer_config.json.
public struct TokenizerSettings: Sendable, Equatable {
  public var lowercase: Bool
  /// Whether accents are stripped; nil: as `lowercase` says.
  public var stripAccents: Bool?
  public var splitsCJK: Bool

  public init(lowercase: Bool, stripAccents: Bool?, splitsCJK: Bool) {
    (self.lowercase, self.stripAccents) = (lowercase, stripAccents)
    self.splitsCJK = splitsCJK
  }

  /// What `bert-base-uncased` has, and what a folder without tokenizer_config.json means in transformers.
  public static let uncased = TokenizerSettings(
    lowercase: true, stripAccents: nil, splitsCJK: true)

  /// The settings that go with a vocab.txt: those of the tokenizer_config.json beside it, or
  /// `uncased` where there is none.
  public init(besideVocabulary path: String) throws(ModelFolderError) {
    let settings = "\(Folder.parent(of: path) ?? ".")/tokenizer_config.json"
    do {
      try self.init(path: settings)
    } catch ModelFolderError.file(.notFound) {
      self = .uncased
    }
  }

  init(
    path: String, families: [ModelFamily] = ModelFamilies.all
  ) throws(ModelFolderError) {
    let bytes: [UInt8]
    do { bytes = try MappedFile.contents(path: path) } catch { throw .file(error) }
    try self.init(json: bytes, path: path, families: families)
  }

  /// - Parameters:
  ///   - path: for error messages.
  ///   - families: whose tokenizer it may be.
  public init(
    json: some Sequence<UInt8>, path: String, families: [ModelFamily] = ModelFamilies.all
  ) throws(ModelFolderError) {
    let object: [String: JSONTree]
    do { object = try ConfigurationText.members(of: json) } catch {
      throw .tokenizer(path: path, reason: "not a JSON object: \(error)")
    }
    let names = Set(families.map(\.tokenizerClass)).sorted()
    let classes = names.flatMap { [JSONTree.string($0), .string($0 + "Fast")] }
    if let kind = object["tokenizer_class"], !classes.contains(kind) {
      throw .tokenizer(
        path: path,
        reason: "tokenizer_class is \(kind.line), expected \(names.joined(separator: " or "))")
    }
    func flag(_ key: String) throws(ModelFolderError) -> Bool? {
      switch object[key] {
      case .bool(let value)?: return value
      case .null?, nil: return nil
      case let value?:
        throw .tokenizer(path: path, reason: "\(key) is \(value.line), expected true or false")
      }
    }
    if try flag("do_basic_tokenize") == false {
      throw .tokenizer(path: path, reason: "do_basic_tokenize is false, which is not supported")
    }
    lowercase = try flag("do_lower_case") ?? true
    stripAccents = try flag("strip_accents")
    splitsCJK = try flag("tokenize_chinese_chars") ?? true
  }

  /// The text of a tokenizer_config.json.
  public func text(for configuration: TransformerConfiguration) -> String {
    var members: [String: JSONTree] = [
      "do_basic_tokenize": .bool(true),
      "do_lower_case": .bool(lowercase),
      "model_max_length": .integer(configuration.maximumPositions),
      "never_split": .null,
      "strip_accents": stripAccents.map(JSONTree.bool) ?? .null,
      "tokenize_chinese_chars": .bool(splitsCJK),
      "tokenizer_class": .string(configuration.family.tokenizerClass),
    ]
    for name in ["unk", "sep", "pad", "cls", "mask"] {
      members["\(name)_token"] = .string("[\(name.uppercased())]")
    }
    return ConfigurationText.lines(members)
  }
}
