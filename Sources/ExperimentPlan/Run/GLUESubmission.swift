// Predictions in the form that GLUE's server takes.
import RetortDistillation
import RetortFormatting
import RetortText

/// `index<TAB>prediction`, a header line first, one line an example.
/// Source: gluebenchmark.com, section FAQ of the submission page; jiant scripts/benchmarks/benchmarks.py.
public enum GLUESubmission {
  /// The first line.
  public static let header = "index\tprediction\n"

  /// - Parameter predictions: numbers of classes; the server takes them as the task's files write them.
  public static func text(predictions: [Int], of task: any BuiltInTask) -> String {
    text(answers: predictions.map { task.writtenLabels[$0] })
  }

  /// - Parameter numbers: of a regression; three decimals, as run_glue.py writes them.
  public static func text(numbers: [Float]) -> String {
    text(answers: numbers.map { Double($0).fixed(3) })
  }

  /// The predictions of a task as its kind has them.
  public static func text(of result: ClassificationResult, for task: any BuiltInTask) -> String {
    switch task.kind {
    case .classification: text(predictions: result.predictions, of: task)
    case .regression: text(numbers: result.logits)
    }
  }

  /// - Parameter answers: as the server takes them.
  public static func text(answers: [String]) -> String {
    answers.enumerated().reduce(into: header) {
      $0 += "\($1.offset)\t\($1.element)\n"
    }
  }
}

extension TaskSource {
  /// The predictions for a test set: in GLUE's form, or with the classes' names, or all digits of a number, for a task
  /// of the user's own.
  func predictionsText(_ result: ClassificationResult, classNames: [String]) -> String {
    switch root {
    case .files(let task) where task.kind == .regression:
      GLUESubmission.text(answers: result.logits.map { "\($0)" })
    case .files: GLUESubmission.text(answers: result.predictions.map { classNames[$0] })
    case .builtIn(let named): GLUESubmission.text(of: result, for: named.task)
    case .generated, .part: GLUESubmission.text(answers: result.predictions.map { String($0) })
    }
  }
}
