// `retort explain`: a plan told in words, formulas and drawings before anything runs.
import RetortDistillation
import RetortFormatting
import RetortRecords
import RetortStorage
import RetortStrictJSON
import RetortText

/// The text of `retort explain`: a pure function of the plan and what is known about its data.
public struct PlanExplanation {
  let plan: ResolvedPlan
  let filled: [FilledValue]
  private let variants: [DefinitionVariant]
  let sizes: [String: DataSize]
  let tasks: [TaskSource: KnownTask]
  let sentences: [SentenceSource: SentenceCounts]
  private let look: (ModelAddress) -> ModelLook

  /// - Parameters:
  ///   - filled: the definition's values that it does not state itself.
  ///   - variants: what the definition's sweep and ablation make of it.
  ///   - sizes: of the data of each stage, by stage id, as far as they are known.
  ///   - tasks: those whose examples are at hand.
  ///   - sentences: of texts that are at hand.
  ///   - look: what is known of the model under an address.
  public init(
    _ plan: ResolvedPlan, filled: [FilledValue] = [], variants: [DefinitionVariant] = [],
    sizes: [String: DataSize] = [:], tasks: [TaskSource: KnownTask] = [:],
    sentences: [SentenceSource: SentenceCounts] = [:],
    look: @escaping (ModelAddress) -> ModelLook = ModelLook.published
  ) {
    self.plan = plan
    self.filled = filled
    self.variants = variants
    self.sizes = sizes
    self.tasks = tasks
    self.sentences = sentences
    self.look = look
  }

  /// Ends with a line feed.
  public var text: String {
    var lines = heading + ["", "Models"]
    for model in plan.models { lines += indented(describe(model)) }
    lines += ["", "Stages"]
    for (index, step) in plan.steps.enumerated() {
      lines += indented(describe(step, number: index + 1))
      lines.append("")
    }
    lines += measures + rest
    while lines.last == "" { lines.removeLast() }
    return lines.joined(separator: "\n") + "\n"
  }

  private var heading: [String] {
    let definition = plan.definition
    var lines = [definition.name]
    if let question = definition.question { lines.append("  \(question)") }
    if let hypothesis { lines += indented(describe(hypothesis)) }
    if let budget = definition.budget { lines.append("  budget: \(budget)") }
    lines.append("  seed \(definition.seed), random numbers: \(definition.random.rawValue)")
    let vocabulary =
      switch definition.vocabulary.source {
      case .model(let name): "of \(name)"
      case .folder(let address): "of \(address)"
      case .trained(let texts, let size):
        "\(size) entries, trained on \(texts.map(\.name).joined(separator: ", "))"
      }
    let cases =
      switch definition.vocabulary.lowercase {
      case true?: "lower-cased"
      case false?: "case kept"
      case nil: "case and accents as its tokenizer_config.json says"
      }
    lines.append("  vocabulary: \(vocabulary); \(cases)")
    return lines
  }

  /// That of the definition as a whole.
  private var hypothesis: RunRecord.Hypothesis? {
    variants.isEmpty ? plan.definition.recordedHypothesis : variants[0].hypothesis
  }

  private func describe(_ hypothesis: RunRecord.Hypothesis) -> [String] {
    ["hypothesis: \(hypothesis.text.onOneLine)"]
      + indented(hypothesis.claims.enumerated().map { "\($0 + 1). \($1.words)" })
  }

  private var measures: [String] {
    let planned = plan.measures(with: plan.stages)
    guard !planned.isEmpty else { return [] }
    return ["Measures, after the stages"]
      + planned.flatMap { measure -> [String] in
        let (sample, text) = (measure.measure.sample, measure.text)
        var on = text.name
        if let count = sample.count {
          on += ", \(count.grouped) sequences of them (seed \(sample.seed))"
        } else if let source = text.corpus?.sentences, source.part == .heldOut,
          let counts = sentences[source] ?? sentences[source.learned]
        {
          on += ", \(counts.heldOut.grouped) sentences"
        }
        let comparison = measure.with.map { ", compared with \($0.name)" } ?? ""
        return indented(
          [
            "\(measure.name): \(type(of: measure.measure).title) of \(measure.of.map(\.name).listed)\(comparison)"
          ]
            + indented(
              ["on \(on); at most \(text.sequenceLength) tokens a sequence"]
                + measure.measure.conditions(of: text)))
      }
      + (plan.teacherQuestions.isEmpty
        ? []
        : plan.teacherQuestions.map { question in
          "  before \(question.stage): is \(question.teacher) better at what it teaches than "
            + "\(question.untaught[0])?"
        }) + [""]
  }

