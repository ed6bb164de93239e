// tokenizer.json: a tokenizer as the library of that name saves it, if it is BERT's.
import RetortFiles
import RetortStrictJSON

/// The vocabulary and the settings of a tokenizer.json. Whatever is not BERT's tokenizer is refused by its name.
/// Source: tokenizers 0.19.1, the serialized form of `BertWordPieceTokenizer`.
struct TokenizerFile {
  let path: String
  /// Without what `addedTokens` puts behind them. An id that no token has is an empty text.
  private(set) var tokens: [String] = []
  private(set) var addedTokens: [AddedToken] = []
  private(set) var lowercase = true
  private(set) var stripAccents: Bool?
  private(set) var splitsCJK = true
  private(set) var notes: [String] = []

  init(path: String) throws(ModelFolderError) {
    self.path = path
    let object = try ConfigurationText.members(ofFile: path)
    var problems: [String] = []
    func expect(_ place: String, _ value: JSONTree?, _ expected: JSONTree...) {
      if !expected.contains(value ?? .null) {
        let words = expected.map(\.line).joined(separator: " or ")
        problems.append("\(place) is \((value ?? .null).brief), expected \(words)")
      }
    }
    let model = object["model"] ?? .null
    expect("model.type", model["type"], .string("WordPiece"))
    expect("pre_tokenizer.type", object["pre_tokenizer"]?["type"], .string("BertPreTokenizer"))
    expect("normalizer.type", object["normalizer"]?["type"], .string("BertNormalizer"))
    // Another tokenizer altogether has other members, of which nothing is said.
    if problems.isEmpty {
      expect("model.unk_token", model["unk_token"], .string("[UNK]"))
      expect("model.continuing_subword_prefix", model["continuing_subword_prefix"], .string("##"))
      expect("model.max_input_chars_per_word", model["max_input_chars_per_word"], .integer(100))
      let normalizer = object["normalizer"] ?? .null
      expect("normalizer.clean_text", normalizer["clean_text"], .bool(true))
      expect(
        "normalizer.handle_chinese_chars", normalizer["handle_chinese_chars"], .bool(true),
        .bool(false))
      expect("normalizer.lowercase", normalizer["lowercase"], .bool(true), .bool(false))
      expect(
        "normalizer.strip_accents", normalizer["strip_accents"], .null, .bool(true), .bool(false))
      splitsCJK = normalizer["handle_chinese_chars"]?.truth ?? true
      lowercase = normalizer["lowercase"]?.truth ?? true
      stripAccents = normalizer["strip_accents"]?.truth
      problems += Self.problems(ofFrame: object["post_processor"] ?? .null)
      do throws(AddedToken.Refusal) {
        tokens = try Self.tokens(model["vocab"] ?? .null)
        for element in object["added_tokens"]?.elements ?? [] {
          guard let id = element["id"]?.integer(), Self.ids.contains(id) else {
            throw AddedToken.Refusal(reason: "an added token has no id: \(element.brief)")
          }
          addedTokens.append(try AddedToken(element, id: id))
        }
      } catch { problems.append(error.reason) }
    }
    guard problems.isEmpty else {
      throw .tokenizer(path: path, reason: problems.joined(separator: "; "))
    }
    for (key, instead) in [
      ("truncation", "a sequence is cut at the model's positions, or as the definition says"),
      ("padding", "no padding is computed"),
    ] where object[key] ?? .null != .null {
      notes.append("tokenizer.json: its \(key) is not used: \(instead)")
    }
  }

  /// As far as a vocabulary can reach.
  private static let ids = 0..<TransformerConfiguration.largestSize

  private static func tokens(_ vocabulary: JSONTree) throws(AddedToken.Refusal) -> [String] {
    guard let members = vocabulary.members, !members.isEmpty else {
      throw .init(reason: "model.vocab is \(vocabulary.brief), expected an object of ids by token")
    }
    var ids: [(id: Int, token: String)] = []
    for member in members {
      guard let id = member.value.integer(), Self.ids.contains(id) else {
        throw .init(
          reason: "model.vocab: \(member.key.debugDescription) has the id \(member.value.brief), "
            + "expected a whole number from 0 on")
      }
      ids.append((id, member.key))
    }
    var tokens = [String](repeating: "", count: (ids.map(\.id).max() ?? 0) + 1)
    for (id, token) in ids {
      guard tokens[id].isEmpty else {
        throw .init(
          reason:
            "model.vocab: \(tokens[id].debugDescription) and \(token.debugDescription) have the "
            + "same id \(id)")
      }
      tokens[id] = token
    }
    return tokens
  }

  /// What is around a sentence must be [CLS] and [SEP].
  private static func problems(ofFrame frame: JSONTree) -> [String] {
    func special(_ name: String, _ type: Int) -> JSONTree {
      .object([
        .init(
          key: "SpecialToken",
          value: .object([
            .init(key: "id", value: .string(name)), .init(key: "type_id", value: .integer(type)),
          ]))
      ])
    }
    switch frame["type"]?.text {
    case "TemplateProcessing"?:
      let single = frame["single"]?.elements ?? []
      let isBERTs =
        single.count == 3 && single[0] == special("[CLS]", 0) && single[2] == special("[SEP]", 0)
        && single[1]["Sequence"]?["id"] == .string("A")
      return isBERTs ? [] : ["post_processor.single is not [CLS] A [SEP]"]
    case "BertProcessing"?:
      let isBERTs =
        frame["cls"]?.elements?.first == .string("[CLS]")
        && frame["sep"]?.elements?.first == .string("[SEP]")
      return isBERTs ? [] : ["post_processor's cls and sep are not [CLS] and [SEP]"]
    default:
      return [
        "post_processor.type is \((frame["type"] ?? .null).brief), expected \"TemplateProcessing\" or "
          + "\"BertProcessing\""
      ]
    }
  }
}

extension JSONTree {
  /// The value in a message: long ones by their beginning.
  var brief: String { line.count > 60 ? line.prefix(60) + "…" : line }
}
