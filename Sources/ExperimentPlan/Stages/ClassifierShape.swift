// Whether a stored classifier fits the task that it is fine-tuned on.
import RetortText
import RetortTransformers

/// A classifier as far as a task must fit it: [K, C] and the names of its K classes.
struct ClassifierShape: Sendable, Equatable {
  var classes: [String]
  var hiddenSize: Int?

  /// False for the names that transformers gives where nobody has: LABEL_0, LABEL_1 and so on.
  var namesClasses: Bool {
    classes != TransformerConfiguration.defaultLabels(count: classes.count)
  }

  /// Whether its answers are those of a task by their numbers alone, and these are an order that somebody has chosen: the
  /// user's own classes, of which `0`, `1` and so on are numbers themselves. Benchmarks number theirs.
  func answersByNumber(of task: TaskSource) -> Bool {
    guard case .files = task.root, classes.count > 1, !namesClasses, let names = task.classNames
    else { return false }
    return names != names.indices.map(String.init)
  }

  /// Whether it answers in the classes of a task: as many, in the same order. Classes need not have names.
  func fits(_ task: [String]) -> Bool {
    classes.count == task.count
      && (classes.count == 1  // one output is a number, whatever it is called
        || !namesClasses
        || classes.map { $0.lowercased() } == task.map { $0.lowercased() })
  }

  /// `[2, 768] for negative, positive`
  var words: String {
    "[\(classes.count), \(hiddenSize.map(String.init) ?? "?")] for \(classes.listed)"
  }
}

extension ModelOutline {
  /// Whether its labels are these classes, in this order.
  /// - Parameter byName: false if they need not have names.
  public func answers(in classes: [String], byName: Bool) -> Bool {
    let classifier = ClassifierShape(
      classes: configuration.labels, hiddenSize: configuration.hiddenSize)
    return classifier.fits(classes) && (classifier.namesClasses || !byName)
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
      // Of a stage that should make one it is said there.
      let made = definition.stage(id: model)?.work
      guard start == .stored, isKnown(model),
        !(made?.loss.objective?.readsOfStudent.classLogits ?? false)
      else { return }
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
      checkOrder(of: stored, of: model, on: task, at: path)
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

  /// Reports answers without names to classes that are only sorted: whether the first is the first nobody has said.
  mutating func checkOrder(
    of classifier: ClassifierShape, of model: String, on task: TaskSource, at path: String
  ) {
    guard case .files(let files) = task.root, files.writtenClasses == nil,
      classifier.answersByNumber(of: task), let names = task.classNames
    else { return }
    report(
      path,
      "cannot be known: the classifier of '\(model)' calls its classes \(classifier.classes.listed), and those of "
        + "\(task.name) are only sorted: \(names.listed)",
      advice: "write tasks.\(files.name).classes in the order of the model's")
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
