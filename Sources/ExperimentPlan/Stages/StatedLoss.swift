// A loss by itself, as a definition writes it.
import RetortDistillation
import RetortOptions
import RetortStrictYAML

/// What a definition has under the key `loss`, where there is no definition: for benchmarks.
public struct StatedLoss: Sendable {
  /// The terms that are computed; nil where none has a weight, which is a mistake.
  private let stated: Objective?
  /// With the loss under the key that `path` ends in.
  private let tree: DefinitionNode
  private let path: String

  private static let key = "loss"

  /// - Parameters:
  ///   - text: YAML: a list of terms, or a map of them by their kinds.
  ///   - source: what messages call it: a file, or an option.
  ///   - kinds: of batches, on one of which each term can be taken.
  /// - Throws: every mistake at once.
  public init(
    _ text: String, source: String, on kinds: Set<BatchKind>
  ) throws(DefinitionError) {
    let read = YAMLReading.tree(of: text) { .file(path: source, line: $0, column: $1) }
    guard let node = read.tree, read.diagnostics.isEmpty else {
      throw DefinitionError(read.diagnostics)
    }
    let tree = DefinitionNode.map([(Self.key, node)], node.origin)
    let collector = DiagnosticCollector()
    let loss = MapReader(tree, at: "", collector)?.value(Self.key, LossReading(kinds).type)
    guard let loss, collector.diagnostics.isEmpty else {
      throw DefinitionError(collector.diagnostics)
    }
    self.init(loss, at: Self.key, in: tree)
  }

  /// A loss in a file of its own.
  public init(file: String, on kinds: Set<BatchKind>) throws(DefinitionError) {
    let text = try DefinitionFile.text(
      path: file, expected: "the terms of a loss in YAML", advice: "write them as a definition does"
    )
    try self.init(text, source: file, on: kinds)
  }

  /// A loss that stands in a list of them.
  /// - Parameters:
  ///   - path: how messages call it.
  ///   - tree: in which it stands there.
  init(_ loss: LossOptions, at path: String, in tree: DefinitionNode) {
    (stated, self.path, self.tree) = (loss.objective, path, tree)
  }

  /// The loss for a student and a teacher: which layers are compared is settled. In the place of the nearest, which nobody looks
  /// for, are those at even distances; they take as long.
  /// - Parameter kinds: of batches that can be had.
  /// - Returns: with the plainest of those kinds on which it can be taken.
  /// - Throws: what does not fit, in a definition's words.
  public func objective(
    student: ModelDimensions, teacher: ModelDimensions, on kinds: Set<BatchKind>
  ) throws(DefinitionError) -> (Objective, batches: BatchKind) {
    var diagnostics: [Diagnostic] = []
    func report(
      _ path: String, _ problem: String? = nil, expected: String? = nil, found: String? = nil,
      advice: String?
    ) {
      diagnostics.append(
        Diagnostic(
          DefinitionPath.origin(of: path, in: tree).written,
          problem.map { "\(path) \($0)" } ?? path, expected: expected, found: found,
          advice: advice))
    }
    guard let stated else {
      report(path, expected: "at least one term with a weight above 0", found: "none", advice: nil)
      throw DefinitionError(diagnostics)
    }
    for weighted in stated.terms {
      for key in TeacherNames.keysOfSeveral(in: weighted) {
        report(
          "\(path).\(weighted.name).\(key)", "cannot be used where there is one teacher",
          advice: "leave it out")
      }
    }
    for (name, problem) in stated.problems(student: student, teacher: teacher) {
      report(
        "\(path).\(name)" + (problem.key.map { ".\($0)" } ?? ""), expected: problem.expected,
        found: problem.found, advice: problem.advice)
    }
    let batches = stated.plainestBatches.flatMap { kinds.contains($0) ? $0 : nil }
    if batches == nil { checkBatches(of: stated, kinds, report) }
    guard let batches, diagnostics.isEmpty else { throw DefinitionError(diagnostics) }
    return (
      stated.resolved(student: student, teacher: teacher)
        .assumingEvenLayers(student: student) { _ in teacher }, batches
    )
  }

  /// Reports why there are no batches for all terms together.
  private func checkBatches(
    of objective: Objective, _ kinds: Set<BatchKind>,
    _ report: (String, String?, String?, String?, String?) -> Void
  ) {
    for weighted in objective.terms {
      for key in weighted.term.keysNeedingLabels where !kinds.contains(.labelledSentences) {
        report(
          "\(path).\(weighted.name).\(key)",
          "needs labels, and the sentences of a distillation have none", nil, nil,
          "use another \(key == "examples" ? "weighting" : key)")
      }
    }
    let needsLabels = objective.terms.contains { !$0.term.keysNeedingLabels.isEmpty }
    guard !needsLabels || kinds.contains(.labelledSentences) else { return }
    report(
      path, nil, "terms that can be taken on the same batches",
      objective.names.joined(separator: ", "),
      "some need words masked, others text as it is or sentences with labels")
  }
}
