// What must hold between the texts of a definition's stages.
import RetortOptions

extension DefinitionChecks {
  /// Held-out sentences are those that another stage does not learn from: only where both choose in the same way.
  mutating func checkHeldOutSentences() {
    for stage in definition.allStages {
      guard let source = stage.work.sentences, source.part == .heldOut else { continue }
      checkHeldOut(source, at: "stages.\(stage.id).sentences")
    }
  }

  /// - Parameter source: held-out sentences, written at `path`.
  mutating func checkHeldOut(_ source: SentenceSource, at path: String) {
    for stage in definition.allStages {
      guard let learned = stage.work.sentences, learned.part == .training,
        !mistakes.touch("stages.\(stage.id).sentences"),
        !Set(source.texts).isDisjoint(with: learned.texts),
        let key = source.firstDifference(from: learned)
      else { continue }
      return report(
        "\(path).\(key)",
        "differs from that of stages.\(stage.id), which learns from the same text",
        advice:
          "write the same value in both; otherwise sentences that are held out here are learned there"
      )
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
