// TinyBERT's augmentation: content words give way to words that a model finds likely in their place.
import RetortOptions
import RetortRandomness
import RetortTensorEngine
import RetortText
import RetortTransformers

/// In every copy each content word gives way, with a probability, to one of its candidates, each as likely as the others.
///
/// A content word is of letters alone and no stop word. Candidates of a word that is one piece of the vocabulary: the most
/// probable pieces in its place (`MaskedWordCandidates`), those beginning with ## left out. Of a word of several pieces: the
/// nearest whole words (`WordNeighbours`). A word without candidates stays. Copies are in the tokenizer's words, with
/// single blanks between them.
/// Source: Jiao et al. 2020 (arXiv 1909.10351), Algorithm 1; `data_augmentation.py` of
/// huawei-noah/Pretrained-Language-Model@170f475, with the model's word embeddings in place of GloVe's.
public struct WordReplacement: ModelAugmentation, Equatable {
  /// Where the neighbours of a word in pieces are looked for.
  public enum Neighbours: String, Sendable, CaseIterable {
    case wordEmbeddings = "word_embeddings"
  }

  public var copies: Int
  public var candidates: Int
  public var probability: Double
  public var neighbours: Neighbours

  public static let name = "tinybert"
  public static let about =
    "content words are replaced with words that a model's masked LM finds likely there (Jiao et al. 2020)."
  public static let version = 1
  public static let options = OptionList(
    WordReplacement.init(copies:candidates:probability:neighbours:),
    OptionField.copies(\.copies),
    OptionField(
      "candidates", \.candidates, .integer(atLeast: 1, atMost: 1000, example: "15"),
      "Words among which the one that takes a word's place is drawn. Pieces that begin with ## are left out after counting."
    ),
    OptionField(
      "probability", \.probability, .number(.fraction, example: "0.4"),
      "That a content word of a copy is replaced. A content word is of letters alone and no stop word of English."
    ),
    OptionField(
      "neighbours", \.neighbours, .choice, alwaysWritten: .wordEmbeddings,
      "Where candidates for a word of several word-pieces come from. word_embeddings: the nearest whole words of the "
        + "model's vocabulary, by cosine of its word embeddings; the word stands at the mean of its pieces. TinyBERT's own "
        + "program takes GloVe's vectors."))

  public init(
    copies: Int, candidates: Int, probability: Double, neighbours: Neighbours = .wordEmbeddings
  ) {
    (self.copies, self.candidates) = (copies, candidates)
    (self.probability, self.neighbours) = (probability, neighbours)
  }

  public func details(model: String) -> [String] {
    [
      "in each copy a word of letters alone, no stop word of English, is replaced with probability "
        + "\(PlainNumber.text(probability)) by one of its candidates",
      "candidates of a word of one piece: the \(candidates) most probable in its place by the masked LM of \(model), which reads "
        + "the sentence with that piece masked and the whole sentence behind it; those with ## are left out",
      "candidates of a word of several pieces: the \(candidates) nearest whole words by cosine in the word embeddings of \(model)",
    ]
  }

  public func makeCopier(
    model: TransformerModel, tokenizer: BertTokenizer, seed: UInt64, engine: Engine
  ) -> any SentenceCopier {
    WordReplacer(self, model, tokenizer, seed: seed, engine)
  }
}

final class WordReplacer: SentenceCopier {
  private let method: WordReplacement
  private let tokenizer: BertTokenizer
  private let seed: UInt64
  private let likely: MaskedWordCandidates
  private let neighbours: WordNeighbours

  init(
    _ method: WordReplacement, _ model: TransformerModel, _ tokenizer: BertTokenizer,
    seed: UInt64, _ engine: Engine
  ) {
    (self.method, self.tokenizer, self.seed) = (method, tokenizer, seed)
    likely = MaskedWordCandidates(
      model, vocabulary: tokenizer.vocabulary, count: method.candidates, engine: engine)
    neighbours = WordNeighbours(
      model, vocabulary: tokenizer.vocabulary, count: method.candidates, engine: engine)
  }

  /// A sentence with the candidates of its content words.
  struct Choice {
    let words: [String]
    /// Content words with their candidates, in order; none without a candidate.
    var candidates: [(word: Int, texts: [String])] = []
    var beyond = 0
    var tokens = 0

    /// Rows of a model beyond its vocabulary are no words.
    mutating func add(_ ids: [Int32], for word: Int, _ vocabulary: Vocabulary) {
      let texts = ids.compactMap { id -> String? in
        guard id < vocabulary.count else { return nil }
        let token = vocabulary.tokens[Int(id)]
        return token.isEmpty || token.hasPrefix(Vocabulary.continuationPrefix) ? nil : token
      }
      guard !texts.isEmpty else { return }
      let place = candidates.firstIndex { $0.word > word } ?? candidates.count
      candidates.insert((word, texts), at: place)
    }
  }

  func copies(of sentences: [String], from first: Int) throws -> [SentenceCopies] {
    zip(first..., try choices(for: sentences, from: first)).map { number, choice in
      SentenceCopies(
        copies: copies(of: choice, number: number), replaceable: choice.candidates.count,
        beyond: choice.beyond, tokens: choice.tokens)
    }
  }

  /// What each sentence's words can be replaced with.
  func choices(for sentences: [String], from first: Int) throws -> [Choice] {
    var choices: [Choice] = []
    var questions: [MaskedWordCandidates.Question] = []
    // Where the answers go.
    var asked: [(sentence: Int, word: Int)] = []
    for (place, sentence) in sentences.enumerated() {
      let text = tokenizer.segmented(sentence)
      var choice = Choice(words: text.words)
      for (number, word) in text.words.enumerated() where !StopWords.leave(word) {
        let pieces = text.pieces(of: number)
        if pieces.count > 1 {
          choice.add(
            neighbours.nearest(to: text.tokenIDs[pieces]), for: number, tokenizer.vocabulary)
        } else if likely.reaches(pieces.lowerBound) {
          questions.append(
            .init(
              sentence: first + place, tokenIDs: text.tokenIDs, place: pieces.lowerBound))
          asked.append((place, number))
        } else {
          choice.beyond += 1
        }
      }
      choices.append(choice)
    }
    let (answers, tokens) = try likely.answers(to: questions)
    for (answer, (sentence, word)) in zip(answers, asked) {
      choices[sentence].add(answer, for: word, tokenizer.vocabulary)
    }
    if !choices.isEmpty { choices[0].tokens = tokens }
    return choices
  }

  /// Every word of every sentence draws from a stream of its own.
  private func copies(of choice: Choice, number: Int) -> [SentenceCopies.Copy] {
    guard !choice.words.isEmpty else { return [] }
    var streams = choice.candidates.map {
      RandomStream(
        seed: seed, name: .augmentation,
        place: (UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: $0.word)))
    }
    return (0..<method.copies).map { _ in
      var words = choice.words
      var replaced = 0
      for (place, (word, texts)) in choice.candidates.enumerated() {
        let isReplaced = streams[place].uniformDouble() < method.probability
        let text = texts[Int(streams[place].integer(below: UInt32(texts.count)))]
        guard isReplaced, text != words[word] else { continue }
        words[word] = text
        replaced += 1
      }
      return .init(text: words.joined(separator: " "), replaced: replaced)
    }
  }
}
