// Ids back to text.

/// The text of each id with a space after it, ready to be copied.
public struct PieceTexts: Sendable {
  private var bytes: [UInt8] = []
  private var starts = [0]

  public init(_ texts: some Sequence<String>) {
    for text in texts {
      bytes.append(contentsOf: text.utf8)
      bytes.append(UInt8(ascii: " "))
      starts.append(bytes.count)
    }
  }

  /// A line for each sequence: the texts of its ids, separated by spaces, and a line feed.
  public func text(of sequences: TokenSequences) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(8 * sequences.tokenCount)
    for sequence in 0..<sequences.count {
      let ids = sequences[sequence]
      for id in ids {
        text.append(contentsOf: bytes[starts[Int(id)]..<starts[Int(id) + 1]])
      }
      if !ids.isEmpty { text.removeLast() }
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }
}
