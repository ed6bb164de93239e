// How a loss is read and written: as a list of named terms, or as a map of terms by their kinds.
import RetortDistillation
import RetortOptions
import RetortRecords

/// The value of a key `loss`, in a stage of some kind.
///
/// A list is the whole language: each item is a map of one kind of term to its settings, with a name of its own if it is
/// given one. A map has each kind once, in the order in which they are registered. What a map can say is written as a map,
/// so that a definition has one digest however it is written.
struct LossReading: Sendable {
  /// The terms that can be taken, by their keys.
  private let kinds: [TermKind]
  /// Keys of terms that need a teacher, where there is none.
  private let refused: [String]
  /// Terms that a map has with a weight of 0 where they are left out.
  private let standing: [any LossTerm]

  init(
    _ batches: Set<BatchKind>, alwaysWritten standing: [any LossTerm] = [],
    withTeacher: Bool = true
  ) {
    let all = LossTerms.types(for: batches)
    let refused = withTeacher ? [] : all.filter(Self.isOfTeacher).map { $0.key }
    let types = all.filter { !refused.contains($0.key) }
    self.refused = refused
    self.standing = standing
    kinds = types.map { $0.key }.firstOccurrences.map { key in
      TermKind(key: key, types: types.filter { $0.key == key })
    }
  }

  /// Whether terms of a type read the teacher.
  private static func isOfTeacher(_ type: any LossTerm.Type) -> Bool {
    func reads<Term: LossTerm>(_ type: Term.Type) -> Bool {
      Term.options.standIn.map { !$0.readsOfTeacher.isEmpty } ?? true
    }
    return reads(type)
  }

  var type: OptionType<LossOptions> {
    let map = kinds.map { $0.description(inList: false) }
    let list = kinds.map { $0.description(inList: true) }
    return OptionType(
      schema: .forms([
        OptionForm(
          "A list of terms, each a map of one key, its kind. Terms of one kind have names",
          .list(.oneKey(list), ListRule(least: 1))),
        OptionForm("A map of terms, each kind once", .map(map)),
      ]),
      words: "weighted terms, in a list or a map",
      example: map.first.map { "{ \($0.key): \($0.example) }" } ?? "{}",
      standIn: LossOptions(terms: []),
      read: { node, key, map in
        if let items = node.items {
          if items.isEmpty { map.reportWrong(node, key, expected: "at least one term") }
          let terms = terms(items, at: map.pathOf(key), map.collector)
          return LossOptions(terms: adding(standing, to: terms))
        }
        guard let below = MapReader(node, at: map.pathOf(key), map.collector) else { return nil }
        defer { below.finish() }
        nameOthers(in: below)
        let terms = kinds.compactMap { below.has($0.key) ? $0.read(below) : nil }
        return LossOptions(terms: adding(standing, to: terms))
      },
      write: { loss in
        let inList = !canBeMap(loss.terms)
        let entries = loss.terms.map { term in
          let kind = kind(of: term)
          return (kind.key, CanonicalValue.map(kind.entries(term, inList: inList)))
        }
        return inList ? .list(entries.map { .map([$0]) }) : .map(entries)
      })
  }

  /// What is said of terms that are not here, and of those that have become others.
  private func nameOthers(in map: MapReader) {
    for (name, saying) in LossTerms.replaced { map.misplaced[name] = saying }
    for name in refused {
      map.misplaced[name] = (
        "reads a teacher, which a pretrain stage does not have",
        "use a distill stage, or leave the term out"
      )
    }
  }

  private func kind(of term: WeightedTerm) -> TermKind {
    let key = Swift.type(of: term.term).key
    guard let kind = kinds.first(where: { $0.key == key }) else {
      preconditionFailure("no term \(key) in this kind of stage")
    }
    return kind
  }

  // MARK: Lists and maps

  private func terms(
    _ items: [DefinitionNode], at path: String, _ collector: DiagnosticCollector
  ) -> [WeightedTerm] {
    var terms: [WeightedTerm] = []
    var names: Set<String> = []
    for (index, item) in items.enumerated() {
      let place = "\(path).\(DefinitionPath.name(ofTerm: index, in: items))"
      guard let map = MapReader(item, at: place, collector) else { continue }
      nameOthers(in: map)
      let given = kinds.filter { map.has($0.key) }
      defer { map.finish() }
      guard given.count == 1 else {
        // An unknown key is reported by itself; then nothing is missing as well.
        let isKnown = item.entries?.allSatisfy { entry in kinds.contains { $0.key == entry.key } }
        if !given.isEmpty || isKnown ?? true {
          collector.report(
            Diagnostic(
              item.origin, place,
              expected: "one of \(kinds.map(\.key).joined(separator: ", "))",
              found: given.isEmpty
                ? item.entries?.first.map { "\($0.key) with nothing below it" } ?? "none of them"
                : given.map(\.key).joined(separator: " and ")), at: place)
        }
        continue
      }
      guard let term = given[0].read(map, at: place) else { continue }
      if !names.insert(term.name).inserted {
        collector.report(
          Diagnostic(
            item.origin, "\(place): another term is called \(term.name)",
            advice: "give one of them a name: of its own"), at: place)
        continue
      }
      terms.append(term)
    }
    return terms
  }

