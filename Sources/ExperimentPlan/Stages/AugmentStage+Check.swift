// What must hold between an augmentation, its sentences and its model.
import RetortDistillation
import RetortOptions

extension AugmentStage {
  func check(_ stage: TextStage, in checks: inout DefinitionChecks) {
    let path = "stages.\(stage.id)"
    if let task = source.task, task != .unknown, task.pairColumns != nil {
      checks.report(
        "\(path).task", expected: "a task of single sentences",
        found: "\(task.name), whose examples are pairs of texts",
        advice:
          "a text of an augmentation has one sentence a line; write sentences: { from: … } of a file with one of the "
          + "two columns")
    }
    guard let model = method.model else { return }
    let shape = checks.shape(of: model)
    checks.requireHead(shape, model, "\(path).model")
    if let count = method.candidates, let words = shape.vocabularySize, count > words {
      checks.report(
        "\(path).candidates", expected: "at most \(words), the words of \(model)",
        found: "\(count)")
    }
  }
}

extension DefinitionChecks {
  /// What names of texts that stages make must not be: names of declared texts, models, parts of a vocabulary's text.
  mutating func checkMadeTexts() {
    let declared = tree["corpora"]?.entries?.map(\.key) ?? []
    for stage in definition.texts where declared.contains(stage.id) {
      report(
        "stages.\(stage.id).id", "is also a text of `corpora:`",
        advice: "give the stage another name, since stages refer to both")
    }
    checkReadersOfTexts()
    guard case .trained(let texts, _) = definition.vocabulary.source else { return }
    for name in texts.flatMap(\.stages) {
      report(
        "vocabulary.train.corpus", expected: "texts that are there before any stage runs",
        found: "'\(name)', which a stage makes", advice: "name the text that the stage copies")
    }
  }

  /// A copy is a sentence. Held-out sentences and copies of sentences do not go together: a sentence would be on one side
  /// and its copies on the other.
  private mutating func checkReadersOfTexts() {
    let readers =
      definition.stages.map { ($0.id, $0.work.sentences) }
      + definition.texts.map { ($0.id, $0.work.sentences) }
    for (id, sentences) in readers {
      guard let sentences, let first = sentences.texts.flatMap(\.stages).first else { continue }
      if sentences.rule.split != .lines {
        report(
          "stages.\(id).sentences.split", expected: "lines", found: sentences.rule.split.rawValue,
          advice: "the text of \(first) has a sentence a line, which must not be cut again")
      }
      guard sentences.rule.holdOut != nil else { continue }
      for name in sentences.texts.flatMap(\.stages) {
        report(
          "stages.\(id).sentences.hold_out",
          "cannot be used with the text of \(name): copies of a held-out sentence would be learned from",
          advice: "write hold_out in the sentences that \(name) copies")
      }
    }
  }

  /// Reports a text where a model is wanted.
  /// - Parameters:
  ///   - name: of what was found.
  ///   - path: where.
  /// - Returns: whether it is one.
  mutating func reportText(_ name: String, at path: String) -> Bool {
    guard definition.text(id: name) != nil else { return false }
    report(
      path, expected: "a model, or a stage that makes one",
      found: "'\(name)', a stage that makes a text",
      advice: "a text is read as in sentences: { from: \(name) }")
    return true
  }
}
