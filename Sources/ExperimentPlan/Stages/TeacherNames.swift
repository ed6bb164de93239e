// The teacher of a stage, or several under names of their own.
import RetortDistillation
import RetortOptions

/// `teacher: judge`, or `teachers: { a: judge_42, b: judge_43 }`.
struct TeacherNames: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    /// What a term calls it; nil for the only teacher of a stage.
    var name: String?
    /// The model or stage.
    var model: String
  }

  /// One without a name, or several with names.
  private(set) var entries: [Entry]

  init(_ model: String) { entries = [Entry(name: nil, model: model)] }

  fileprivate init(_ entries: [Entry]) { self.entries = entries }

  var models: [String] { entries.map(\.model) }
  var names: [String] { entries.compactMap(\.name) }
  /// Nil for several.
  var only: String? { entries.count == 1 && entries[0].name == nil ? entries[0].model : nil }

  /// The role of an entry among a stage's inputs, and the path of its key.
  static func role(_ name: String?) -> String { name.map { "teachers.\($0)" } ?? "teacher" }

  /// In the order of their names, so that a digest does not depend on how they are written.
  var inputs: [StageInputName] {
    entries.sorted { ($0.name ?? "") < ($1.name ?? "") }.map {
      StageInputName(role: Self.role($0.name), name: $0.model)
    }
  }

  /// "judge", or "judge_42 and judge_43".
  var words: String { models.joined(separator: " and ") }

  /// Whether a loss reads what an input is; true for an input that is no teacher.
  func isRead(role: String, by loss: LossOptions) -> Bool {
    guard let entry = entries.first(where: { Self.role($0.name) == role }) else { return true }
    guard let name = entry.name else { return loss.readsTeacher }
    return loss.terms.contains { $0.counts && $0.teachers.contains(name) }
  }
}

// MARK: - In a definition

extension TeacherNames {
  private static let oneKey = "teacher"
  static let severalKey = "teachers"

  private static let several = OptionType<[Entry]>(
    schema: .named(DefinitionNames.name.schema, pattern: DefinitionNames.pattern),
    words: "a map of names, each a model or stage", example: "{ a: teacher_42, b: teacher_43 }",
    standIn: [],
    read: { node, key, map in
      guard let below = MapReader(node, at: map.pathOf(key), map.collector) else { return nil }
      var entries: [Entry] = []
      for entry in below.ownNames {
        guard DefinitionNames.isName(entry.key) else {
          below.report(
            Diagnostic(
              entry.keyOrigin, below.pathOf(entry.key), expected: DefinitionNames.words,
              found: "'\(entry.key)'"), entry.key)
          continue
        }
        if let model = DefinitionNames.name.read(entry.value, entry.key, below) {
          entries.append(Entry(name: entry.key, model: model))
        }
      }
      if entries.isEmpty, !map.collector.mistakes.touch(below.path) {
        map.reportWrong(node, key, expected: "at least one name and teacher")
        return nil
      }
      return entries
    },
    write: { entries in
      .map(entries.map { ($0.name ?? "", DefinitionNames.name.write($0.model)) })
    }
  ).ofContents

  /// The keys `teacher` and `teachers` of a stage.
  /// - Parameters:
  ///   - about: what a teacher of the stage is.
  ///   - isRequired: whether one of the keys must be there.
  static func field<Root>(
    _ path: any KeyPath<Root, TeacherNames?> & Sendable, about: String, isRequired: Bool
  ) -> OptionField<Root, TeacherNames?> {
    let one = DefinitionNames.modelOrStage(example: "teacher")
    return OptionField(
      describedAs: [
        OptionDescription(
          key: oneKey, schema: one.schema, about: about, presence: .optional,
          example: one.example, namesContents: true),
        OptionDescription(
          key: severalKey, schema: several.schema,
          about:
            "Several teachers in place of one, under names of their own. Each term of the loss says which it reads.",
          presence: .optional, example: several.example, namesContents: true),
      ], standIn: .some(nil),
      read: { map in
        switch (map.has(oneKey), map.has(severalKey)) {
        case (true, true):
          map.report(
            Diagnostic(
              map.node.origin, map.path, expected: "teacher or teachers", found: "both",
              advice: "keep one"), severalKey)
          return nil
        case (_, true): return map.value(severalKey, several).map { .some(TeacherNames($0)) }
        case (true, _): return map.value(oneKey, one).map { .some(TeacherNames($0)) }
        case (false, false):
          if isRequired {
            map.reportMissing(
              oneKey, expected: "\(one.words), as in \(oneKey): \(one.example)",
              advice: "or write teachers: \(several.example)")
          }
          return .some(nil)
        }
      },
      write: { root in
        guard let teachers = root[keyPath: path] else { return [] }
        return teachers.only.map { [(oneKey, one.write($0))] }
          ?? [(severalKey, several.write(teachers.entries))]
      })
  }
}

