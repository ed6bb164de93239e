// Predictions in the form that GLUE's server takes.
import RetortText

/// `index<TAB>prediction`, a header line first, one line an example.
/// Source: gluebenchmark.com, section FAQ of the submission page; jiant scripts/benchmarks/benchmarks.py.
public enum GLUESubmission {
  /// The first line.
  public static let header = "index\tprediction\n"

  /// - Parameter predictions: numbers of classes; the server takes them as the task's files write them.
  public static func text(predictions: [Int], of task: GLUETask) -> String {
    text(answers: predictions.map { task.writtenLabels[$0] })
  }

  static func text(answers: [String]) -> String {
    answers.enumerated().reduce(into: header) {
      $0 += "\($1.offset)\t\($1.element)\n"
    }
  }
}

extension TaskSource {
  /// The predictions for a test set: in GLUE's form, or with the classes' names for a task of the user's own.
  func predictionsText(_ predictions: [Int], classNames: [String]) -> String {
    switch self {
    case .files: GLUESubmission.text(answers: predictions.map { classNames[$0] })
    case .glue(let task): GLUESubmission.text(predictions: predictions, of: task)
    case .generated: GLUESubmission.text(answers: predictions.map { String($0) })
    }
  }
}
