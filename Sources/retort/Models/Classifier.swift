// A stored model that assigns classes or numbers to sentences.
import Glibc
import RetortDistillation
import RetortEvaluation
import RetortExperimentPlan
import RetortText
import RetortTransformers

/// A model with its classification head, its tokenizer and what it is computed in.
struct Classifier {
  let model: TransformerModel
  let tokenizer: BertTokenizer
  private let scope: ComputeScope

  /// Whether it gives numbers.
  var isRegression: Bool { model.configuration.isRegression }

  /// Names of the classes, in the order of the logits.
  var labels: [String] { model.configuration.labels }

  /// Tokens at which texts are cut.
  let maximumLength: Int

  /// - Parameter maximumLength: at most what the model's positions and its tokenizer's settings allow, which is also what is
  ///   taken for nil.
  init(_ stored: StoredModel, maximumLength: Int? = nil, engine: Engine) throws {
    guard stored.parts.contains(.classification) else {
      let parts = stored.parts.sorted().map(\.rawValue).joined(separator: ", ")
      throw CommandFailure(
        "\(stored.path): no classification head (it has \(parts)); fine-tune it first, "
          + "`retort finetune` does")
    }
    model = try stored.load(
      heads: [.classification], ignoring: [.pooler, .maskedLanguage, .nextSentence], mapping: true,
      seed: 0)
    model.keepPacked()
    tokenizer = stored.makeTokenizer()
    self.maximumLength = min(stored.maximumLength, maximumLength ?? .max)
    scope = ComputeScope(engine: engine, recording: false)
  }

  /// - Throws: for a model whose token types are too few to tell the texts of a pair apart.
  func checkTakesPairs() throws(CommandFailure) {
    guard let problem = model.configuration.problemWithPairs else { return }
    throw CommandFailure(problem)
  }

  /// - Parameter metrics: what is computed of the answers where there are labels.
  func classify(
    _ sequences: TokenSequences, labels: [Int32]? = nil, numbers: [Float]? = nil,
    metrics: [any Metric.Type] = []
  ) throws(EvaluationError) -> ClassificationResult {
    try ClassificationEvaluation.evaluate(
      model, on: LabelledSequences(sequences: sequences, labels: labels, numbers: numbers),
      in: scope, metrics: metrics)
  }

  /// The answers to texts of any lengths, in their order.
  func answers(to sequences: TokenSequences) throws(EvaluationError) -> ClassificationResult {
    try ClassificationEvaluation.answers(of: model, to: sequences, in: scope)
  }
}

/// The probabilities of logits: softmax, in double precision.
func probabilities(of logits: some Collection<Float>) -> [Double] {
  let highest = Double(logits.max() ?? 0)
  let powers = logits.map { exp(Double($0) - highest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
