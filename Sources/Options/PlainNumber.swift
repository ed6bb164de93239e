// A number as people write it.

public enum PlainNumber {
  /// The shortest exact form, without a trailing `.0` and with `e-5` for `e-05`.
  public static func text(_ number: Double) -> String {
    var text = number.description
    if text.hasSuffix(".0") { text.removeLast(2) }
    return text.replacing("e-0", with: "e-").replacing(".0e", with: "e")
  }

  /// A share in per cent, rounded to hundredths of one.
  public static func percent(_ share: Double) -> String {
    text((share * 10_000).rounded() / 100) + " %"
  }
}
