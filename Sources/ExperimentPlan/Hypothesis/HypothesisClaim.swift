// One claim of a hypothesis: a figure or a difference, and its bound.
import RetortOptions
import RetortRecords

struct HypothesisClaim: Sendable, Equatable {
  var of: String
  /// Nil for a claim on a figure.
  var than: String?
  /// Nil for a figure of a task.
  var measure: String?
  /// Nil for the only figure of the measure, and for a task.
  var figure: String?
  var task: String?
  var bound: ClaimBound
  /// Of the sweep; empty for every condition.
  var settings: [RunRecord.Variant.Setting]
}

struct ClaimBound: Sendable, Equatable {
  var kind: RunRecord.Hypothesis.Bound
  var value: Double
}

extension HypothesisClaim {
  static let settingsKey = "where"

  static let type = OptionType<HypothesisClaim>.map(
    options, words: "{of, a bound, and measure or task}", oneOf: ClaimBound.keys
  ).described(example: "{ of: distil, measure: sentence_agreement, figure: cosine, at_least: 0.9 }")

  private static let options = OptionList(
    HypothesisClaim.init(of:than:measure:figure:task:bound:settings:),
    OptionField(
      "of", \.of, MeasuredNames.name.described(example: "distil"),
      "The model or stage of which something is claimed; a baseline's by its own name, as sst2.no_distillation."
    ),
    OptionField(
      optional: "than", \.than, MeasuredNames.name.described(example: "sst2.no_distillation"),
      "The model or stage that it is compared with, example by example on the same examples."),
    OptionField(
      optional: "measure", \.measure, DefinitionNames.name.described(example: "in_domain"),
      "The measure that has the figure, by its name. Either measure or task is given."),
    OptionField(
      optional: "figure", \.figure, figureName,
      "The figure of the measure, by the name that "
        + Measures.types.map { "\($0.kind) (\($0.figureKeys.joined(separator: ", ")))" }.listed
        + " has for it. If left out: the only one."),
    OptionField(
      optional: "task", \.task, .text("a task", example: "glue/sst2"),
      "The task on whose development set the stages are evaluated. The figure is the task's leading metric, as a fraction: 0.01 "
        + "is one point of accuracy."),
    ClaimBound.field, settingsField
  ).checked { claim, map in
    switch (claim.measure, claim.task) {
    case (nil, nil):
      map.reportMissing(
        "measure", expected: "measure or task, as in measure: in_domain or task: glue/sst2")
    case (.some, .some):
      map.report(
        Diagnostic(map.node.origin, map.path, expected: "measure or task", found: "both"), "task")
    case (nil, .some):
      guard claim.figure != nil, let node = map.node("figure") else { break }
      map.report(
        Diagnostic(
          node.origin, "\(map.pathOf("figure")) belongs to a measure",
          advice: "leave it out: of a task the leading metric is taken"), "figure")
    case (.some, nil): break
    }
    let kind = claim.bound.kind
    if kind.isOfDifference, claim.than == nil {
      map.reportMissing(
        "than", expected: "another model or stage, to which \(kind.rawValue) is the difference")
    } else if !kind.isOfDifference, claim.than != nil, let node = map.node("than") {
      map.report(
        Diagnostic(
          node.origin, "\(map.pathOf("than")): \(kind.rawValue) is a bound of one model's figure",
          advice: "bound a difference by more_by, less_by or within"), "than")
    } else if claim.than == claim.of, let node = map.node("than") {
      map.report(
        Diagnostic(
          node.origin, map.pathOf("than"), expected: "another model or stage than of",
          found: "'\(claim.of)'"), "than")
    }
  }

  private static let figureName: OptionType<String> = {
    let words = "the name of a figure"
    return OptionType(
      schema: .text(words: words, pattern: "[a-z][a-z0-9_.]*"), words: words, example: "cosine",
      standIn: "",
      read: { node, key, map in
        // Which one there is depends on the measure.
        if let text = node.text, !text.isEmpty { return text }
        map.reportWrong(node, key, expected: words)
        return nil
      }, write: { .text($0) })
  }()

  static func setting(_ entry: DefinitionEntry) -> RunRecord.Variant.Setting {
    RunRecord.Variant.Setting(path: entry.key, value: FilledValues.text(entry.value))
  }

  private static let settingsField = OptionField<HypothesisClaim, [RunRecord.Variant.Setting]>(
    describedAs: [
      OptionDescription(
        key: settingsKey,
        schema: .named(.anything(words: "a value that the sweep gives the key"), pattern: nil),
        about:
          "Keys of the sweep and a value of each: the claim is taken there. Without it, it must hold in every condition of the "
          + "sweep. Seeds are no conditions.", presence: .optional,
        example: "{ tasks.few.labels.count: 1000 }")
    ],
    standIn: [],
    read: { map in
      guard let node = map.node(settingsKey) else { return [] }
      guard
        let below = MapReader(node, at: map.pathOf(settingsKey), map.collector)
      else { return nil }
      return below.ownNames.map(setting)
    },
    write: { claim in
      guard !claim.settings.isEmpty else { return [] }
      return [
        (
          settingsKey,
          .map(claim.settings.map { ($0.path, SweepAxis.canonical($0.value)) })
        )
      ]
    })
}

extension ClaimBound {
  static let keys = RunRecord.Hypothesis.Bound.allCases.map(\.rawValue)

  /// The keys of which one is given.
  static let field = OptionField<HypothesisClaim, ClaimBound>(
    describedAs: RunRecord.Hypothesis.Bound.allCases.map { kind in
      OptionDescription(
        key: kind.rawValue, schema: type(of: kind).schema, about: kind.about, presence: .optional,
        example: kind == .atLeast ? "0.9" : "0.05")
    },
    standIn: ClaimBound(kind: .atLeast, value: 0),
    read: { map in
      let given = RunRecord.Hypothesis.Bound.allCases.filter { map.has($0.rawValue) }
      guard given.count < 2 else {
        map.collector.report(
          Diagnostic(
            map.node.origin, map.path, expected: "one of \(keys.joined(separator: ", "))",
            found: given.map(\.rawValue).joined(separator: " and ")),
          at: map.pathOf(given[1].rawValue))
        return nil
      }
      guard let kind = given.first else {
        let meant = map.node.entries?.lazy.compactMap {
          Spelling.nearest(to: $0.key, among: keys)
        }.first
        map.reportMissing(
          meant ?? keys[0], expected: "one of \(keys.joined(separator: ", "))")
        return nil
      }
      return map.value(kind.rawValue, type(of: kind)).map { ClaimBound(kind: kind, value: $0) }
    }, write: { [($0.bound.kind.rawValue, .number($0.bound.value))] })

  private static func type(of kind: RunRecord.Hypothesis.Bound) -> OptionType<Double> {
    switch kind {
    case .atLeast, .atMost: .number(.any)
    case .moreBy, .lessBy: .number(.notNegative)
    case .within: .number(.positive)
    }
  }
}

extension RunRecord.Hypothesis.Bound {
  fileprivate var about: String {
    switch self {
    case .atLeast: "The figure is higher than this."
    case .atMost: "The figure is lower than this."
    case .moreBy:
      "The figure of `of` is higher than that of `than` by more than this; 0 for any difference in that direction."
    case .lessBy:
      "The figure of `of` is lower than that of `than` by more than this; 0 for any difference in that direction."
    case .within:
      "The two figures differ by less than this, in either direction. It is refuted if they differ by more."
    }
  }
}
