// One method of distillation: its loss, and the reference that it was compared with.
import RetortDistillation
import RetortOptions
import RetortStrictYAML

/// A row of a list of methods.
public struct Method: Sendable {
  /// What the field calls it.
  public let name: String
  public let loss: StatedLoss
  /// Where it was published.
  public let source: String
  /// What value and gradient were compared with, such as a program and its version.
  public let heldAgainst: String
  /// Rows of the parity ladder that compare it; none where there are none.
  public let proofs: [Proof]

  /// Rows of the parity ladder: those of a suite whose names begin in one way.
  public struct Proof: Sendable, Equatable {
    public let suite: String
    public let row: String

    static let options = OptionList(
      Proof.init(suite:row:),
      OptionField(
        "suite", \.suite, .text("a suite of the ladder", example: "Divergence"), "Suite."),
      OptionField(
        "row", \.row, .text("the beginning of a row's name", example: "\"hidden: mse\""),
        "What the names of the rows begin with."))
  }
}

extension Method {
  /// As it is written, before its place in the list is known.
  struct Written: Sendable {
    var name: String
    var loss: LossOptions
    var source: String
    var heldAgainst: String
    var proofs: [Proof]

    static let options = OptionList(
      Written.init(name:loss:source:heldAgainst:proofs:),
      OptionField(
        "name", \.name, .text("a name", example: "Hidden MSE"), "What the field calls it."),
      OptionField(
        "loss", \.loss, LossReading(Set(BatchKind.allCases)).type,
        "Its terms, as a definition has them."),
      OptionField(
        "source", \.source, .text(example: "Jiao et al. 2020"), "Where it was published."),
      OptionField(
        "held_against", \.heldAgainst, .text(example: "TextBrewer 0.2.1"),
        "What value and gradient were compared with."),
      OptionField(
        "proofs", \.proofs, .list(of: .map(Proof.options)), otherwise: [],
        "Rows of the parity ladder that compare it."))
  }
}

extension Method {
  /// The methods in a file, in its order.
  /// - Throws: every mistake at once.
  public static func list(path: String) throws(DefinitionError) -> [Method] {
    let text = try DefinitionFile.text(
      path: path, expected: "a list of methods in YAML",
      advice: "Tests/Peers/term_rows.yaml of the repository is one")
    return try list(text: text, path: path)
  }

  /// - Parameter path: names the text in messages.
  static func list(text: String, path: String) throws(DefinitionError) -> [Method] {
    let read = YAMLReading.tree(of: text) { .file(path: path, line: $0, column: $1) }
    guard let node = read.tree, read.diagnostics.isEmpty else {
      throw DefinitionError(read.diagnostics)
    }
    let tree = DefinitionNode.map([(key, node)], node.origin)
    let collector = DiagnosticCollector()
    let rows = MapReader(tree, at: "", collector)?.value(key, rowsType) ?? []
    for (index, row) in rows.enumerated()
    where rows[..<index].contains(where: { $0.name == row.name }) {
      collector.report(
        Diagnostic(
          node.items?[index].origin ?? node.origin, "\(key).\(index): '\(row.name)' is there twice",
          advice: "give one of them another name"), at: "\(key).\(index)")
    }
    guard collector.diagnostics.isEmpty else { throw DefinitionError(collector.diagnostics) }
    return rows.enumerated().map { index, row in
      Method(
        name: row.name, loss: StatedLoss(row.loss, at: "\(key).\(index).loss", in: tree),
        source: row.source, heldAgainst: row.heldAgainst, proofs: row.proofs)
    }
  }

  private static let key = "methods"
  private static let rowsType = OptionType<[Written]>.list(
    of: .map(Written.options), ListRule(least: 1, oneAlone: false), words: "a list of methods",
    standIn: [])
}