  /// With the terms that a map always has, where they could be one.
  private func adding(_ standing: [any LossTerm], to terms: [WeightedTerm]) -> [WeightedTerm] {
    guard canBeMap(terms) else { return terms }
    return kinds.compactMap { kind in
      terms.first { Swift.type(of: $0.term).key == kind.key }
        ?? standing.first { Swift.type(of: $0).key == kind.key }.map { WeightedTerm(0, $0) }
    }
  }

  /// Whether a map can say the same: each kind once, without names, in the order in which they are registered.
  private func canBeMap(_ terms: [WeightedTerm]) -> Bool {
    let places = terms.compactMap { term in
      kinds.firstIndex { $0.key == Swift.type(of: term.term).key }
    }
    // Under a recipe a map is filled in with the settings of the first type of its key.
    let areUsual = zip(terms, places).allSatisfy {
      $0.givenName == nil && Swift.type(of: $0.term) == kinds[$1].types[0]
    }
    return areUsual && places == places.sorted() && Set(places).count == places.count
  }
}

// MARK: - One kind of term

/// The types of one key: one, or one for each kind of logits, which the key `on` tells apart.
private struct TermKind: Sendable {
  let key: String
  let types: [any LossTerm.Type]

  private static let onKey = "on"
  private var logits: [LogitKind] { types.compactMap { $0.on } }
  private var on: OptionType<LogitKind> { .choice(among: logits, name: \.rawValue) }

  /// With the keys of all types; those of one alone say which.
  func description(inList: Bool) -> OptionDescription {
    var options: [OptionDescription] = []
    for type in types {
      for option in type.settings(inList: inList) {
        if let index = options.firstIndex(where: { $0.key == option.key }) {
          options[index].condition = nil
        } else {
          var option = option
          if types.count > 1, let on = type.on {
            option.condition = .init(key: Self.onKey, values: [on.rawValue])
          }
          options.append(option)
        }
      }
    }
    if let first = logits.first {
      options.insert(
        OptionDescription(
          key: Self.onKey, schema: on.schema, about: "Whose logits are compared.",
          presence: inList && types.count > 1 ? .required : .standard(first.rawValue),
          example: first.rawValue), at: 0)
    }
    let required = options.filter { $0.presence == .required && $0.condition == nil }
    let example = types[0].example(inList: inList)
    return OptionDescription(
      key: key, schema: .map(options), about: types[0].about, presence: .optional,
      example: required.contains { $0.key == Self.onKey }
        ? "{ \(Self.onKey): \(on.example), \(example.dropFirst(2))" : example)
  }

  /// Nil after a report of something that nothing can stand in for.
  /// - Parameter place: in a list, how messages call the term; nil in a map.
  func read(_ map: MapReader, at place: String? = nil) -> WeightedTerm? {
    map.map(key, at: place) { below -> WeightedTerm? in
      guard !logits.isEmpty else { return types[0].read(below, inList: place != nil) }
      if place != nil, types.count > 1, !below.has(Self.onKey) {
        below.reportMissing(Self.onKey, expected: logits.map(\.rawValue).joined(separator: " or "))
        // Which other keys it should have follows from it.
        _ = below.ownNames
        return nil
      }
      let chosen = below.value(Self.onKey, on)
      let type = types.first { $0.on == chosen } ?? types[0]
      for other in types where other.on != type.on {
        for option in other.settings(inList: place != nil)
        where !type.settings(inList: place != nil).contains(where: { $0.key == option.key }) {
          below.misplaced[option.key] = (
            "belongs to on: \(other.on?.rawValue ?? ""), found on: \(type.on?.rawValue ?? "")",
            "leave it out"
          )
        }
      }
      return type.read(below, inList: place != nil)
    }
  }

  func entries(_ term: WeightedTerm, inList: Bool) -> [(String, CanonicalValue)] {
    let own = Swift.type(of: term.term)
    let entries = own.entries(term, inList: inList)
    guard let logits = own.on, types.count > 1, inList || logits != types[0].on else {
      return entries
    }
    return [(Self.onKey, .text(logits.rawValue))] + entries
  }
}

