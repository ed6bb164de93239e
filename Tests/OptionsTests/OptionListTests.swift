// One declaration reads, writes and describes a map.
import RetortOptions
import Testing

private struct Softening: Sendable, Equatable {
  var temperature: Double
  var rows: Rows
  var seed: UInt64
  var note: String?
  enum Rows: String, Sendable, CaseIterable { case all, masked }

  static let options = OptionList(
    Softening.init(temperature:rows:seed:note:),
    OptionField("temperature", \.temperature, .number(.positive), "Logits are divided by it."),
    OptionField("rows", \.rows, .choice, "Where it is taken."),
    OptionField("seed", \.seed, .seed, otherwise: 7, "Of what is drawn."),
    OptionField(optional: "note", \.note, .text(), "A remark."))
}

@Suite struct OptionListTests {
  private func read(_ entries: [(String, String)]) -> (Softening?, [String]) {
    let collector = DiagnosticCollector()
    let node = DefinitionNode.map(entries.map { ($0.0, .text($0.1, .standard)) }, .standard)
    guard let map = MapReader(node, at: "loss", collector) else { return (nil, []) }
    let value = Softening.options.read(map)
    map.finish()
    return (value, collector.diagnostics.map(\.description))
  }

  @Test func readsWhatIsWritten() {
    let (value, mistakes) = read([("temperature", "2"), ("rows", "masked"), ("note", "a")])
    #expect(mistakes.isEmpty)
    #expect(value == Softening(temperature: 2, rows: .masked, seed: 7, note: "a"))
  }

  @Test func everyMistakeIsReportedAtOnce() {
    let (value, mistakes) = read([("temperature", "0"), ("seed", "-1"), ("nota", "a")])
    // What is wrong has a stand-in: what depends on it is looked at, and the value never used.
    #expect(value == Softening(temperature: 1, rows: .all, seed: 7))
    #expect(
      mistakes == [
        "the default: loss.temperature: expected a number above 0, found 0",
        "the default: loss.seed: expected a whole number from 0 to 9223372036854775807, found -1",
        "the default: loss has no 'rows': expected all or masked, as in rows: all",
        "the default: unknown key 'nota' in loss; did you mean 'note'?",
      ])
  }

  @Test func writesInOrderWithoutWhatStandsForItself() {
    let entries = Softening.options.write(
      Softening(temperature: 2, rows: .all, seed: 7, note: nil))
    #expect(CanonicalText.write(.map(entries), sorted: false) == "temperature: 2.0\nrows: all\n")
  }

  @Test func describesEveryKey() {
    let descriptions = Softening.options.descriptions
    #expect(descriptions.map(\.key) == ["temperature", "rows", "seed", "note"])
    #expect(descriptions.map(\.presence) == [.required, .required, .standard("7"), .optional])
    #expect(descriptions[1].schema.words == "all or masked")
  }
}
