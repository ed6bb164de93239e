// What of a page is markup, and what is text that must be shown as it is.

/// Lines of HTML and blocks of code that the program itself puts on a page. Everything else may come from a record, a
/// definition or a reference that somebody sent: `page` makes it literal, so that no text can bring HTML or open a
/// block of code, which `retort notebook` might take for a cell.
enum PageMarkup {
  /// Stands before a line of markup until the page is finished. Drawn anew by every process, out of characters that
  /// are none, so that no text can hold it.
  private static let mark = String(
    String.UnicodeScalarView(
      (0..<16).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0xFDD0...0xFDEF)) }))

  /// A line of HTML.
  static func line(_ html: String) -> String { mark + html }

  /// The first line of a page that is drawn from records.
  static func origin(_ source: String) -> String {
    line("<!-- Drawn by `retort report` from \(source); changes made here are lost. -->")
  }

  /// A block of code, under a fence that none of its lines closes.
  static func code(_ text: String, info: String) -> String {
    let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    let fence = Fence(around: lines, info: info, indent: 0)
    return mark + fence.openingLine + "\n" + text + "\n" + mark + fence.closingLine
  }

  /// The finished page.
  /// - Parameter text: with the markup of this type in it.
  static func page(_ text: String) -> String {
    let mark = mark.utf8
    var end: Substring.UTF8View?
    return text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { line -> String in
      guard line.starts(with: mark) else {
        return end == nil ? String(Substring(line)).literal : String(Substring(line))
      }
      let own = line.dropFirst(mark.count)
      let fence = own.prefix { $0 == UInt8(ascii: "`") }
      if let open = end {
        if own.elementsEqual(open) { end = nil }
      } else if fence.count >= 3 {
        end = Substring(fence).utf8
      }
      return String(Substring(own))
    }.joined(separator: "\n")
  }
}

extension String {
  /// One line of free text as Markdown shows it: no tag, and no beginning of a block of code.
  fileprivate var literal: String {
    let text = markdownProse
    // Also within a list or a quotation.
    let start = text.unicodeScalars.drop {
      $0.properties.isWhitespace || ("0"..."9").contains($0) || ">*+-.)".unicodeScalars.contains($0)
    }
    let fence = start.prefix { $0 == start.first }
    guard fence.count >= 3, fence.first == "`" || fence.first == "~" else { return text }
    var scalars = text.unicodeScalars
    scalars.insert("\\", at: start.startIndex)
    return String(scalars)
  }

  /// Free text with `<name>` as Markdown shows it: it would be taken for a tag and vanish.
  var markdownProse: String {
    guard utf8.contains(UInt8(ascii: "<")) else { return self }
    // By scalars: to a Character, a bracket may be one with the letter before it.
    var out = String.UnicodeScalarView()
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      let isTag =
        scalar == "<"
        && (rest.first.map { $0.properties.isAlphabetic || "/!?".unicodeScalars.contains($0) }
          ?? false)
      if isTag { out += "&lt;".unicodeScalars } else { out.append(scalar) }
    }
    return String(out)
  }

  /// A paragraph of its own that is no heading, whatever it begins with.
  var markdownParagraph: String { hasPrefix("#") ? "\\" + self : self }
}