/// A term's settings in a definition: its name in a list, its weight, its teachers, and its own keys.
private struct StatedTerm<Term: LossTerm>: Sendable {
  let name: String?
  let weight: StepValue
  let term: Term
  let teaching: Teaching

  /// Which of a stage's teachers it reads.
  struct Teaching: Sendable {
    var teachers: [String]?
    var combination: TeacherCombination?

    static var none: Teaching { Teaching(teachers: nil, combination: nil) }

    static var options: OptionList<Teaching> {
      let reads = Term.options.standIn?.readsOfTeacher
      guard reads.map({ !$0.isEmpty }) ?? true else { return .none(.none) }
      let names = OptionType<[String]>.list(
        of: DefinitionNames.name, ListRule(least: 1, isDistinct: true, oneAlone: true))
      guard reads?.classLogits ?? false else {
        return OptionList(
          { Teaching(teachers: $0, combination: nil) },
          OptionField(
            optional: "teacher", \.teachers, names.described(example: "a"),
            "Which of the stage's `teachers` the term reads: a name."))
      }
      return OptionList(
        Teaching.init(teachers:combination:),
        OptionField(
          optional: "teacher", \.teachers, names.described(example: "[a, b]"),
          "Which of the stage's `teachers` the term reads: one, or several whose class logits are combined."
        ),
        OptionField(
          optional: "combine", \.combination, .choice,
          "How the class logits of several teachers become one. probabilities: the mean of their softened distributions; "
            + "logits: the mean of their logits."))
    }
  }

  init(name: String?, weight: StepValue, term: Term, teaching: Teaching) {
    (self.name, self.weight, self.term, self.teaching) = (name, weight, term, teaching)
  }

  private static var weightField: OptionField<StatedTerm, StepValue> {
    OptionField(
      "weight", \.weight, StepValue.type(.notNegative, example: "1.0"),
      "What the term is multiplied by in the sum: a number, or how it changes from step to step. "
        + (Term.isMeasuredWithoutWeight
          ? "With 0 it is measured and not trained on." : "0 leaves it out."))
  }

  static func options(inList: Bool) -> OptionList<StatedTerm> {
    inList
      ? OptionList(
        StatedTerm.init(name:weight:term:teaching:),
        OptionField(
          optional: "name", \.name, termName,
          "In a list: what metrics, tables, ablate and --set call the term. If left out: its kind."),
        weightField, OptionField(\.term, Term.options.requiring(Term.statedInList)),
        OptionField(\.teaching, Teaching.options))
      : OptionList(
        { StatedTerm(name: nil, weight: $0, term: $1, teaching: $2) }, weightField,
        OptionField(\.term, Term.options), OptionField(\.teaching, Teaching.options))
  }

  /// A name that no metrics log and no ablation uses for anything other than a term.
  private static var termName: OptionType<String> {
    let taken = MetricsLine.Name.allCases.map(\.rawValue) + [Ablation.initialization.rawValue]
    return DefinitionNames.name.described(example: "warm").checked(standIn: Term.key) {
      name, node, key, map in
      guard taken.contains(name) else { return true }
      map.report(
        Diagnostic(
          node.origin, "\(map.pathOf(key)): '\(name)' means something else",
          advice: "give the term another name"), key)
      return false
    }
  }
}

extension LossTerm {
  fileprivate static func settings(inList: Bool) -> [OptionDescription] {
    StatedTerm<Self>.options(inList: inList).descriptions
  }

  fileprivate static func example(inList: Bool) -> String {
    StatedTerm<Self>.options(inList: inList).example
  }

  fileprivate static func read(_ map: MapReader, inList: Bool) -> WeightedTerm? {
    StatedTerm<Self>.options(inList: inList).read(map).map {
      var weighted = WeightedTerm($0.weight, $0.term, name: $0.name == key ? nil : $0.name)
      weighted.teachers = $0.teaching.teachers ?? []
      weighted.combination = $0.teaching.combination
      return weighted
    }
  }

  /// - Parameter weighted: a term of this type.
  fileprivate static func entries(
    _ weighted: WeightedTerm, inList: Bool
  ) -> [(String, CanonicalValue)] {
    guard let term = weighted.term as? Self else {
      preconditionFailure("\(weighted.name) is no \(Self.self)")
    }
    return StatedTerm<Self>.options(inList: inList).write(
      StatedTerm(
        name: weighted.givenName, weight: weighted.weight, term: term,
        teaching: .init(
          teachers: weighted.teachers.isEmpty ? nil : weighted.teachers,
          combination: weighted.combination)))
  }
}