// MARK: - Checks

extension TeacherNames {
  /// Reports terms that do not say which of several teachers they read, or how their answers become one.
  func checkTerms(_ loss: LossOptions, at path: String, in checks: inout DefinitionChecks) {
    // Names that are none are reported where they are read.
    guard only != nil || !names.isEmpty else { return }
    let reading = loss.terms.filter { $0.counts && !$0.term.readsOfTeacher.isEmpty }
    for weighted in reading {
      let place = "\(path).loss.\(weighted.name)"
      if only != nil {
        for key in Self.keysOfSeveral(in: weighted) {
          checks.report(
            "\(place).\(key)", "cannot be used where a stage has one teacher",
            advice: "leave it out, or write teachers: in the stage")
        }
        continue
      }
      if weighted.teachers.isEmpty {
        checks.report(
          place, expected: "one or more of the teachers \(names.listed)", found: "none",
          advice: "write teacher: \(names[0])")
      }
      for name in weighted.teachers where !names.contains(name) {
        checks.report(
          "\(place).teacher", expected: names.joined(separator: " or "), found: "'\(name)'",
          advice: Spelling.nearest(to: name, among: names).map { "did you mean '\($0)'?" })
      }
      checkCombination(weighted, at: place, in: &checks)
      if weighted.term.rows.examples != .uniform {
        checks.report(
          "\(place).examples", expected: "uniform, where there are several teachers",
          found: weighted.term.rows.examples.rawValue,
          advice: "sentences are weighed by what one teacher says of them")
      }
    }
    let read = reading.flatMap(\.teachers)
    for name in names where !read.contains(name) && !reading.contains(where: \.teachers.isEmpty) {
      checks.report(
        "\(path).teachers.\(name)", "is read by no term of the loss",
        advice: "name it in a term, or leave it out")
    }
  }

  /// The keys of a term that are for several teachers, as far as they are written.
  static func keysOfSeveral(in weighted: WeightedTerm) -> [String] {
    (weighted.teachers.isEmpty ? [] : ["teacher"])
      + (weighted.combination == nil ? [] : ["combine"])
  }

  private func checkCombination(
    _ weighted: WeightedTerm, at place: String, in checks: inout DefinitionChecks
  ) {
    guard weighted.teachers.count > 1 else {
      if weighted.combination != nil {
        checks.report(
          "\(place).combine", "has nothing to combine",
          advice: "leave it out, or name more teachers")
      }
      return
    }
    var beside = weighted.term.readsOfTeacher
    (beside.classLogits, beside.vocabularyLogits) = (false, nil)
    if !beside.isEmpty {
      checks.report(
        "\(place).teacher", expected: "one teacher", found: "\(weighted.teachers.count)",
        advice: "only logits of several teachers can be combined; write a term for each")
    } else if let problem = weighted.combination.flatMap({
      weighted.term.refusal(of: $0)
    }) {
      checks.report(
        "\(place).combine", expected: problem.expected, found: problem.found,
        advice: problem.advice)
    } else if weighted.combination == nil {
      checks.report(
        place, "has no 'combine'",
        expected: TeacherCombination.allCases.map(\.rawValue).joined(separator: " or "))
    }
  }
}
