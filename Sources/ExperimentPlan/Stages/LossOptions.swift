// The loss of a stage as a definition says it: terms by their keys, each with a weight.
import RetortDistillation
import RetortOptions

struct LossOptions: Sendable, Equatable {
  /// In the order in which terms are registered.
  var terms: [WeightedTerm]

  /// What is computed: the terms with a weight, and those that are measured without one; nil if none has a weight.
  var objective: Objective? {
    guard terms.contains(where: { $0.weight > 0 }) else { return nil }
    return Objective(terms.filter { $0.weight > 0 || Self.isMeasured($0) })
  }

  private static func isMeasured(_ weighted: WeightedTerm) -> Bool {
    weighted.weight == 0 && type(of: weighted.term).isMeasuredWithoutWeight
  }

  /// The terms that can be taken on a kind of batch, and those with a weight that cannot, which are a mistake.
  func on(_ kind: BatchKind) -> LossOptions {
    LossOptions(terms: terms.filter { $0.weight > 0 || Self.isTaken($0.term, on: kind) })
  }

  /// Keys of terms with a weight that cannot be taken on a kind of batch.
  func keysNotTaken(on kind: BatchKind) -> [String] {
    terms.filter { $0.weight > 0 && !Self.isTaken($0.term, on: kind) }.map { type(of: $0.term).key }
  }

  private static func isTaken(_ term: any LossTerm, on kind: BatchKind) -> Bool {
    type(of: term).batchKinds.contains(kind)
  }

  /// 0 for a term that is not there.
  func weight(of key: String) -> Double {
    terms.first { Swift.type(of: $0.term).key == key }?.weight ?? 0
  }

  /// What a stage's digest has: the terms that are computed, and those that its kind always writes.
  func digested(alwaysWritten standing: [any LossTerm]) -> LossOptions {
    LossOptions(
      terms: terms.filter { weighted in
        weighted.weight > 0 || Self.isMeasured(weighted)
          || standing.contains { type(of: $0).key == type(of: weighted.term).key }
      })
  }

  /// The keys of terms with a weight that look at the teacher.
  var keysReadingTeacher: [String] {
    terms.filter { $0.weight > 0 && !$0.term.readsOfTeacher.isEmpty }.map { type(of: $0.term).key }
  }

  /// Whether a term with a weight looks at the teacher.
  var readsTeacher: Bool { objective?.needsTeacher ?? false }

  /// Whether a term with a weight reads the weights of a task's classes.
  var readsClassWeights: Bool {
    terms.contains { $0.weight > 0 && type(of: $0.term).readsClassWeights }
  }

  /// Whether there is anything to train on without a teacher.
  var hasTermWithoutTeacher: Bool {
    terms.contains { $0.weight > 0 && $0.term.readsOfTeacher.isEmpty }
  }

  /// The same with no weight on terms that look at the teacher.
  var withoutTeacher: LossOptions {
    var loss = self
    for index in loss.terms.indices where !loss.terms[index].term.readsOfTeacher.isEmpty {
      loss.terms[index].weight = 0
    }
    return loss
  }

  /// A line a term; those without a weight are named below.
  var formula: [String] {
    func line(_ words: String, _ terms: [WeightedTerm]) -> [String] {
      let titles = terms.map { type(of: $0.term).title }
      return titles.isEmpty ? [] : ["\(words) (weight 0): \(titles.joined(separator: ", "))"]
    }
    return (objective?.formulaLines ?? []) + line("measured", terms.filter(Self.isMeasured))
      + line("left out", terms.filter { $0.weight == 0 && !Self.isMeasured($0) })
  }
}

extension LossOptions {
  /// The paper's three terms are always written in a distillation, with a weight of 0 where a definition leaves them
  /// out, so that definitions from before there were others keep their digests.
  static let writtenInDistillation: [any LossTerm] = [
    SoftTargets(temperature: 1, positions: .all), MaskedLanguage(), HiddenCosine(layer: .last),
  ]
  /// So are the labels in a fine-tuning whose loss is written, for the same reason.
  static let writtenInFinetuning: [any LossTerm] = [CrossEntropy()]

  static let distillation = optionType(for: [.maskedText], alwaysWritten: writtenInDistillation)
  /// Terms that need no teacher.
  static let pretraining = optionType(
    for: [.maskedText], alwaysWritten: [],
    notIn: (
      ofTeacher,
      "reads a teacher, which a pretrain stage does not have",
      "use a distill stage, or leave the term out"
    ))
  static let ofLabels = optionType(
    for: [.labelledSentences, .scoredSentences], alwaysWritten: writtenInFinetuning)

  /// A term with its weight in front of its own keys.
  private struct Weighted<Term: LossTerm>: Sendable {
    let weight: Double
    let term: Term

