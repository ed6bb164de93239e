// What must hold between the texts of a definition's stages.
import RetortOptions

extension DefinitionChecks {
  /// Held-out sentences are those that another stage does not learn from: only where both choose in the same way.
  mutating func checkHeldOutSentences() {
    let sources = definition.stages.compactMap { stage in
      stage.work.corpus?.sentences.map { (stage: stage.id, source: $0) }
    }
    for heldOut in sources where heldOut.source.part == .heldOut {
      for training in sources where training.source.part == .training {
        guard !mistakes.touch("stages.\(training.stage).sentences"),
          !Set(heldOut.source.texts).isDisjoint(with: training.source.texts),
          let key = heldOut.source.firstDifference(from: training.source)
        else { continue }
        report(
          "stages.\(heldOut.stage).sentences.\(key)",
          "differs from that of stages.\(training.stage), which learns from the same text",
          advice:
            "write the same value in both; otherwise sentences that are held out here are learned there"
        )
        break
      }
    }
  }
}

extension SentenceSource {
  /// The first key, but for `part`, whose value is another one.
  fileprivate func firstDifference(from other: SentenceSource) -> String? {
    func values(_ source: SentenceSource) -> [String: String] {
      Dictionary(
        uniqueKeysWithValues: Self.options.write(source).map {
          ($0.0, CanonicalText.write($0.1, sorted: true))
        })
    }
    let (mine, others) = (values(self), values(other))
    return Self.options.descriptions.map(\.key).first { key in
      key != "part" && mine[key] != others[key]
    }
  }
}
