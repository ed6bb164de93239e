// The loss of a stage as a definition says it: terms with weights, in a list or as a map by their kinds.
import RetortDistillation
import RetortOptions

struct LossOptions: Sendable, Equatable {
  /// In the order of the list; of a map in that in which terms are registered.
  var terms: [WeightedTerm]

  /// What is computed: the terms with a weight, and those that are measured without one; nil if none has a weight.
  var objective: Objective? {
    guard terms.contains(where: \.counts) else { return nil }
    return Objective(terms.filter { $0.counts || Self.isMeasured($0) })
  }

  private static func isMeasured(_ weighted: WeightedTerm) -> Bool {
    !weighted.counts && type(of: weighted.term).isMeasuredWithoutWeight
  }

  /// The terms that can be taken on a kind of batch, and those with a weight that cannot, which are a mistake.
  func on(_ kind: BatchKind) -> LossOptions {
    LossOptions(terms: terms.filter { $0.counts || Self.isTaken($0.term, on: kind) })
  }

  /// Names of terms with a weight that cannot be taken on a kind of batch.
  func namesNotTaken(on kind: BatchKind) -> [String] {
    terms.filter { $0.counts && !Self.isTaken($0.term, on: kind) }.map(\.name)
  }

  private static func isTaken(_ term: any LossTerm, on kind: BatchKind) -> Bool {
    type(of: term).batchKinds.contains(kind)
  }

  /// Whether a term of that name has a weight.
  func counts(_ name: String) -> Bool { terms.contains { $0.name == name && $0.counts } }

  /// What a stage's digest has: the terms that are computed, and those that its kind always writes.
  func digested(alwaysWritten standing: [any LossTerm]) -> LossOptions {
    LossOptions(
      terms: terms.filter { weighted in
        weighted.counts || Self.isMeasured(weighted)
          || standing.contains { type(of: $0).key == type(of: weighted.term).key }
      })
  }

  /// The names of terms with a weight that look at the teacher.
  var namesReadingTeacher: [String] {
    terms.filter { $0.counts && !$0.term.readsOfTeacher.isEmpty }.map(\.name)
  }

  /// Whether a term with a weight looks at the teacher.
  var readsTeacher: Bool { objective?.needsTeacher ?? false }

  /// Whether a term with a weight reads the weights of a task's classes.
  var readsClassWeights: Bool {
    terms.contains { $0.counts && type(of: $0.term).readsClassWeights }
  }

  /// Whether there is anything to train on without a teacher.
  var hasTermWithoutTeacher: Bool {
    terms.contains { $0.counts && $0.term.readsOfTeacher.isEmpty }
  }

  /// The same with no weight on terms that look at the teacher.
  var withoutTeacher: LossOptions {
    var loss = self
    for index in loss.terms.indices where !loss.terms[index].term.readsOfTeacher.isEmpty {
      loss.terms[index].weight = .constant(0)
    }
    return loss
  }

  /// A line a term; those without a weight are named below.
  var formula: [String] {
    func line(_ words: String, _ terms: [WeightedTerm]) -> [String] {
      let titles = terms.map { $0.givenName ?? type(of: $0.term).title }
      return titles.isEmpty ? [] : ["\(words) (weight 0): \(titles.joined(separator: ", "))"]
    }
    return (objective?.formulaLines ?? []) + notes
      + line("measured", terms.filter(Self.isMeasured))
      + line("left out", terms.filter { !$0.counts && !Self.isMeasured($0) })
  }
}

// MARK: - In a definition

extension LossOptions {
  /// The paper's three terms are always written in a distillation, with a weight of 0 where a definition leaves them
  /// out, so that definitions from before there were others keep their digests.
  static let writtenInDistillation: [any LossTerm] = [
    SoftTargets(temperature: 1, positions: .all), MaskedLanguage(), HiddenCosine(layer: .last),
  ]
  /// So are the labels in a fine-tuning whose loss is written, for the same reason.
  static let writtenInFinetuning: [any LossTerm] = [CrossEntropy()]

  static let distillation = LossReading(
    [.maskedText, .text], alwaysWritten: writtenInDistillation
  ).type
  /// Terms that need no teacher.
  static let pretraining = LossReading([.maskedText], withTeacher: false).type
  static let ofLabels = LossReading(
    [.labelledSentences, .scoredSentences], alwaysWritten: writtenInFinetuning
  ).type
}

// MARK: - Checks

extension LossOptions {
  /// Reports what does not fit the models, at the keys of a stage.
  /// - Parameters:
  ///   - teachers: nil in a stage without one.
  ///   - path: of the stage.
  func check(
    teachers: TeacherNames?,
    student: (role: String, name: String, shape: ModelShape), at path: String,
    in checks: inout DefinitionChecks
  ) {
    guard let objective else {
      checks.report(
        "\(path).loss", expected: "at least one term with a weight above 0", found: "none")
      return
    }
    teachers?.checkTerms(self, at: path, in: &checks)
    for entry in teachers?.entries ?? [] {
      let reads = entry.name.map(objective.reads(ofTeacher:)) ?? objective.readsOfTeacher
      guard reads.vocabularyLogits != nil else { continue }
      let shape = checks.shape(of: entry.model)
      checks.requireHead(shape, entry.model, "\(path).\(TeacherNames.role(entry.name))")
    }
    if objective.readsOfStudent.vocabularyLogits != nil {
      checks.requireHead(student.shape, student.name, "\(path).\(student.role)")
    }
    let shapes = Dictionary(
      (teachers?.entries ?? []).map { ($0.name, checks.shape(of: $0.model).dimensions) },
      uniquingKeysWith: { first, _ in first })
    let problems = objective.problems(student: student.shape.dimensions) {
      shapes[$0] ?? ModelDimensions()
    }
    for (name, problem) in problems {
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
      vocabularySize: vocabularySize, classCount: classifier?.classes.count,
      headCount: configuration?.headCount)
  }
}
