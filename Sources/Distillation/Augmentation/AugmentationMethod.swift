// How copies of sentences are made in which some words are others.
import RetortOptions
import RetortTensorEngine
import RetortText
import RetortTransformers

/// A way to make copies of sentences. A method is a type in a file of its own and a line in `AugmentationMethods.all`.
public protocol AugmentationMethod: Sendable {
  /// What definitions call it.
  static var name: String { get }
  /// What it does, in a sentence.
  static var about: String { get }
  /// Raised whenever its copies change.
  static var version: Int { get }
  static var options: OptionList<Self> { get }
  /// Copies of each sentence, duplicates counted.
  var copies: Int { get }
}

/// A method that needs nothing but the sentences.
public protocol ModelFreeAugmentation: AugmentationMethod {
  /// What it does, a line each.
  var details: [String] { get }
  func makeCopier(seed: UInt64) -> any SentenceCopier
}

/// A method that asks a model which words could stand in place of others.
public protocol ModelAugmentation: AugmentationMethod {
  /// Candidates for a word: what the model's vocabulary must have.
  var candidates: Int { get }
  /// What it does, a line each.
  /// - Parameter model: its name.
  func details(model: String) -> [String]
  /// - Parameters:
  ///   - model: with a masked-LM head; used forward only.
  ///   - tokenizer: the model's.
  func makeCopier(
    model: TransformerModel, tokenizer: BertTokenizer, seed: UInt64, engine: Engine
  ) -> any SentenceCopier
}

public enum AugmentationMethods {
  /// In the order in which messages name them.
  public static let all: [any AugmentationMethod.Type] = [WordReplacement.self, MaskingCopies.self]
}

/// Makes the copies of sentences.
public protocol SentenceCopier: AnyObject {
  /// The copies of each sentence. They depend on the sentence, its number and the seed; the sentences of a block are
  /// computed together, so that the last bits of a model's numbers depend on the block.
  /// - Parameters:
  ///   - sentences: a block of them, without line feeds.
  ///   - first: the number of the first one in the whole text, from 0.
  func copies(of sentences: [String], from first: Int) throws -> [SentenceCopies]
}

/// The copies of one sentence.
public struct SentenceCopies: Sendable, Equatable {
  public struct Copy: Sendable, Equatable {
    public var text: String
    /// Words in it that are others than in the sentence.
    public var replaced: Int
  }

  /// In order, duplicates among them.
  public var copies: [Copy]
  /// Words that could be replaced.
  public var replaceable: Int
  /// Words that could have been if the model had as many positions.
  public var beyond: Int
  /// Tokens that a model read for them.
  public var tokens: Int
}

/// What stops copies from being made.
public enum AugmentationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// - Parameter sentence: its number, from 0.
  case notFinite(sentence: Int)
  case tooManyCandidates(Int, words: Int)

  public var description: String {
    switch self {
    case .notFinite(let sentence):
      "the masked-LM logits of sentence \(sentence + 1) are not all finite numbers; the model is damaged, or its training "
        + "has diverged"
    case .tooManyCandidates(let count, let words):
      "candidates: expected at most \(words), the words of the model's vocabulary, found \(count); write a smaller number"
    }
  }
}

extension OptionField where Value == Int {
  /// How many copies of each sentence a method makes.
  static func copies(_ path: any KeyPath<Root, Int> & Sendable) -> OptionField {
    OptionField(
      "copies", path, .integer(atLeast: 1, atMost: 1000, example: "20"),
      "Copies that are made of each sentence. Those that are equal to the sentence or to an earlier copy are dropped after "
        + "counting, so there may be fewer.")
  }
}
