// Copies with words masked, or a part of the sentence alone: an augmentation without a model.
import RetortOptions
import RetortRandomness
import RetortText

/// In every copy each word gives way to [MASK] with a probability; then, with another, only an n-gram of the copy is kept: n
/// is drawn from 1 to the longest, a sentence that is shorter stays whole, and each place is as likely as the others.
/// Words are what white space separates.
/// Source: Tang et al. 2019 (arXiv 1903.12136), section 4.3: p_mask 0.1, p_ng 0.25, n to 5, 20 copies. Its third rule, a word
/// of the same part of speech (p_pos 0.1), needs a tagger and is left out.
public struct MaskingCopies: ModelFreeAugmentation, Equatable {
  public var copies: Int
  public var maskProbability: Double
  public var ngramProbability: Double
  public var longestNgram: Int

  public static let name = "masking"
  public static let about =
    "words are masked, and of some copies an n-gram alone is kept (Tang et al. 2019, without the replacement by part of "
    + "speech, which needs a tagger); no model is needed."
  public static let version = 1
  public static let options = OptionList(
    MaskingCopies.init(copies:maskProbability:ngramProbability:longestNgram:),
    OptionField.copies(\.copies),
    OptionField(
      "mask_probability", \.maskProbability, .number(.fraction, example: "0.1"),
      "That a word of a copy is masked."),
    OptionField(
      "ngram_probability", \.ngramProbability, .number(.fraction, example: "0.25"),
      "That of a copy only an n-gram is kept."),
    OptionField(
      "longest_ngram", \.longestNgram, .integer(atLeast: 1, atMost: 1000, example: "5"),
      "Words of the longest n-gram; n is drawn from 1 to it."))

  public init(
    copies: Int, maskProbability: Double, ngramProbability: Double, longestNgram: Int
  ) {
    (self.copies, self.maskProbability) = (copies, maskProbability)
    (self.ngramProbability, self.longestNgram) = (ngramProbability, longestNgram)
  }

  public var details: [String] {
    [
      "in each copy a word becomes [MASK] with probability \(PlainNumber.text(maskProbability)); then, with probability "
        + "\(PlainNumber.text(ngramProbability)), only 1 to \(longestNgram) words in a row are kept",
      "no replacement by part of speech, which needs a tagger",
    ]
  }

  public func makeCopier(seed: UInt64) -> any SentenceCopier { Masker(method: self, seed: seed) }
}

private final class Masker: SentenceCopier {
  private let method: MaskingCopies
  private let seed: UInt64

  init(method: MaskingCopies, seed: UInt64) { (self.method, self.seed) = (method, seed) }

  func copies(of sentences: [String], from first: Int) -> [SentenceCopies] {
    zip(first..., sentences).map { number, sentence in
      let words = sentence.unicodeScalars.split(whereSeparator: \.properties.isWhitespace)
        .map { String($0) }
      return SentenceCopies(
        copies: words.isEmpty ? [] : copies(of: words, number: number), replaceable: words.count,
        beyond: 0, tokens: 0)
    }
  }

  /// Every word of every sentence draws from a stream of its own, and so does the choice of the n-gram.
  private func copies(of sentence: [String], number: Int) -> [SentenceCopies.Copy] {
    func stream(_ place: UInt32) -> RandomStream {
      RandomStream(
        seed: seed, name: .augmentation, place: (UInt32(truncatingIfNeeded: number), place))
    }
    var streams = sentence.indices.map { stream(UInt32(truncatingIfNeeded: $0)) }
    var cuts = stream(.max)
    return (0..<method.copies).map { _ in
      var words = sentence[...]
      for place in sentence.indices
      where streams[place].uniformDouble() < method.maskProbability {
        words[place] = Vocabulary.maskToken
      }
      let isCut = cuts.uniformDouble() < method.ngramProbability
      let length = 1 + Int(cuts.integer(below: UInt32(method.longestNgram)))
      let room = UInt32(max(0, words.count - length))
      let start = Int(cuts.integer(below: room + 1))
      if isCut { words = words[start..<min(words.count, start + length)] }
      return .init(
        text: words.joined(separator: " "), replaced: words.count { $0 == Vocabulary.maskToken })
    }
  }
}