  private var rest: [String] {
    let definition = plan.definition
    var lines: [String] = []
    for axis in definition.sweep {
      lines.append("Sweep of \(axis.path): \(axis.values.joined(separator: ", "))")
    }
    if !definition.ablate.isEmpty {
      let names = definition.ablate.map(\.rawValue).joined(separator: ", ")
      lines.append("Ablations, one run each without: \(names)")
    }
    lines += VariantSharing(variants).lines(taskSizes: tasks.mapValues(\.size))
    if let passes = definition.inferencePasses {
      lines.append("Inference timed: validation one sentence at a time, \(passes) passes")
    }
    if !definition.compareWith.isEmpty {
      lines.append("Compared with: \(definition.compareWith.joined(separator: ", "))")
    }
    // Last: they depend on what is at hand, and the rest does not.
    let notes = definition.modelNotes(look: look)
    if !notes.isEmpty { lines += ["Notes on the models' folders"] + indented(notes) }
    return lines
  }

  // MARK: Models

  func shape(of name: String) -> ModelShape {
    plan.shape(of: name, look: look)
  }

  /// Its loss, with the pairs of layers that it compares, and what of the model it leaves as it is.
  func formula(of work: any TrainingWork) -> [String] {
    let shape = shape(of: work.trained)
    let loss = work.loss.resolved(student: shape.dimensions) { name in
      work.input(TeacherNames.role(name)).map { self.shape(of: $0).dimensions } ?? ModelDimensions()
    }
    let reach = shape.configuration.flatMap { configuration in
      loss.objective?.readsOfStudent.reach(of: configuration, heads: [])
    }
    guard let reach, !reach.unreached.isEmpty else { return loss.formula }
    return loss.formula + ["trains \(reach.words)"]
  }

  private func describe(_ model: ModelDefinition) -> [String] {
    let shape = shape(of: model.name)
    var words: [String] = []
    if let family = shape.family { words.append(family.name) }
    if let layers = shape.layerCount, let size = shape.hiddenSize {
      words.append("\(layers) layers of \(size)")
    }
    switch model.source {
    case .folder(let address): words.append("weights of \(address)")
    case .randomWeights(let address):
      words.append("sizes of \(address), random weights (seed \(model.seed))")
    case .scratch: words.append("random weights (seed \(model.seed))")
    case .layers(let student):
      words.append(
        "made of layers \(student.layers.map(String.init).joined(separator: ", ")) of \(student.of)"
      )
      if let width = student.width {
        words.append(width.words(of: self.shape(of: student.of).configuration))
      }
    case .randomStudent(let student):
      words.append("sizes of a student of \(student.of), random weights (seed \(model.seed))")
    }
    switch model.maskedLMHead {
    case .new: words.append("new masked-LM head (seed \(model.seed))")
    case .stored: words.append("masked-LM head of the folder")
    case .copied: words.append("masked-LM head copied")
    case nil: words.append("no masked-LM head")
    }
    if let dropout = model.dropout {
      words.append(
        "dropout \(dropout.hidden), attention \(dropout.attention), "
          + "classifier \(dropout.classifier)")
    } else {
      words.append("dropout as its config.json says")
    }
    var lines = ["\(model.name): \(words.joined(separator: "; "))"]
    if case .layers(let student) = model.source {
      lines += indented(drawLayers(student, student: model.name))
    }
    return lines
  }

  /// The layer map, a line for each layer of the source.
  private func drawLayers(_ source: StudentSource, student: String) -> [String] {
    let count = max(shape(of: source.of).layerCount ?? 0, (source.layers.max() ?? 0) + 1)
    let width = max(source.of.count, 8)
    func pad(_ text: String) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    var lines = [pad(source.of) + "        " + student]
    for layer in 0..<count {
      let taken = source.layers.indices.filter { source.layers[$0] == layer }
      let target = taken.map { "layer \($0)" }.joined(separator: ", ")
      lines.append(pad("layer \(layer)") + (target.isEmpty ? "" : "  ───►  \(target)"))
    }
    switch source.tokenType {
    case .fold:
      lines.append(
        "token type 0 is added to the positions: the input stays exact"
          + (plan.stages.contains { $0.stage.work.task?.pairColumns != nil }
            ? ", except for the second text of a pair, whose type 1 the student does not have" : "")
      )
    case .drop: lines.append("token types are dropped: the input changes by that row")
    case nil: break
    }
    return lines.map { line in
      var line = line
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }

  func indented(_ lines: [String]) -> [String] { lines.map { "  " + $0 } }
}
