// What is in data files, for people, within the terminal's columns, or 80.
import RetortFormatting
import RetortStrictJSON

extension DataInspection {
  private static var width: Int { StandardOutput.shared.width ?? 80 }

  var text: String {
    var parts = files.map { $0.text(width: Self.width) }
    if !shared.isEmpty { parts.append(sharedText) }
    return parts.joined(separator: "\n\n")
  }

  private var sharedText: String {
    let lines = shared.map { pair -> [String] in
      let found = "\(pair.earlier) and \(pair.later)"
      guard pair.texts.rows > 0 else { return ["  \(found): none"] }
      let rows = pair.texts.rows
      return ["  \(found): \(rows.grouped) \(rows == 1 ? "row" : "rows") of the second"]
        + pair.texts.lines(indentation: "    ", ["first", "second"])
    }
    return (["the same texts in two files"] + lines.flatMap { $0 }).joined(separator: "\n")
  }
}

extension DataInspection.Repeated {
  /// Where some of them are.
  /// - Parameter names: of the two rows, where they are in two files.
  fileprivate func lines(indentation: String, _ names: [String] = []) -> [String] {
    func places(_ examples: [[Int]], _ count: Int) -> String {
      let shown = examples.map { $0.map(String.init).joined(separator: "=") }
      return shown.joined(separator: ", ") + (count > shown.count ? ", …" : "")
    }
    let kind = names.isEmpty ? "rows" : "rows, \(names.joined(separator: "="))"
    var lines = ["\(indentation)\(kind): \(places(examples, rows))"]
    if otherLabel > 0 {
      lines.append(
        "\(indentation)with another label \(otherLabel.grouped): "
          + places(otherLabelExamples, otherLabel))
    }
    return lines
  }
}

extension DataInspection.DataFile {
  fileprivate func text(width: Int) -> String {
    var lines = [
      "\(path): \(format), \(rows.grouped) row\(rows == 1 ? "" : "s"), "
        + "\(columns.count) column\(columns.count == 1 ? "" : "s")"
    ]
    let table = TextTable(
      header: ["column", "kind", "missing"],
      rows: columns.map { [$0.name.cut(to: 40), $0.kind, $0.missing.grouped] }
        + unreadable.map { [$0.name.cut(to: 40), "\($0.kind), not read", ""] }, rightAligned: [2])
    lines += table.text(width: width - 2).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map { "  \($0)" }
    if let note { lines.append("  \(note)") }
    lines += firstRowLines(width: width)
    if let text { lines += textLines(text) }
    if let label { lines += labelLines(label, width: width) }
    if let repeated {
      lines.append(
        "duplicates   "
          + (repeated.rows == 0
            ? "none"
            : "\(share(repeated.rows)) \(repeated.rows == 1 ? "has" : "have") the text of an earlier row")
      )
      if repeated.rows > 0 { lines += repeated.lines(indentation: "             ") }
    }
    return lines.joined(separator: "\n")
  }

  private func firstRowLines(width: Int) -> [String] {
    guard !firstRows.isEmpty else { return [] }
    let names = columns.map { $0.name.cut(to: 20) }
    let room = names.map(\.count).max() ?? 0
    var lines = ["first rows"]
    for row in firstRows {
      for (place, (column, name)) in zip(columns, names).enumerated() {
        let value = (row[column.name] ?? "").onOneLine.cut(to: width - room - 6)
        lines.append("  \(place == 0 ? "-" : " ") \(name.padded(to: room))  \(value)".trimmed)
      }
    }
    return lines
  }

  private func textLines(_ text: DataInspection.TextFacts) -> [String] {
    var lines = ["text         " + named(text.columns, text.isGuessed, option: "--text")]
    if text.blank > 0 { lines.append("blank        \(share(text.blank))") }
    lines.append("characters   \(text.characters.words)")
    lines.append("\(text.unit.padded(to: 11))  \(text.lengths.words)")
    let least = text.unit == "words" ? "at least " : ""
    for cut in text.cut {
      lines.append(
        "cut at \("\(cut.at)".padded(to: 4))  "
          + (cut.texts == 0 && !least.isEmpty
            ? "none by its words alone" : least + share(cut.texts))
      )
    }
    if !least.isEmpty {
      lines.append("             a word is a token or more; --model counts tokens")
    }
    return lines
  }

  private func labelLines(_ label: DataInspection.LabelFacts, width: Int) -> [String] {
    var lines = ["label        " + named([label.column], label.isGuessed, option: "--label")]
    if label.missing > 0 { lines.append("without      \(share(label.missing))") }
    if let numbers = label.numbers {
      lines.append(
        "numbers      \(numbers.least.significant(6)) to \(numbers.greatest.significant(6)), mean "
          + numbers.mean.significant(6))
    } else if let classes = label.classes {
      let shown = classes.prefix(Self.mostClasses)
      let table = TextTable(
        header: ["class", "rows", "share"],
        rows: shown.map { [$0.name.onOneLine.cut(to: 40), $0.rows.grouped, percent($0.rows)] },
        rightAligned: [1, 2])
      lines += table.text(width: width - 13).split(
        separator: "\n", omittingEmptySubsequences: false
      ).map { "             \($0)" }
      if classes.count > shown.count {
        lines.append(
          "             and \((classes.count - shown.count).grouped) more; --json has all")
      }
    } else {
      lines.append("             more than 1,000 different ones: are these classes?")
    }
    return lines
  }

  private static let mostClasses = 20

  private func named(_ columns: [String], _ isGuessed: Bool, option: String) -> String {
    columns.map { $0.cut(to: 30) }.joined(separator: " and ")
      + (isGuessed ? " (guessed; \(option) names another)" : "")
  }

  private func share(_ count: Int) -> String {
    count == 0
      ? "none" : "\(count.grouped) row\(count == 1 ? "" : "s") (\(percent(count)))"
  }

  private func percent(_ count: Int) -> String {
    "\((100 * Double(count) / Double(rows)).fixed(count == rows ? 0 : 2)) %"
  }
}

extension DataInspection.Lengths {
  fileprivate var words: String {
    "\(least.grouped) to \(greatest.grouped), median \(median.grouped), mean \(mean.fixed(1)), "
      + "95 % up to \(most95.grouped)"
  }
}

extension String {
  /// With … for what is beyond so many characters.
  fileprivate func cut(to width: Int) -> String {
    count > width ? prefix(max(0, width - 1)) + "…" : self
  }

  /// Without spaces at the end.
  fileprivate var trimmed: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
