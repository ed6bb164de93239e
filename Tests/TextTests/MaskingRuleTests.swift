// Masking: how many, which, by what, and always the same.
import RetortRandomness
import Testing

@testable import RetortText

@Suite("Masking")
struct MaskingRuleTests {
  private let rule = MaskingRule(
    probability: 0.15, smoothing: 0.7, mask: 0.8, keep: 0.1, random: 0.1)
  private let vocabulary: Vocabulary

  init() throws {
    vocabulary = try Vocabulary(tokens: Vocabulary.specialTokens + (5..<1000).map { "t\($0)" })
  }

  private func batch(_ count: Int, of length: Int) -> PackedBatch {
    var sequences = TokenSequences()
    for sequence in 0..<count {
      let middle = (0..<length - 2).map { Int32(5 + ($0 * 7 + sequence * 31) % 995) }
      sequences.append([vocabulary.classifierID] + middle + [vocabulary.separatorID])
    }
    return PackedBatch(Array(0..<count), of: sequences)
  }

  private func stream(_ step: Int) -> RandomStream {
    RandomStream(seed: 9, name: .masking, place: (UInt32(step), 0))
  }

  @Test("Weights fall with the counts, to the power 0.7; specials have none")
  func weights() {
    var counts = [Int](repeating: 0, count: 1000)
    (counts[5], counts[6], counts[2]) = (1, 1000, 50)
    let weights = rule.weights(counts: counts, vocabulary: vocabulary)
    #expect(weights[0...4].allSatisfy { $0 == 0 })
    #expect(weights[5] == 1 && weights[7] == 1)
    #expect(abs(weights[6] - 0.007943282347242814) < 1e-15)  // 1000**-0.7
  }

  @Test("⌈0.15 · T⌉ positions, never a special one, labels where and only where masked")
  func counts() {
    let weights = [Double](repeating: 0, count: 5) + [Double](repeating: 1, count: 995)
    for (count, length) in [(1, 5), (1, 20), (3, 20), (5, 512), (2, 34)] {
      let batch = batch(count, of: length)
      var stream = stream(length)
      let masked = rule.apply(to: batch, weights: weights, vocabulary: vocabulary, stream: &stream)
      let expected = Int((0.15 * Double(batch.tokenCount)).rounded(.up))
      #expect(masked.maskedCount == expected)
      #expect(masked.labels.count { $0 >= 0 } == expected)
      #expect(masked.packed.offsets == batch.offsets && masked.packed.examples == batch.examples)
      for (position, label) in masked.labels.enumerated() {
        if label < 0 {
          #expect(masked.packed.tokenIDs[position] == batch.tokenIDs[position])
        } else {
          #expect(label == batch.tokenIDs[position] && label > 4)
        }
      }
    }
  }

  @Test("More wanted than there are: all that can be masked")
  func exhausted() {
    let all = MaskingRule(probability: 1, smoothing: 0.7, mask: 1, keep: 0, random: 0)
    let weights = [Double](repeating: 0, count: 5) + [Double](repeating: 1, count: 995)
    var stream = stream(0)
    let masked = all.apply(
      to: batch(2, of: 7), weights: weights, vocabulary: vocabulary, stream: &stream)
    #expect(masked.maskedCount == 10)
    #expect(masked.packed.tokenIDs == [2, 4, 4, 4, 4, 4, 3, 2, 4, 4, 4, 4, 4, 3])
  }

  @Test("The same stream, the same masks; another step, other masks")
  func determinism() {
    let weights = [Double](repeating: 0, count: 5) + [Double](repeating: 1, count: 995)
    func masks(_ step: Int) -> MaskedBatch {
      var stream = stream(step)
      return rule.apply(
        to: batch(4, of: 50), weights: weights, vocabulary: vocabulary, stream: &stream)
    }
    #expect(masks(1) == masks(1))
    #expect(masks(1) != masks(2))
  }

  /// Chances of drawing the pair {i, j} one after the other in proportion to the weights left:
  /// w_i/W · w_j/(W - w_i) + w_j/W · w_i/(W - w_j).
  @Test("Positions are drawn without replacement in proportion to their weights")
  func distribution() {
    let two = MaskingRule(probability: 0.5, smoothing: 0.7, mask: 1, keep: 0, random: 0)
    let chances: [Double] = [1, 2, 4, 8]
    var weights = [Double](repeating: 0, count: 1000)
    for (index, chance) in chances.enumerated() { weights[5 + index] = chance }
    let batch = PackedBatch(tokenIDs: [5, 6, 7, 8], offsets: [0, 4], examples: [0])
    let draws = 200_000
    var counts: [Int: Int] = [:]
    var stream = stream(3)
    for _ in 0..<draws {
      let masked = two.apply(to: batch, weights: weights, vocabulary: vocabulary, stream: &stream)
      let pair = masked.labels.enumerated().reduce(0) { $1.element >= 0 ? $0 | 1 << $1.offset : $0 }
      counts[pair, default: 0] += 1
    }
    let sum = chances.reduce(0, +)
    var chiSquare = 0.0
    for i in 0..<4 {
      for j in i + 1..<4 {
        let (a, b) = (chances[i], chances[j])
        let expected = Double(draws) * (a / sum * b / (sum - a) + b / sum * a / (sum - b))
        let difference = Double(counts[1 << i | 1 << j] ?? 0) - expected
        chiSquare += difference * difference / expected
      }
    }
    #expect(counts.values.reduce(0, +) == draws && counts.count == 6)
    #expect(chiSquare < 20.5, "chi square of 5 degrees of freedom, 0.1 % point")  // 20.515
  }
}
