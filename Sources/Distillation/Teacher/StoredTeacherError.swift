// Why an activation store cannot teach a training.

public enum StoredTeacherError: Error, Equatable, Sendable, CustomStringConvertible {
  /// It holds the outputs of another teacher, or for other batches.
  case ofAnother(path: String, differences: [Difference])
  /// The loss reads what it does not hold.
  case lacks(path: String, what: [String], has: String)
  /// The training goes on where the store has ended.
  case tooShort(path: String, steps: Int, wanted: Int)
  /// The masked ids of a batch are not those that the teacher read.
  case otherTokens(path: String, step: Int, microBatch: Int)
  /// The tokens of an example, counted from 0, are not those that the teacher read, or there are fewer examples.
  case otherText(path: String, example: Int)
  case foreignWords(path: String, vocabularySize: Int)

  /// One thing that the outputs depend on.
  public struct Difference: Equatable, Sendable {
    public let name: String
    public let found: String?
    public let expected: String?

    /// Digests are told apart by their beginnings.
    var text: String {
      func short(_ value: String?) -> String {
        guard let value else { return "nothing" }
        let isDigest = value.count == 64 && value.allSatisfy(\.isHexDigit)
        return isDigest ? "\(value.prefix(12))…" : value
      }
      return "\(name.replacing("_", with: " ")) is \(short(found)), expected \(short(expected))"
    }
  }

  public var description: String {
    switch self {
    case .ofAnother(let path, let differences):
      "\(path): teacher outputs for another stage: "
        + "\(differences.map(\.text).joined(separator: "; ")); \(Self.advice)"
    case .lacks(let path, let what, let has):
      "\(path): expected \(what.joined(separator: " and ")), found \(has); \(Self.advice)"
    case .tooShort(let path, let steps, let wanted):
      "\(path): outputs for \(steps) steps, expected \(wanted); \(Self.advice)"
    case .otherTokens(let path, let step, let microBatch):
      "\(path): the tokens of step \(step + 1), batch \(microBatch + 1) are not those of this "
        + "training; \(Self.advice)"
    case .otherText(let path, let example):
      "\(path): the tokens of example \(example + 1) are not those of this training; \(Self.advice)"
    case .foreignWords(let path, let vocabularySize):
      "\(path): a word beyond the vocabulary of \(vocabularySize); \(Self.advice)"
    }
  }

  private static let advice = "write them with `retort activations DEF --stage ID`"
}
