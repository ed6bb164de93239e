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
