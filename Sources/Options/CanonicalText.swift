// One text for one meaning: values written as YAML in a fixed form, for files and for digests.

/// A value to be written. Maps keep their order for display and are sorted for digests.
public indirect enum CanonicalValue: Sendable, Equatable {
  case map([(String, CanonicalValue)])
  case list([CanonicalValue])
  case text(String)
  case number(Double)
  case integer(Int)
  case truth(Bool)

  public static func seed(_ seed: UInt64) -> CanonicalValue { .integer(Int(clamping: seed)) }

  public static func == (a: CanonicalValue, b: CanonicalValue) -> Bool {
    CanonicalText.write(a, sorted: false) == CanonicalText.write(b, sorted: false)
  }
}

public enum CanonicalText {
  /// YAML in block form, lists of plain values in one line. Ends with a line feed.
  public static func write(_ value: CanonicalValue, sorted: Bool) -> String {
    var lines: [String] = []
    write(value, indent: "", lead: "", sorted: sorted, into: &lines)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func write(
    _ value: CanonicalValue, indent: String, lead: String, sorted: Bool, into lines: inout [String]
  ) {
    switch value {
    case .map(let entries) where !entries.isEmpty:
      let ordered = sorted ? entries.sorted { $0.0 < $1.0 } : entries
      for (index, (key, child)) in ordered.enumerated() {
        let head = (index == 0 ? lead : indent) + key + ":"
        if let line = flow(child, sorted: sorted) {
          lines.append("\(head) \(line)")
        } else {
          lines.append(head)
          let below = indent + "  "
          write(child, indent: below, lead: below, sorted: sorted, into: &lines)
        }
      }
    case .list(let items) where !items.isEmpty:
      for (index, item) in items.enumerated() {
        let head = index == 0 ? lead : indent
        if let line = flow(item, sorted: sorted) {
          lines.append("\(head)- \(line)")
        } else {
          write(item, indent: indent + "  ", lead: head + "- ", sorted: sorted, into: &lines)
        }
      }
    default:
      lines.append(lead + (flow(value, sorted: sorted) ?? ""))
    }
  }

  /// A scalar, a list or a map on one line, for display.
  public static func line(_ value: CanonicalValue) -> String {
    switch value {
    case .map(let entries):
      "{" + entries.map { "\($0.0): \(line($0.1))" }.joined(separator: ", ") + "}"
    case .list(let items): "[" + items.map(line).joined(separator: ", ") + "]"
    default: flow(value, sorted: false) ?? ""
    }
  }

  /// The value on one line, when it is a scalar or holds nothing but scalars in a list.
  private static func flow(_ value: CanonicalValue, sorted: Bool) -> String? {
    switch value {
    case .text(let text): return scalar(text)
    case .number(let number): return number.description
    case .integer(let number): return String(number)
    case .truth(let truth): return String(truth)
    case .map(let entries): return entries.isEmpty ? "{}" : nil
    case .list(let items):
      var parts: [String] = []
      for item in items {
        switch item {
        case .map, .list: return nil
        default: parts.append(flow(item, sorted: sorted) ?? "")
        }
      }
      return "[" + parts.joined(separator: ", ") + "]"
    }
  }

  /// Text without quotes where YAML and this program read it back as the same text.
  private static func scalar(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-./:".contains($0)) }
      && text.first.map { $0.isLetter || $0 == "/" || $0 == "." || $0 == "_" } == true
      && !text.hasSuffix(":") && !text.contains("..") && Scalars.number(text) == nil
      && !["true", "false", "null", "Null", "NULL"].contains(text)
    return isPlain ? text : quoted(text)
  }

  public static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7f {
          let hex = String(scalar.value, radix: 16)
          result += "\\x" + String(repeating: "0", count: 2 - hex.count) + hex
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
