// Sentences to time a model with where there is no data set.
import RetortDistillation
import RetortRandomness
import RetortText

/// Labelled sequences of random words whose lengths are distributed as those of SST-2's training sentences: speed
/// depends on lengths, not on words.
public enum MadeUpSentences {
  /// Of `bert-base-uncased`.
  public static let (classifierID, separatorID, maskID): (Int32, Int32, Int32) = (101, 102, 103)
  /// Words begin behind the special and the unused entries.
  public static let firstWord = 1000

  /// - Parameter vocabularySize: V, above 1,000.
  public static func make(count: Int, vocabularySize: Int, seed: UInt64) -> LabelledSequences {
    var stream = RandomStream(seed: seed, name: .synthesis, place: (0, 0))
    var sequences = TokenSequences()
    var labels: [Int32] = []
    for _ in 0..<count {
      let words = (0..<length(&stream) - 2).map { _ in
        Int32(firstWord) + Int32(stream.integer(below: UInt32(vocabularySize - firstWord)))
      }
      sequences.append([classifierID] + words + [separatorID])
      labels.append(Int32(stream.integer(below: 2)))
    }
    return LabelledSequences(sequences: sequences, labels: labels)
  }

  private static func length(_ stream: inout RandomStream) -> Int {
    var place = Int(stream.integer(below: UInt32(sst2LengthCounts.reduce(0, +))))
    for (index, count) in sst2LengthCounts.enumerated() {
      if place < count { return shortest + index }
      place -= count
    }
    preconditionFailure("a place below the sum of all counts")
  }

  private static let shortest = 3
  /// How many of SST-2's 67,349 training sentences have 3, 4, … 66 tokens, [CLS] and [SEP] counted, with the
  /// vocabulary of `bert-base-uncased`: 897,039 tokens in all.
  private static let sst2LengthCounts = [
    1978, 5322, 6065, 5345, 4749, 4155, 3713, 3267, 2947, 2650, 2413, 2138, 1950, 1777, 1661, 1515,
    1373, 1285, 1132, 1106, 1046, 909, 820, 806, 733, 692, 628, 538, 491, 442, 448, 400, 337, 304,
    286, 242, 195, 203, 192, 155, 148, 130, 89, 82, 85, 73, 55, 42, 50, 40, 36, 19, 21, 22, 15, 8,
    6, 3, 2, 5, 5, 1, 2, 2,
  ]
}
