// Results/similarity.md: teacher and student layer by layer.

struct SimilarityPage {
  static let title = "Layers of teacher and student"
  static let file = "similarity.md"

  /// By the file's name without `.json`, sorted.
  private let records: [(name: String, record: SimilarityRecord)]

  init(_ records: [(name: String, record: SimilarityRecord)]) { self.records = records }

  /// The page and its pictures, by file name.
  var files: [String: String] {
    var files = [Self.file: text()]
    for (name, record) in records { files[Self.picture(name)] = Self.heatMap(name, record) }
    return files
  }

  private static func picture(_ name: String) -> String { "similarity-\(name).svg" }

  private func text() -> String {
    // Two records may have a side in common.
    var commands: [String] = []
    for (name, record) in records {
      let sides = [record.first, record.second].compactMap(\.command)
      let own = "\(record.command) --record Results/records/similarity/\(name).json"
      for command in sides + [own] where !commands.contains(command) { commands.append(command) }
    }
    return """
      \(PageMarkup.origin("records/similarity/"))

      # \(Self.title)

      Hidden states of the same tokens after every layer of two models. Linear CKA (Kornblith et al. 2019,
      arXiv 1905.00414) is 1 where the two arrange the tokens alike, whatever the directions of their
      spaces; the mean cosine over tokens is 1 where the states are the same directions, which is what
      the cosine loss asks of the last layer. Layer 0 is the output of the embeddings, layer k
      that of block k - 1, where blocks are counted from 0 as in a definition's `layers:`.

      \(records.map { section($0.name, $0.record) }.joined(separator: "\n"))
      ## Again

      The commands as they were given. A model under `stages/` is a finished stage in `RETORT_CACHE`, named by the
      digest that the experiment's page has for it.

      \(PageMarkup.code((commands + ["retort report"]).joined(separator: "\n"), info: "sh"))

      """
  }

  private func section(_ name: String, _ record: SimilarityRecord) -> String {
    let picture = Self.picture(name)
    var out = """
      ## \(name)

      \(Self.finding(record))

      [![Similarity of layers](\(picture))](\(picture))

      Linear CKA:

      \(Self.table(record, record.alignment))

      """
    if let cosine = record.cosine {
      out += "Mean cosine:\n\n\(Self.table(record, cosine))\n"
    }
    var sides = MarkdownTable([
      .init("Side", .left), .init("Layers", .left), .init("Width"), .init("Stored as", .left),
      .init("Weights", .left), .init("Text", .left), .init("Numerics", .left),
      .init("Machine", .left),
    ])
    for side in [record.first, record.second] {
      sides.add([
        side.name, side.layers.map(String.init).joined(separator: ", "), side.hiddenSize.grouped,
        side.precision, Self.digest(side, "model"), Self.digest(side, "text"),
        ["numerics_version", "core_type"].compactMap { side.source[$0] }.joined(separator: ", "),
        side.processor ?? "-",
      ])
    }
    return out
      + "\(record.sequences.grouped) sequences, \(record.tokens.grouped) tokens.\n\n\(sides.text)"
  }

  private static func digest(_ side: SimilarityRecord.Side, _ key: String) -> String {
    side.source[key].map { "`\($0.prefix(12))`" } ?? "-"
  }

  /// For each layer of the second the nearest of the first.
  private static func finding(_ record: SimilarityRecord) -> String {
    let nearest = record.second.layers.indices.map { column -> String in
      let best =
        record.first.layers.indices.max {
          record.alignment[$0][column] < record.alignment[$1][column]
        } ?? 0
      return "layer \(record.second.layers[column]) is nearest to layer "
        + "\(record.first.layers[best]) (\(record.alignment[best][column].fixed(2)))"
    }
    return "Of \(record.second.name) beside \(record.first.name), by CKA: "
      + nearest.joined(separator: ", ") + "."
  }

  private static func table(_ record: SimilarityRecord, _ values: [[Double]]) -> String {
    var table = MarkdownTable(
      [.init("\(record.first.name) \\ \(record.second.name)", .left)]
        + record.second.layers.map { .init("\($0)") })
    for (layer, row) in zip(record.first.layers, values) {
      table.add(["\(layer)"] + row.map { $0.fixed(3) })
    }
    return table.text
  }

  private static func heatMap(_ name: String, _ record: SimilarityRecord) -> String {
    HeatMap(
      title: "\(name): similarity of layers",
      panels: [("linear CKA", Optional(record.alignment)), ("mean cosine", record.cosine)]
        .compactMap { title, values in values.map { HeatMap.Panel(title: title, values: $0) } },
      rowTitle: "layer of \(record.first.name)", rows: record.first.layers.map(String.init),
      columnTitle: "layer of \(record.second.name)",
      columns: record.second.layers.map(String.init)
    ).svg()
  }
}