    static var options: OptionList<Weighted> {
      OptionList(
        Weighted.init(weight:term:),
        OptionField(
          "weight", \.weight, .number(.notNegative, example: "1.0"),
          "What the term is multiplied by in the sum. "
            + (Term.isMeasuredWithoutWeight
              ? "With 0 it is measured and not trained on." : "0 leaves it out.")),
        OptionField(\.term, Term.options))
    }
  }

  /// Whether terms of a type read the teacher.
  private static func ofTeacher(_ type: any LossTerm.Type) -> Bool {
    func reads<Term: LossTerm>(_ type: Term.Type) -> Bool {
      Term.options.standIn.map { !$0.readsOfTeacher.isEmpty } ?? true
    }
    return reads(type)
  }

  /// - Parameter excluded: which terms of the kind are refused, and what is said of them.
  private static func optionType(
    for kinds: Set<BatchKind>, alwaysWritten standing: [any LossTerm],
    notIn excluded: (is: (any LossTerm.Type) -> Bool, problem: String, advice: String)? = nil
  ) -> OptionType<LossOptions> {
    let refused = excluded.map { LossTerms.types(for: kinds).filter($0.is).map { $0.key } } ?? []
    let types = LossTerms.types(for: kinds).filter { !refused.contains($0.key) }
    let saying = excluded.map { (problem: $0.problem, advice: $0.advice) }
    func description<Term: LossTerm>(_ type: Term.Type) -> OptionDescription {
      let options = Weighted<Term>.options
      return OptionDescription(
        key: Term.key, schema: .map(options.descriptions), about: Term.about, presence: .optional,
        example: options.example)
    }
    /// Nil after a report of something that nothing can stand in for.
    @Sendable func read<Term: LossTerm>(_ type: Term.Type, _ map: MapReader) -> WeightedTerm? {
      map.map(Term.key) { Weighted<Term>.options.read($0) }.map { WeightedTerm($0.weight, $0.term) }
    }
    @Sendable func entries<Term: LossTerm>(_ term: Term, weight: Double) -> [(
      String, CanonicalValue
    )] {
      Weighted<Term>.options.write(Weighted(weight: weight, term: term))
    }
    let descriptions = types.map { description($0) }
    return OptionType(
      schema: .map(descriptions),
      words: "weighted terms",
      example: descriptions.first.map { "{ \($0.key): \($0.example) }" } ?? "{}",
      standIn: LossOptions(terms: []),
      read: { node, key, map in
        guard let below = MapReader(node, at: map.pathOf(key), map.collector) else { return nil }
        defer { below.finish() }
        for name in refused { below.misplaced[name] = saying }
        var terms: [WeightedTerm] = []
        for type in types {
          if below.has(type.key) {
            if let term = read(type, below) { terms.append(term) }
          } else if let absent = standing.first(where: { Swift.type(of: $0).key == type.key }) {
            terms.append(WeightedTerm(0, absent))
          }
        }
        return LossOptions(terms: terms)
      },
      write: { loss in
        .map(
          loss.terms.map { weighted in
            (
              Swift.type(of: weighted.term).key,
              .map(entries(weighted.term, weight: weighted.weight))
            )
          })
      })
  }
}

// MARK: - Checks

extension LossOptions {
  /// Reports what does not fit the models, at the keys of a stage.
  /// - Parameters:
  ///   - teacher: its role in the stage, its name and what it is; nil in a stage without one.
  ///   - path: of the stage.
  func check(
    teacher: (role: String, name: String, shape: ModelShape)?,
    student: (role: String, name: String, shape: ModelShape), at path: String,
    in checks: inout DefinitionChecks
  ) {
    guard let objective else {
      checks.report(
        "\(path).loss", expected: "at least one term with a weight above 0", found: "none")
      return
    }
    if objective.readsOfTeacher.vocabularyLogits != nil, let teacher {
      checks.requireHead(teacher.shape, teacher.name, "\(path).\(teacher.role)")
    }
    if objective.readsOfStudent.vocabularyLogits != nil {
      checks.requireHead(student.shape, student.name, "\(path).\(student.role)")
    }
    for (name, problem) in objective.problems(
      student: student.shape.dimensions, teacher: teacher?.shape.dimensions ?? ModelDimensions())
    {
      checks.report(
        "\(path).loss.\(name)" + (problem.key.map { ".\($0)" } ?? ""),
        expected: problem.expected, found: problem.found, advice: problem.advice)
    }
  }
}

extension ModelShape {
  var dimensions: ModelDimensions {
    ModelDimensions(
      layerCount: layerCount, hiddenSize: hiddenSize,
      vocabularySize: vocabularySize, classCount: classifier?.classes.count)
  }
}
