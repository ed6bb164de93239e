// A Markdown notebook: prose, cells of commands, and the output below each cell.

/// A Markdown text with its cells. A cell is a fenced block whose info string begins with `retort`; its
/// output is the fenced block `output` that follows, with nothing but empty lines between.
public struct Notebook: Sendable, Equatable {
  public let path: String
  public let cells: [Cell]
  /// Without line feeds; carriage returns stay at their ends.
  private let lines: [Substring]

  public struct Cell: Sendable, Equatable {
    /// Of its opening fence, counted from 1.
    public let line: Int
    public let options: CellOptions
    public let commands: [CellCommand]
    /// What the notebook shows; nil if there is no output block yet.
    public let output: [String]?
    fileprivate let fence: Fence
    fileprivate let outputFence: Fence?
    /// The lines of the output block with its fences, or the place where it belongs.
    fileprivate let place: Range<Int>
  }

  /// - Parameter path: what messages call the text.
  public init(text: String, path: String) throws(NotebookError) {
    self.path = path
    // By bytes: to a Character, a carriage return and its line feed are one.
    lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { Substring($0) }
    cells = try Self.cells(of: Self.blocks(of: lines, path: path), lines, path: path)
  }

  /// The text with other outputs, and not a byte of anything else changed.
  /// - Parameter outputs: the number of a cell to the lines of its output; the others keep theirs.
  public func text(outputs: [Int: [String]]) -> String {
    var parts: [Substring] = []
    var next = 0
    for (number, cell) in cells.enumerated() {
      guard let output = outputs[number], output != cell.output else { continue }
      parts += lines[next..<cell.place.lowerBound]
      parts += block(of: output, for: cell)
      next = cell.place.upperBound
    }
    return (parts + lines[next...]).joined(separator: "\n")
  }

  private func block(of output: [String], for cell: Cell) -> [Substring] {
    let indent = (cell.outputFence ?? cell.fence).indent
    var fence = Fence(around: output, info: "output", indent: indent)
    // The writer's own fence, as long as it can hold the output.
    if let own = cell.outputFence, !output.contains(where: { own.isClosed(by: Substring($0)) }) {
      fence = own
    }
    let content = output.map { $0.isEmpty ? "" : fence.margin + $0 }
    var block = [fence.openingLine] + content + [fence.closingLine]
    if cell.outputFence == nil { block.insert("", at: 0) }
    let ending = lines[cell.line - 1].hasSuffix("\r") ? "\r" : ""
    return block.map { Substring($0 + ending) }
  }
}

extension Notebook {
  private struct Block {
    let fence: Fence
    /// Indices of its fences.
    let first: Int
    let last: Int
  }

  private static func blocks(
    of lines: [Substring], path: String
  ) throws(NotebookError) -> [Block] {
    var blocks: [Block] = []
    var open: (fence: Fence, first: Int)?
    for (index, line) in lines.enumerated() {
      let line = line.withoutCarriageReturn
      if let block = open {
        guard block.fence.isClosed(by: line) else { continue }
        blocks.append(Block(fence: block.fence, first: block.first, last: index))
        open = nil
      } else if let fence = Fence(opening: line) {
        open = (fence, index)
      }
    }
    if let open {
      throw .openFence(path: path, line: open.first + 1, fence: open.fence.closingLine)
    }
    return blocks
  }

  private static func cells(
    of blocks: [Block], _ lines: [Substring], path: String
  ) throws(NotebookError) -> [Cell] {
    var cells: [Cell] = []
    for (index, block) in blocks.enumerated() {
      guard let options = try options(of: block, path: path) else { continue }
      var output: Block?
      if index + 1 < blocks.count, blocks[index + 1].fence.info == "output",
        lines[(block.last + 1)..<blocks[index + 1].first]
          .allSatisfy({ $0.allSatisfy(\.isWhitespace) })
      {
        output = blocks[index + 1]
      }
      cells.append(
        Cell(
          line: block.first + 1, options: options,
          commands: try commands(of: block, lines, path: path),
          output: output.map { content(of: $0, lines) }, fence: block.fence,
          outputFence: output?.fence,
          place: output.map { $0.first..<($0.last + 1) } ?? (block.last + 1)..<(block.last + 1)))
    }
    return cells
  }

  /// Nil for a block that is no cell.
  private static func options(
    of block: Block, path: String
  ) throws(NotebookError) -> CellOptions? {
    guard block.fence.info.split(separator: " ").first == "retort" else { return nil }
    let tokens: [ShellWords.Token]
    do throws(WordError) {
      tokens = try ShellWords(block.fence.info).tokens
    } catch {
      throw .notWords(path: path, line: block.first + 1, reason: error.description)
    }
    let words = tokens.map { token in
      if case .word(let word) = token { word } else { "\(token)" }
    }
    do throws(CellOptionError) {
      return try CellOptions(Array(words.dropFirst()))
    } catch {
      throw .badOption(
        path: path, line: block.first + 1, word: error.word, expected: error.expected)
    }
  }

  /// Empty lines and comments are none; a backslash at the end joins the next line.
  private static func commands(
    of block: Block, _ lines: [Substring], path: String
  ) throws(NotebookError) -> [CellCommand] {
    var commands: [CellCommand] = []
    var begun: (text: String, line: Int)?
    for (offset, line) in content(of: block, lines).enumerated() {
      var text = (begun?.text ?? "") + line
      let number = begun?.line ?? block.first + 2 + offset
      begun = nil
      if text.hasSuffix("\\"), block.first + 2 + offset < block.last {
        text.removeLast()
        begun = (text, number)
        continue
      }
      let trimmed = text.drop { $0 == " " || $0 == "\t" }
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      do throws(WordError) {
        commands.append(try CellCommand(String(trimmed), line: number))
      } catch {
        throw .notWords(path: path, line: number, reason: error.description)
      }
    }
    guard !commands.isEmpty else { throw .emptyCell(path: path, line: block.first + 1) }
    return commands
  }

  private static func content(of block: Block, _ lines: [Substring]) -> [String] {
    lines[(block.first + 1)..<block.last].map { block.fence.content(of: $0.withoutCarriageReturn) }
  }
}

extension Substring {
  fileprivate var withoutCarriageReturn: Substring { hasSuffix("\r") ? dropLast() : self }
}
