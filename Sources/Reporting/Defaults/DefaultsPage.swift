// Results/defaults.md: every default beside Hugging Face's, and why where they differ.
import RetortFormatting
import RetortRecords

struct DefaultsPage {
  static let file = "defaults.md"
  static let title = "Defaults beside Hugging Face's"

  private let defaults: [AuditedDefault]
  private let library: ReferenceLibrary

  init(_ defaults: [AuditedDefault], references library: ReferenceLibrary) {
    self.defaults = defaults
    self.library = library
  }

  /// - Throws: a counterpart that is not in the references, a difference without a reason, a reason
  ///   without a difference.
  func text() throws(DefaultsError) -> String {
    var problems: [String] = []
    let rows = defaults.compactMap { entry -> Row? in
      guard let theirs = theirs(entry.counterpart) else {
        let place = entry.counterpart
        problems.append(
          "\(entry.setting): no row \(place.name) in table \(place.table) of the reference "
            + place.reference)
        return nil
      }
      switch (entry.agrees(with: theirs), entry.reason) {
      case (false, nil):
        problems.append(
          "\(entry.setting) is \(entry.value), \(entry.counterpart.name) is \(theirs): a difference "
            + "needs a reason")
      case (true, .some):
        problems.append("\(entry.setting): has a reason to differ from \(theirs) and does not")
      default: break
      }
      return Row(entry: entry, theirs: theirs)
    }
    guard problems.isEmpty else { throw DefaultsError(problems: problems) }
    return Self.introduction + sections(rows) + sources()
  }

  private struct Row {
    var entry: AuditedDefault
    var theirs: String
  }

  private func theirs(_ place: AuditedDefault.Counterpart) -> String? {
    library.references.first { $0.id == place.reference }?.tables.first { $0.id == place.table }?
      .rows.first { $0[0] == place.name }?[1]
  }

  private static let introduction = """
    \(PageMarkup.origin("the program's own values and Experiments/references/"))

    # \(title)

    What holds where a definition says nothing, read off the program itself, and what the programs
    do that are to be reproduced, read off those. "Why another" is empty where both are the same;
    every difference is deliberate and says why.

    """

  private func sections(_ rows: [Row]) -> String {
    rows.map(\.entry.section).firstOccurrences.map { name in
      let rows = rows.filter { $0.entry.section == name }
      return "\n## \(name)\n\n" + table(rows)
    }.joined()
  }

  private func table(_ rows: [Row]) -> String {
    let isTested = rows.contains { $0.entry.heldBy != nil }
    var table = MarkdownTable(
      [
        .init("Setting", .left), .init("Retort", .left), .init("Hugging Face", .left),
        .init("Called there", .left), .init("Why another", .left),
      ] + (isTested ? [.init("Held by", .left)] : []))
    for row in rows {
      let place = row.entry.counterpart
      let name = place.name == row.entry.setting ? place.table : "\(place.table): \(place.name)"
      table.add(
        [
          row.entry.setting, row.entry.value, row.theirs, name, row.entry.reason ?? "",
        ] + (isTested ? [row.entry.heldBy?.file ?? ""] : []))
    }
    return table.text
  }

  /// The tables that were compared with, each with its title.
  private func sources() -> String {
    var out = "\n## Where Hugging Face's values come from\n\n"
    for reference in library.references {
      let used = Set(
        defaults.map(\.counterpart).filter { $0.reference == reference.id }.map(\.table))
      guard !used.isEmpty else { continue }
      out +=
        "`\(reference.id)`: \(reference.title). \(reference.sources.joined(separator: " "))\n\n"
      for table in reference.tables where used.contains(table.id) {
        out += "- \(table.id): \(table.title)\n"
      }
      out += "\n"
    }
    return String(out.dropLast())
  }
}

extension AuditedDefault {
  /// Whether ours is the same value as theirs: the same number, or the same text.
  func agrees(with theirs: String) -> Bool {
    if let ours = Double(inTheirWords), let other = Double(theirs) { return ours == other }
    return inTheirWords == theirs
  }
}
