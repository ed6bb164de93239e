// Writes SVG elements, one a line, with coordinates in hundredths of a pixel at most.
import RetortStrictJSON

/// Collects the elements of one picture. Nothing in it depends on machine, date or version, and no
/// font is embedded: the reader's sans-serif is used.
struct SVGWriter {
  private let width: Double
  private let height: Double
  private let title: String
  private let style: String
  private var body: [String] = []

  /// - title: read out by screen readers, shown as a tooltip.
  init(width: Double, height: Double, title: String, style: String) {
    self.width = width
    self.height = height
    self.title = title
    self.style = style
  }

  mutating func element(_ name: String, _ attributes: [(String, String)], text: String? = nil) {
    let list = attributes.map { " \($0.0)=\"\(Self.escaped($0.1))\"" }.joined()
    if let text {
      body.append("<\(name)\(list)>\(Self.escaped(text))</\(name)>")
    } else {
      body.append("<\(name)\(list)/>")
    }
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, radius: Double = 0, style: String
  ) {
    element(
      "rect",
      [
        ("class", style), ("x", Self.number(x)), ("y", Self.number(y)),
        ("width", Self.number(width)), ("height", Self.number(height)),
      ] + (radius > 0 ? [("rx", Self.number(radius))] : []))
  }

  mutating func line(x1: Double, y1: Double, x2: Double, y2: Double, style: String) {
    element(
      "line",
      [
        ("class", style), ("x1", Self.number(x1)), ("y1", Self.number(y1)),
        ("x2", Self.number(x2)), ("y2", Self.number(y2)),
      ])
  }

  mutating func polyline(_ points: [(x: Double, y: Double)], style: String) {
    let list = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
    element("polyline", [("class", style), ("points", list)])
  }

  enum Anchor: String {
    case start, middle, end
  }

  mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, style: String
  ) {
    element(
      "text",
      [
        ("class", style), ("x", Self.number(x)), ("y", Self.number(y)),
        ("text-anchor", anchor.rawValue),
      ], text: text)
  }

  /// The picture's whole text.
  func document() -> String {
    let size = "\(Self.number(width)) \(Self.number(height))"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(width))" \
      height="\(Self.number(height))" viewBox="0 0 \(size)" role="img">
      <title>\(Self.escaped(title))</title>
      <style>
      \(style)
      </style>
      \(body.joined(separator: "\n"))
      </svg>

      """
  }

  /// At most two digits after the point, without trailing zeros.
  static func number(_ value: Double) -> String {
    var text = value.fixed(2)
    while text.contains("."), text.hasSuffix("0") || text.hasSuffix(".") { text.removeLast() }
    return text == "-0" ? "0" : text
  }

  static func escaped(_ text: String) -> String {
    // By scalars: to a Character, a quotation mark may be one with the accent behind it. Controls are not XML.
    var out = ""
    for scalar in text.onOneLine.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
