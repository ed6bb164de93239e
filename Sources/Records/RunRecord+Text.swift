// The record as text: one layout, read back strictly.

import RetortStrictJSON

extension RunRecord: StrictRecord {
  /// The file's content: JSON, keys sorted, one a line; the same record gives the same bytes.
  /// - Throws: `inconsistent` if facts contradict each other; nothing wrong is ever written.
  public func text() throws(RecordError) -> String {
    let source = "run record of \(experiment.name)"
    try refuseContradictions(source: source)
    return try RecordText.tree(of: self, source: source).document
  }

  /// The text without `measured` and without the place of the definition's file: equal, byte for byte, for two runs
  /// that did the same.
  public func comparable() throws(RecordError) -> String {
    let tree = try RecordText.tree(of: self, source: "run record of \(experiment.name)")
    let members = (tree.members ?? []).filter { $0.key != "measured" }.map { member in
      guard member.key == "experiment", let facts = member.value.members else { return member }
      return JSONTree.Member(
        key: member.key, value: .object(facts.filter { $0.key != "file" }))
    }
    return JSONTree.object(members).document
  }

  /// Every pair of facts that cannot both be true.
  public func contradictions() -> [String] {
    var facts: [String] = []
    let sets = Dictionary(data.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    if sets.count != data.count { facts.append("two data sets of the same name") }
    let ids = stages.map(\.id) + (texts ?? []).map(\.id)
    if Set(ids).count != ids.count { facts.append("two stages of the same id") }
    if experiment.variants != nil, experiment.variant == nil {
      facts.append("the point \(experiment.point ?? "none") is not among the variants")
    }
    for set in data {
      if let labels = set.labels?.labels, labels.count != set.examples {
        facts.append("\(set.name): \(labels.count) labels for \(set.examples) examples")
      }
      if let numbers = set.numbers, numbers.count != set.examples {
        facts.append("\(set.name): \(numbers.count) numbers for \(set.examples) examples")
      }
      if set.labels != nil, set.numbers != nil {
        facts.append("\(set.name): labels that are classes and numbers")
      }
    }
    facts += hypothesis?.contradictions ?? []
    for measure in measures ?? [] {
      facts += measure.contradictions
      if sets[measure.data] == nil {
        facts.append("the measure \(measure.name): no data set \(measure.data) in the record")
      }
    }
    for stage in stages {
      if let role = stage.trainedRole, stage.inputs[role] == nil {
        facts.append("\(stage.id): it trains its \(role), and no input has that role")
      }
      facts += stage.accounting?.contradictions.map { "\(stage.id): \($0)" } ?? []
      for evaluation in stage.evaluations {
        let name = "\(stage.id), \(evaluation.data)"
        guard let set = sets[evaluation.data] else {
          facts.append("\(name): no such data set in the record")
          continue
        }
        if (evaluation.correct == nil) != (evaluation.predictions == nil) {
          facts.append(
            "\(name): predictions of classes without the number of right ones, or the reverse")
        }
        guard let predictions = evaluation.predictions?.labels else {
          if evaluation.count != set.examples {
            facts.append("\(name): \(evaluation.count) numbers for \(set.examples) examples")
          }
          continue
        }
        if predictions.count != set.examples {
          facts.append("\(name): \(predictions.count) predictions for \(set.examples) examples")
        } else if let labels = set.labels?.labels, labels.count == predictions.count {
          let correct = zip(labels, predictions).count { $0 == $1 }
          if let stated = evaluation.correct, correct != stated {
            facts.append("\(name): \(stated) correct, the predictions say \(correct)")
          }
        }
        if let logits = evaluation.logits, logits.count % max(predictions.count, 1) != 0 {
          facts.append("\(name): \(logits.count) logits for \(predictions.count) predictions")
        }
      }
    }
    return facts
  }
}
