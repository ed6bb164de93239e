// Which tokens of a pair of texts are kept where there is not room for all.

/// The rule `longest_first` of the fast tokenizers, which Hugging Face's examples use. The slow tokenizers' rule of the same
/// name takes token after token from the longer text, and gives the spare one to the other side.
/// - Source: tokenizers 0.19.1, `truncate_encodings` in utils/truncation.rs.
enum PairTruncation {
  /// - Parameters:
  ///   - first, second: how many tokens the texts have.
  ///   - room: how many there may be together.
  /// - Returns: how many of each are kept, from its beginning.
  static func kept(first: Int, second: Int, room: Int) -> (first: Int, second: Int) {
    guard first + second > room else { return (first, second) }
    var shorter = min(first, second)
    var longer = shorter > room ? shorter : max(shorter, room - shorter)
    if shorter + longer > room {
      shorter = room / 2
      longer = shorter + room % 2
    }
    // Of two equally long texts the first counts as the shorter.
    return first > second ? (longer, shorter) : (shorter, longer)
  }
}
