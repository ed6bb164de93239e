// How much of a teacher's probability is on the words whose logits a store keeps.
import Foundation
import RetortStorage
import RetortText
import RetortTransformers

/// The probability of the kept words at a temperature, on some batch. What is left is one class in the loss.
public struct KeptShare: Sendable, Equatable {
  public let temperature: Double
  /// Tokens of the batch.
  public let tokens: Int
  /// Σ softmax(z / T) over the kept words, mean over the tokens.
  public let mean: Double

  /// One for each temperature that the store has a log-normaliser of.
  /// - Parameters:
  ///   - outputs: of the model; none for a store that keeps no logits.
  ///   - model: with a masked-LM head.
  public static func all(
    of outputs: ModelOutputs, model: TransformerModel, on batch: PackedBatch, engine: Engine
  ) throws -> [KeptShare] {
    guard let kept = outputs.topLogits, !kept.temperatures.isEmpty else { return [] }
    let computation = OutputComputation(
      model,
      ModelOutputs(
        topLogits: .init(
          count: kept.count, temperatures: kept.temperatures, positions: .all,
          precision: kept.precision)),
      engine: engine)
    let values = try computation.values(of: batch, layout: SequenceLayout(batch))
    guard let logits = values.topLogits else { return [] }
    return kept.temperatures.enumerated().map { place, temperature in
      let total = (0..<batch.tokenCount).reduce(0.0) { sum, row in
        let normalizer = Double(logits.logNormalizers[row * kept.temperatures.count + place])
        return (row * kept.count..<(row + 1) * kept.count).reduce(sum) {
          $0 + exp(Double(logits.values[$1]) / temperature - normalizer)
        }
      }
      return KeptShare(
        temperature: temperature, tokens: batch.tokenCount,
        mean: total / Double(batch.tokenCount))
    }
  }
}
