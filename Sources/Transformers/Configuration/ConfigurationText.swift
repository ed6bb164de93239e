// The text of a config.json or tokenizer_config.json, as transformers lays it out.
import RetortFiles
import RetortStrictJSON

enum ConfigurationText {
  /// An object, one member a line in the order of their names.
  static func lines(_ members: [String: JSONTree]) -> String {
    let lines = members.sorted { $0.key < $1.key }.map {
      "  \(JSONTree.string($0.key).line): \($0.value.line)"
    }
    return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }

  /// The members of a file that is one object.
  /// - Throws: line, column and reason where it is none.
  static func members(of json: some Sequence<UInt8>) throws(JSONSyntaxError) -> [String: JSONTree] {
    guard let members = try JSONTree.parse(json).members else {
      throw JSONSyntaxError(line: 1, column: 1, byte: 0, reason: "expected a JSON object")
    }
    return Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
  }

  /// The same of a tokenizer's file.
  static func members(ofFile path: String) throws(ModelFolderError) -> [String: JSONTree] {
    let bytes: [UInt8]
    do { bytes = try MappedFile.contents(path: path) } catch { throw .file(error) }
    do { return try members(of: bytes) } catch {
      throw .tokenizer(path: path, reason: "not a JSON object: \(error)")
    }
  }

  /// A number as Python writes one: `0.0`, where a whole number would be `0`.
  static func number(_ value: Double) -> JSONTree { .number(value.description) }
}
