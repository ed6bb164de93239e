// What the right answer of an example is.

/// A classification asks for one of some classes, a regression for a number.
public enum TaskKind: String, Sendable, Hashable, CaseIterable {
  case classification, regression

  /// The name of a regression's one output, which stands where a classification has the names of its classes: the
  /// name that transformers gives to an output without one.
  public static let numberName = "LABEL_0"
}

/// A label that is a number, as files have it.
enum NumberLabel {
  /// The nearest float32 of decimal digits with a sign, a point or an exponent, as float(text) of Python and then
  /// float32 have it; nil for anything else, and for what is beyond all float32.
  static func value(of text: String) -> Float? {
    guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text)
    else { return nil }
    let label = Float(number)
    return label.isFinite ? label : nil
  }
}
