// The one layout in which documents are written: one key a line, arrays compact.

extension JSONTree {
  /// Widest line that arrays are packed into, in characters.
  private static let width = 98

  /// The document's text, ending in a newline. Objects: one key a line. Arrays of numbers:
  /// as many on a line as fit. Arrays of anything else: one element a line, an object of scalars on
  /// one line if it fits. A change of one value is a change of one line.
  public var document: String {
    var out = ""
    write(to: &out, indentation: 0)
    out += "\n"
    return out
  }

  private func write(to out: inout String, indentation: Int) {
    let inner = String(repeating: " ", count: indentation + 1)
    let outer = String(repeating: " ", count: indentation)
    switch self {
    case .object(let members) where !members.isEmpty:
      out += "{\n"
      for (index, member) in members.enumerated() {
        out += "\(inner)\(Self.quoted(member.key)): "
        member.value.write(to: &out, indentation: indentation + 1)
        out += index == members.count - 1 ? "\n" : ",\n"
      }
      out += "\(outer)}"
    case .array(let elements) where !elements.isEmpty:
      out += "[\n"
      if elements.allSatisfy(\.isNumber) {
        out += Self.packed(elements.map(\.line), indentation: inner)
      } else {
        for (index, element) in elements.enumerated() {
          out += inner
          if element.isFlatObject, element.line.count + indentation < Self.width {
            out += element.line
          } else {
            element.write(to: &out, indentation: indentation + 1)
          }
          out += index == elements.count - 1 ? "\n" : ",\n"
        }
      }
      out += "\(outer)]"
    default:
      out += line
    }
  }

  /// The text on one line, without a newline.
  public var line: String {
    switch self {
    case .object(let members):
      return "{"
        + members.map { "\(Self.quoted($0.key)): \($0.value.line)" }.joined(separator: ", ") + "}"
    case .array(let elements): return "[" + elements.map(\.line).joined(separator: ", ") + "]"
    case .string(let string): return Self.quoted(string)
    case .number(let digits): return digits
    case .bool(let bool): return bool ? "true" : "false"
    case .null: return "null"
    }
  }

  private var isNumber: Bool {
    if case .number = self { return true }
    return false
  }

  /// An object whose values are scalars, or objects of scalars.
  private var isFlatObject: Bool {
    guard case .object(let members) = self else { return false }
    return members.allSatisfy { member in
      switch member.value {
      case .array: return false
      case .object: return member.value.isFlatObject
      default: return true
      }
    }
  }

  private static func packed(_ numbers: [String], indentation: String) -> String {
    var out = ""
    var line = indentation
    for (index, number) in numbers.enumerated() {
      let item = index == numbers.count - 1 ? number : "\(number),"
      if line.count + item.count + 1 > width, line.count > indentation.count {
        out += line + "\n"
        line = indentation
      }
      line += line.count > indentation.count ? " \(item)" : item
    }
    return out + line + "\n"
  }

  /// A text in quotes, with the escapes that RFC 8259 asks for.
  private static func quoted(_ string: String) -> String {
    var out = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
