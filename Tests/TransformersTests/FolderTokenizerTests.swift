import Foundation
import RetortTestSupport
import Testing

@testable import RetortTransformers

@Suite("Tokenizers of model folders")
struct FolderTokenizerTests {
  private static let words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[E1]", "a", "film"]
  private static let lines = words.joined(separator: "\n") + "\n"

  /// tokenizer.json as transformers 5.24 saves it.
  private static func json(
    normalizer: String =
      #"{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true}"#,
    words: [String] = words, added: String = "", model: String = "WordPiece",
    preTokenizer: String = "BertPreTokenizer", more: String = "", processor: String? = nil
  ) -> String {
    let vocabulary = words.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    let template = #"""
      {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
       {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]}
      """#
    return """
      {"version": "1.0", \(more)
       "added_tokens": [{"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true}\(added)],
       "normalizer": \(normalizer), "pre_tokenizer": {"type": "\(preTokenizer)"},
       "post_processor": \(processor ?? template),
       "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
       "model": {"type": "\(model)", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": {\(vocabulary)}}}
      """
  }

  private func read(_ files: [String: String]) throws -> FolderTokenizer {
    let folder = try TemporaryFolder()
    for (name, text) in files { try folder.write(name, text) }
    return try FolderTokenizer(path: folder.path)
  }

  private func refusal(_ files: [String: String]) -> String {
    let error = #expect(throws: ModelFolderError.self) { try read(files) }
    #expect(error?.description.contains("\n") == false)
    return error?.description ?? ""
  }

  @Test("tokenizer.json alone gives the text of vocab.txt and the settings")
  func fileAlone() throws {
    for kind in ["BertTokenizer", "PreTrainedTokenizerFast", "TokenizersBackend"] {
      let found = try read([
        "tokenizer.json": Self.json(),
        "tokenizer_config.json": "{\"tokenizer_class\": \"\(kind)\"}",
      ])
      #expect(found.vocabulary == Array(Self.lines.utf8))
      #expect(found.settings == .uncased)
      #expect(found.notes.isEmpty)
    }
    let cased = Self.json(
      normalizer:
        #"{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": false, "strip_accents": true, "lowercase": false}"#
    )
    let found = try read([
      "tokenizer.json": cased,
      "tokenizer_config.json": #"{"tokenizer_class": "TokenizersBackend"}"#,
    ])
    #expect(
      found.settings == TokenizerSettings(lowercase: false, stripAccents: true, splitsCJK: false))
  }

  @Test("truncation and padding are passed over with a note")
  func lengths() throws {
    let more = #""truncation": {"max_length": 128}, "padding": {"strategy": {"Fixed": 128}},"#
    let found = try read(["tokenizer.json": Self.json(more: more), "vocab.txt": Self.lines])
    #expect(found.notes.count == 2 && found.settings == .uncased)
  }

  @Test("any other tokenizer is refused by its name")
  func others() {
    let text = refusal(["tokenizer.json": Self.json(model: "BPE", preTokenizer: "ByteLevel")])
    #expect(text.contains(#"model.type is "BPE", expected "WordPiece""#))
    #expect(text.contains(#"pre_tokenizer.type is "ByteLevel""#))
    #expect(
      refusal(["tokenizer.json": Self.json(normalizer: #"{"type": "NFC"}"#)])
        .contains(#"normalizer.type is "NFC""#))
    #expect(
      refusal(["tokenizer.json": Self.json(normalizer: "null")]).contains("normalizer.type is null")
    )
    #expect(
      refusal(["tokenizer.json": Self.json(processor: #"{"type": "RobertaProcessing"}"#)])
        .contains(#"post_processor.type is "RobertaProcessing""#))
    #expect(
      refusal([
        "vocab.txt": Self.lines,
        "tokenizer_config.json": #"{"tokenizer_class": "TokenizersBackend"}"#,
      ]).contains(#"tokenizer_class is "TokenizersBackend""#))
    #expect(
      refusal([
        "vocab.txt": Self.lines, "tokenizer_config.json": #"{"cls_token": "<s>"}"#,
      ]).contains(#"cls_token is "<s>", expected "[CLS]""#))
    #expect(refusal(["tokenizer.json": "[1]"]).contains("not a JSON object"))
  }

  @Test("files that contradict each other are an error")
  func disagreement() {
    let file = Self.json()
    #expect(
      refusal(["tokenizer.json": file, "vocab.txt": Self.lines + "more\n"])
        .contains("it has no token \"more\", unlike vocab.txt"))
    #expect(
      refusal([
        "tokenizer.json": file, "vocab.txt": Self.lines.replacing("a\nfilm", with: "film\na"),
      ])
      .contains("the token \"a\" has the id 6, not 7"))
    #expect(
      refusal(["tokenizer.json": file, "tokenizer_config.json": #"{"do_lower_case": false}"#])
        .contains("do_lower_case is false, in tokenizer.json it is true"))
    let cased = file.replacing("\"lowercase\": true", with: "\"lowercase\": false")
    #expect(
      refusal(["tokenizer.json": cased, "tokenizer_config.json": "{}"])
        .contains("do_lower_case is true where it is not given, in tokenizer.json it is false"))
  }

  @Test("an id without a token keeps its place, two tokens of one id are an error")
  func ids() throws {
    let gap = try read([
      "tokenizer.json": Self.json().replacing("\"film\": 7", with: "\"film\": 9")
    ])
    #expect(gap.tokenCount == 10)
    #expect(gap.vocabulary == Array(Self.lines.replacing("film", with: "\n\nfilm").utf8))
    #expect(
      refusal(["tokenizer.json": Self.json().replacing("\"film\": 7", with: "\"film\": 6")])
        .contains("have the same id 6"))
    #expect(
      refusal(["tokenizer.json": Self.json().replacing("\"film\": 7", with: "\"film\": -1")])
        .contains("has the id -1"))
    #expect(
      refusal(["tokenizer.json": Self.json(words: Self.words + [#"li\nne"#])])
        .contains("has a line feed"))
  }

  private static let mark =
    #"{"content": "[E1]", "lstrip": false, "normalized": false, "rstrip": false, "single_word": false, "special": true}"#

  @Test(
    "a special token is found wherever it is declared",
    arguments: [
      ["special_tokens_map.json": #"{"additional_special_tokens": ["[E1]"]}"#],
      ["special_tokens_map.json": "{\"additional_special_tokens\": [\(mark)]}"],
      ["tokenizer_config.json": #"{"additional_special_tokens": ["[E1]"]}"#],
      ["tokenizer_config.json": #"{"extra_special_tokens": {"e": "[E1]"}}"#],
      ["tokenizer_config.json": "{\"added_tokens_decoder\": {\"5\": \(mark)}}"],
      [
        "added_tokens.json": #"{"[E1]": 5}"#,
        "special_tokens_map.json": #"{"additional_special_tokens": ["[E1]"]}"#,
      ],
      ["tokenizer.json": json(added: ", " + mark.dropLast() + ", \"id\": 5}")],
    ])
  func special(_ files: [String: String]) throws {
    let found = try read(files.merging(["vocab.txt": Self.lines]) { first, _ in first })
    let token = AddedToken(content: "[E1]", id: 5, isSpecial: true, isNormalized: false)
    #expect(found.settings.addedTokens == [token])
    #expect(found.vocabulary == Array(Self.lines.utf8))
  }

  @Test("a token beyond vocab.txt is put behind it, a word unless it is named as a mark")
  func beyond() throws {
    let found = try read(["vocab.txt": Self.lines, "added_tokens.json": #"{"B": 9, "[E2]": 8}"#])
    #expect(found.vocabulary == Array((Self.lines + "[E2]\nB\n").utf8))
    #expect(
      found.settings.addedTokens == [
        AddedToken(content: "[E2]", id: 8, isSpecial: false, isNormalized: true),
        AddedToken(content: "B", id: 9, isSpecial: false, isNormalized: true),
      ])
    #expect(
      refusal(["vocab.txt": Self.lines, "added_tokens.json": #"{"[E2]": 9}"#])
        .contains("has the id 9, which in"))
    #expect(
      refusal(["vocab.txt": Self.lines, "added_tokens.json": #"{"[E2]": 6}"#]).contains("is \"a\""))
    #expect(
      refusal([
        "vocab.txt": Self.lines, "special_tokens_map.json": #"{"eos_token": "</s>"}"#,
      ]).contains("the special token \"</s>\" is not in the vocabulary"))
    let single = Self.mark.replacing("\"single_word\": false", with: "\"single_word\": true")
    #expect(
      refusal([
        "vocab.txt": Self.lines,
        "tokenizer_config.json": "{\"added_tokens_decoder\": {\"5\": \(single)}}",
      ]).contains("single_word"))
  }

  @Test("the longest sequence and the side that is cut are settings, and survive a checkpoint")
  func lengthAndSide() throws {
    let found = try read([
      "vocab.txt": Self.lines, "added_tokens.json": #"{"[E2]": 8}"#,
      "tokenizer_config.json": #"{"model_max_length": 8, "truncation_side": "left"}"#,
    ]).settings
    #expect(found.maximumLength == 8 && found.truncatesLeft)
    let text = found.text(for: .small(.bert))
    #expect(try TokenizerSettings(json: text.utf8, path: "x") == found)
    #expect(
      try read([
        "vocab.txt": Self.lines,
        "tokenizer_config.json": #"{"model_max_length": 1000000000000000019884624838656}"#,
      ]).settings.maximumLength == nil)
    for wrong in [#"{"model_max_length": 0}"#, #"{"truncation_side": "top"}"#] {
      _ = refusal(["vocab.txt": Self.lines, "tokenizer_config.json": wrong])
    }
  }
}
