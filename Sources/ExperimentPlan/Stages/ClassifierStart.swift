// Where a fine-tuning's classifier comes from, and whether a stored one fits its task.
import RetortOptions
import RetortText
import RetortTransformers

enum ClassifierStart: String, Sendable, CaseIterable {
  /// Kept as it is stored with the model.
  case stored
  /// Drawn from the stage's seed.
  case new

  private enum Kind: String, CaseIterable, Sendable { case classification }

  private struct Head: Sendable {
    var kind: Kind
    var start: ClassifierStart
  }

  /// `{ kind: classification, init: stored }`
  static let type: OptionType<ClassifierStart> = {
    let head = OptionType<Head>.map(
      OptionList(
        Head.init(kind:start:),
        OptionField("kind", \.kind, .choice, "The kind of head: classification."),
        OptionField("init", \.start, .choice, "Kept as it is stored, or drawn from the seed.")))
    return OptionType(
      schema: head.schema, example: "{ kind: classification, init: stored }",
      read: { node, key, map in head.read(node, key, map)?.start },
      write: { head.write(Head(kind: .classification, start: $0)) })
  }()
}

/// A classifier as far as a task must fit it: [K, C] and the names of its K classes.
struct ClassifierShape: Sendable, Equatable {
  var classes: [String]
  var hiddenSize: Int?

  /// Whether it answers in the classes of a task: as many, in the same order. Classes need not have names.
  func fits(_ task: [String]) -> Bool {
    classes.count == task.count
      && (classes == TransformerConfiguration.defaultLabels(count: classes.count)
        || classes.map { $0.lowercased() } == task.map { $0.lowercased() })
  }

  /// `[2, 768] for negative, positive`
  var words: String {
    "[\(classes.count), \(hiddenSize.map(String.init) ?? "?")] for \(classes.joined(separator: ", "))"
  }
}

extension TaskSource {
  /// Names of the classes in the order of their numbers; nil where they are in a file that is not at hand.
  var classNames: [String]? {
    switch self {
    case .files(let task): task.classNames
    case .glue(let task): task.classNames
    case .generated(_, .filmReviews, _, _, _, _): SentimentGrammar.classNames
    }
  }
}

extension DefinitionChecks {
  /// Reports a stored classifier that cannot be kept.
  mutating func check(
    _ start: ClassifierStart?, of stage: StageDefinition, over model: String, on task: TaskSource
  ) {
    guard start != .new, let classNames = task.classNames else { return }
    let path = "stages.\(stage.id).head"
    guard let stored = shape(of: model).classifier else {
      guard start == .stored, isKnown(model) else { return }
      return report(
        path, expected: "a model with a classifier", found: "'\(model)', which has none",
        advice: "write init: new")
    }
    if stored.fits(classNames) {
      for problem in classifierProblems(of: model) {
        report(
          path, "cannot be kept: \(problem)",
          advice: "write head: { kind: classification, init: new } to begin with a new one")
      }
      return
    }
    let wanted = ClassifierShape(classes: classNames, hiddenSize: stored.hiddenSize)
    let isStage = definition.stage(id: model) != nil
    // The classifier of a stage is kept only where that is asked for.
    guard start == .stored || !isStage else { return }
    report(
      path, expected: "a classifier \(wanted.words), as \(task.name) has",
      found: "\(stored.words), stored with \(model)",
      advice: "write head: { kind: classification, init: new } to begin with a new one")
  }

  /// What keeps the stored classifier of a model from being read.
  func classifierProblems(of name: String) -> [String] {
    guard case .folder(let address) = definition.model(named: name)?.source,
      let outline = context.look(address).outline,
      // Those of the encoder are told where the model is.
      outline.problems[.encoder] == nil
    else { return [] }
    return outline.problems(heads: [.classification])
  }

  /// Whether anything can be said of what a model or stage has: its folder is at hand, or it has none.
  func isKnown(_ name: String) -> Bool {
    guard !unknown.contains(name) else { return false }
    guard let model = definition.model(named: name) else {
      return definition.stage(id: name) != nil
    }
    guard case .folder(let address) = model.source else { return true }
    return context.look(address).outline?.parts != nil
  }
}
