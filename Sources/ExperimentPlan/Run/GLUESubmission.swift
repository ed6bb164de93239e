// Predictions in the form that GLUE's server takes.

/// `index<TAB>prediction`, a header line first, one line an example.
/// Source: gluebenchmark.com, section FAQ of the submission page; SST-2's labels are 0 and 1.
public enum GLUESubmission {
  /// The first line.
  public static let header = "index\tprediction\n"

  public static func text(predictions: [Int]) -> String {
    text(answers: predictions.map { String($0) })
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
    guard case .files = self else { return GLUESubmission.text(predictions: predictions) }
    return GLUESubmission.text(answers: predictions.map { classNames[$0] })
  }
}
