// The labels of sentences.
import RetortOptions
import RetortTensorEngine

/// Cross-entropy of the class logits with the labels, mean over the sentences of a step. With weights of classes the mean is
/// weighted too: the sum over the sentences is divided by the sum of their labels' weights.
/// - Source: torch 2.4.0 `CrossEntropyLoss(weight, label_smoothing)`; without weights `LabelSmoother` of transformers 4.44.2,
///   which is the Trainer's `label_smoothing_factor`.
public struct CrossEntropy: TensorTerm {
  public static let key = "cross_entropy"
  public static let title = "labels"
  public static let about =
    "Cross-entropy with the labels. Where the task has class_weights, each sentence counts by the weight of its class."
  public static let batchKinds: Set<BatchKind> = [.labelledSentences]
  public static let options = OptionList(
    { CrossEntropy(labelSmoothing: $0) },
    OptionField(
      "label_smoothing", \.labelSmoothing, .number(.belowOne, example: "0.1"), otherwise: 0,
      "Share of the target that is spread evenly over all classes: label_smoothing_factor of Hugging Face's Trainer. The "
        + "validation loss is smoothed too, as the Trainer's is. With class_weights it is torch's CrossEntropyLoss(weight, "
        + "label_smoothing)."))
  public static let isMeasuredWithoutWeight = true
  public static let readsClassWeights = true

  public var labelSmoothing: Double
  /// By class; nil for 1 each. A task has them, so they are not among the options.
  public var classWeights: [Double]?

  public init(labelSmoothing: Double = 0, classWeights: [Double]? = nil) {
    precondition((0..<1).contains(labelSmoothing), "label smoothing from 0 to below 1")
    precondition(
      classWeights?.allSatisfy { $0 > 0 && $0.isFinite } ?? true, "weights of classes above 0")
    (self.labelSmoothing, self.classWeights) = (labelSmoothing, classWeights)
  }

  public func weighting(classes weights: [Double]?) -> CrossEntropy {
    CrossEntropy(labelSmoothing: labelSmoothing, classWeights: weights)
  }

  public var rows: TermRows { TermRows(.first, average: .sequences, classWeights: classWeights) }
  public var readsOfStudent: Observations { Observations(classLogits: true) }

  public var formula: String {
    var words = ["labels"]
    if labelSmoothing > 0 { words.append("smoothed by \(PlainNumber.text(labelSmoothing))") }
    if let classWeights {
      let weights = classWeights.map { PlainNumber.text(($0 * 1e6).rounded() / 1e6) }
      words.append("class weights \(weights.joined(separator: ", "))")
    }
    return "CE(\(words.joined(separator: "; "))), mean over \(rows.words)"
  }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    scope.crossEntropy(
      logits: batch.student.classLogits, labels: batch.classes, labelSmoothing: labelSmoothing,
      classWeights: classWeights, gradientScale: gradientScale
    ).reduce(0, +)
  }
}

extension Objective {
  /// The same with weights of classes.
  /// - Parameter weights: by class; nil for 1 each.
  public func weighting(classes weights: [Double]?) -> Objective {
    mappingTerms { $0.weighting(classes: weights) }
  }

  /// Of the labels that are trained on: an evaluation's loss has it too. 0 for none.
  public var labelSmoothing: Double {
    terms.filter(\.counts).map(\.term.labelSmoothing).max() ?? 0
  }
}
