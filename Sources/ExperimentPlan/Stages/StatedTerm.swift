// A term with what a loss says of it besides its own keys: a name, a weight, teachers.
import RetortDistillation
import RetortOptions
import RetortRecords

/// A term's settings in a definition: its name in a list, its weight, its teachers, and its own keys.
struct StatedTerm<Term: LossTerm>: Sendable {
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
      guard reads.map({ $0.classLogits || $0.vocabularyLogits != nil }) ?? false else {
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
          "Which of the stage's `teachers` the term reads: one, or several whose logits are combined."
        ),
        OptionField(
          optional: "combine", \.combination, .choice,
          "How the logits of several teachers become one. probabilities: the mean of their softened distributions; "
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
  static func settings(inList: Bool) -> [OptionDescription] {
    StatedTerm<Self>.options(inList: inList).descriptions
  }

  static func example(inList: Bool) -> String {
    StatedTerm<Self>.options(inList: inList).example
  }

  static func read(_ map: MapReader, inList: Bool) -> WeightedTerm? {
    StatedTerm<Self>.options(inList: inList).read(map).map {
      var weighted = WeightedTerm($0.weight, $0.term, name: $0.name == key ? nil : $0.name)
      weighted.teachers = $0.teaching.teachers ?? []
      weighted.combination = $0.teaching.combination
      return weighted
    }
  }

  /// - Parameter weighted: a term of this type.
  static func entries(
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
