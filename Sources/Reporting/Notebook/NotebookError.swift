// Why a text is no notebook that can be run.

public enum NotebookError: Error, Equatable, CustomStringConvertible {
  case openFence(path: String, line: Int, fence: String)
  case badOption(path: String, line: Int, word: String, expected: String)
  case notWords(path: String, line: Int, reason: String)
  case emptyCell(path: String, line: Int)

  public var description: String {
    switch self {
    case .openFence(let path, let line, let fence):
      "\(path):\(line): this block has no end; close it with a line \(fence)"
    case .badOption(let path, let line, let word, let expected):
      "\(path):\(line): \"\(word)\" after retort: expected \(expected)"
    case .notWords(let path, let line, let reason):
      "\(path):\(line): \(reason)"
    case .emptyCell(let path, let line):
      "\(path):\(line): a cell without a command; write one, or take the cell out"
    }
  }
}
