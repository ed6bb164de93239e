// Predictions in the form that GLUE's server takes.

/// `index<TAB>prediction`, a header line first, one line an example.
/// Source: gluebenchmark.com, section FAQ of the submission page; SST-2's labels are 0 and 1.
public enum GLUESubmission {
  /// The first line.
  public static let header = "index\tprediction\n"

  public static func text(predictions: [Int]) -> String {
    predictions.enumerated().reduce(into: header) {
      $0 += "\($1.offset)\t\($1.element)\n"
    }
  }
}
