// The text of a file that somebody wrote in YAML.
import Foundation
import RetortOptions

enum DefinitionFile {
  /// - Parameters:
  ///   - expected: what the file should hold, for a message.
  ///   - advice: what to do where there is none.
  /// - Throws: that it is not there, cannot be read or is no UTF-8.
  static func text(
    path: String, expected: String, advice: String
  ) throws(DefinitionError) -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      let isFolder = (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil
      let exists = FileManager.default.fileExists(atPath: path)
      throw DefinitionError([
        Diagnostic(
          .file(path: path, line: 1, column: 1),
          isFolder ? "is a folder" : exists ? "cannot be read" : "no such file",
          expected: expected, advice: advice)
      ])
    }
    guard let text = String(validatingUTF8Data: data) else {
      let offset = data.firstInvalidUTF8Offset
      let line = data.prefix(offset).count { $0 == UInt8(ascii: "\n") } + 1
      throw DefinitionError([
        Diagnostic(
          .file(path: path, line: line, column: 1), "not UTF-8 at byte \(offset)",
          advice: "save the file as UTF-8")
      ])
    }
    return text
  }
}

extension String {
  fileprivate init?(validatingUTF8Data data: Data) {
    guard let text = String(validating: data, as: UTF8.self) else { return nil }
    self = text
  }
}

extension Data {
  /// Where the first sequence of bytes begins that is not UTF-8.
  fileprivate var firstInvalidUTF8Offset: Int {
    var (low, high) = (0, count)
    // The longest valid prefix, up to a sequence cut short by the prefix itself.
    while low < high {
      let middle = (low + high + 1) / 2
      let isValid = (0...3).contains { cut in
        middle >= cut && String(validating: prefix(middle - cut), as: UTF8.self) != nil
      }
      if isValid { low = middle } else { high = middle - 1 }
    }
    return (0...3).map { low - $0 }.first {
      $0 >= 0 && String(validating: prefix($0), as: UTF8.self) != nil
    } ?? 0
  }
}
