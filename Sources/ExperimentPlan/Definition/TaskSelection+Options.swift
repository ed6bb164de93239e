// The keys that make a training set smaller: `labels:` and `hold_out:`.
import RetortFormatting
import RetortOptions
import RetortText

extension TaskSelection {
  static let options = OptionList(
    TaskSelection.init(labels:holdOut:),
    OptionField(
      optional: "labels", \.labels, .map(LabelSample.options),
      "A sample of the training set; the rest of it is not used. Which examples are in it depends on their texts and "
        + "the seed alone, and a smaller sample is a part of a larger one with the same seed, unless it is stratified."
    ),
    OptionField(
      optional: "hold_out", \.holdOut, .map(SentenceHoldOut.options),
      "Whole sentences that leave the training set and join the development set, behind its own examples: models are "
        + "evaluated, and epochs are chosen, on both together. Done before labels are sampled."))

  /// In words, for an explanation.
  var words: String {
    let held = holdOut.map { rule in
      "\(rule.sentences.grouped) whole sentences"
        + (rule.leastWords > 1 ? " of \(rule.leastWords) words or more" : "")
        + " held out and evaluated with the development set"
        + (rule.dropsParts ? ", rows that are parts of them dropped" : "") + " (seed \(rule.seed))"
    }
    let sampled = labels.map { rule in
      "\(rule.count.map(\.grouped) ?? "all") labelled \(rule.unit.rawValue) to learn from (seed \(rule.seed)"
        + (rule.isStratified ? ", each class with its share)" : ")")
    }
    return [held, sampled].compactMap { $0 }.joined(separator: "; ")
  }

  /// Reports what cannot be had of a task's examples: of its kind, and of its files where they are at hand.
  func check(_ task: TaskSource, _ node: DefinitionNode, _ key: String, _ map: MapReader) {
    func report(_ below: String, _ problem: String, advice: String? = nil) {
      let origin = below.split(separator: ".").reduce(node) { $0[String($1)] ?? $0 }.origin
      map.report(
        Diagnostic(origin, "\(map.pathOf(key)).\(below): \(problem)", advice: advice),
        "\(key).\(below)")
    }
    guard !isEmpty, task.root != .unknown else { return }
    if task.pairColumns != nil {
      if labels?.unit == .sentences {
        report(
          "labels.unit", "sentences cannot be told in pairs of texts", advice: "write unit: rows")
      }
      if holdOut != nil {
        report("hold_out", "sentences cannot be told in pairs of texts", advice: "take it out")
      }
    }
    if task.kind == .regression, labels?.isStratified == true {
      report(
        "labels.stratified", "a regression has no classes that a share could be taken of",
        advice: "take it out")
    }
    guard !map.collector.mistakes.touch(map.pathOf(key)),
      let decoding = map.collector as? DefinitionDecoding
    else { return }
    for problem in decoding.context.selectionProblems(task) { report(problem.key, problem.text) }
  }
}

extension LabelSample {
  /// A number of examples, or all of them.
  private static let countType: OptionType<Int?> = {
    let number = OptionType<Int>.integer(atLeast: 1, example: "1000")
    return OptionType(
      schema: .any([number.schema, .choice(["all"])]), words: "a whole number from 1, or all",
      example: number.example, standIn: .some(1),
      read: { node, key, map in
        if node.scalar == "all" { return .some(nil) }
        guard case .plain(let text) = node.content, Scalars.integer(text) != nil else {
          map.reportWrong(node, key, expected: "a whole number from 1, or all")
          return nil
        }
        return number.read(node, key, map)
      }, write: { $0.map { .integer($0) } ?? .text("all") })
  }()

  static let options = OptionList(
    LabelSample.init(count:unit:seed:isStratified:),
    OptionField("count", \.count, countType, "How many, or all."),
    OptionField(
      "unit", \.unit, .choice,
      "What is counted. rows: rows of the file. sentences: texts that are contiguous parts, word by word, of no other "
        + "text; SST-2's training set has phrases beside the sentences they are taken from. Rows with the same words are one "
        + "sentence, with the label of the first."),
    .inheritedSeed(\.seed, "Seed of the choice."),
    OptionField(
      "stratified", \.isStratified, .truth, otherwise: false,
      "Whether each class keeps its share, and at least one example."))
}

extension SentenceHoldOut {
  static let options = OptionList(
    SentenceHoldOut.init(sentences:leastWords:seed:dropsParts:),
    OptionField(
      "sentences", \.sentences, .integer(atLeast: 1, example: "1000"),
      "How many; texts that are contiguous parts, word by word, of no other text."),
    OptionField(
      "least_words", \.leastWords, .integer(atLeast: 1, example: "10"), otherwise: 1,
      "Sentences with fewer words are not held out; white space separates words."),
    .inheritedSeed(\.seed, "Seed of the choice."),
    OptionField(
      "drop_parts", \.dropsParts, .truth, otherwise: true,
      "Whether training rows that are contiguous parts of a sentence that is held out are dropped. Rows with the same "
        + "words always are."))
}
