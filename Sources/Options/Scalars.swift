// What unquoted scalars of a definition mean.

/// What an unquoted scalar means. YAML 1.1's surprises (`no`, `on`, `0777`, `1:30`) are text here.
public enum Scalars {
  /// `true` and `false` only.
  public static func truth(_ text: String) -> Bool? {
    switch text {
    case "true": true
    case "false": false
    default: nil
    }
  }

  /// A decimal whole number; `_` may separate digits.
  public static func integer(_ text: String) -> Int? {
    let body = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard let first = body.first, first.isASCII, first.isNumber,
      body.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "_") }),
      body.last != "_", first != "0" || body.count == 1
    else { return nil }
    return Int(text.filter { $0 != "_" && $0 != "+" })
  }

  /// A finite decimal number, with or without point and exponent (`1e-4` as well as `1.0e-4`).
  public static func number(_ text: String) -> Double? {
    guard let first = text.first(where: { $0 != "-" && $0 != "+" }),
      first.isASCII, first.isNumber || first == ".",
      text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-._eE".contains($0)) }),
      let value = Double(text.filter { $0 != "_" }), value.isFinite
    else { return nil }
    return value
  }

  /// Infinity or no number, as YAML writes them, or a number too large to be one.
  static func isUnbounded(_ text: String) -> Bool {
    let body = text.lowercased().drop { "+-.".contains($0) }
    return ["inf", "infinity", "nan"].contains(body)
      || Double(text.filter { $0 != "_" }).map { !$0.isFinite } ?? false
  }

  /// What a word of YAML 1.1 for true or false is here.
  static func truthMeant(by text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "yes", "on", "y": true
    case "false", "no", "off", "n": false
    default: nil
    }
  }
}
