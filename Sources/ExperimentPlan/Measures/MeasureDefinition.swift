// The `measures:` of a definition: a list of maps of one key, the kind of measure.
import RetortDistillation
import RetortOptions

/// A measure with its name.
struct MeasureDefinition: Sendable, Equatable {
  /// Nil where its kind is its name.
  var givenName: String?
  var measure: any Measure

  var kind: String { type(of: measure).kind }
  /// What tables, records and --set call it.
  var name: String { givenName ?? kind }

  static func == (a: MeasureDefinition, b: MeasureDefinition) -> Bool {
    a.givenName == b.givenName && a.measure.isEqual(to: b.measure)
  }
}

/// The keys of a measure: its name and its own.
private struct StatedMeasure<Kind: Measure>: Sendable {
  let name: String?
  let measure: Kind

  static var options: OptionList<StatedMeasure> {
    OptionList(
      StatedMeasure.init(name:measure:),
      OptionField(
        optional: "name", \.name, DefinitionNames.name.described(example: "words"),
        "What tables, records and --set call the measure. If left out: its kind."),
      OptionField(\.measure, Kind.options))
  }
}

extension Measure {
  fileprivate static var description: OptionDescription {
    let options = StatedMeasure<Self>.options
    return OptionDescription(
      key: kind, schema: .map(options.descriptions), about: about, presence: .optional,
      example: options.example)
  }

  fileprivate static func read(_ map: MapReader) -> MeasureDefinition? {
    StatedMeasure<Self>.options.read(map).map {
      MeasureDefinition(givenName: $0.name == kind ? nil : $0.name, measure: $0.measure)
    }
  }

  fileprivate func entries(named name: String?) -> [(String, CanonicalValue)] {
    StatedMeasure<Self>.options.write(StatedMeasure(name: name, measure: self))
  }
}

extension MeasureDefinition {
  static let key = "measures"

  static var schema: OptionSchema {
    .list(.oneKey(Measures.types.map { $0.description }), ListRule(least: 1))
  }

  static var example: String {
    let first = Measures.types[0].description
    return "[{ \(first.key): \(first.example) }]"
  }

  /// The key of the definition.
  static let field = OptionField<ResolvedDefinition, [MeasureDefinition]>(
    describedAs: [
      OptionDescription(
        key: key, schema: schema,
        about:
          "What models are measured by besides their tasks: on held-out text, with intervals. No stage's result depends "
          + "on it.", presence: .optional, example: example)
    ],
    standIn: [],
    read: { map in
      guard let node = map.node(key) else { return [] }
      guard let items = node.items, !items.isEmpty else {
        map.reportWrong(node, key, expected: "a list of at least one measure")
        return nil
      }
      return read(items, map.collector)
    },
    write: { definition in
      guard !definition.measures.isEmpty else { return [] }
      return [
        (
          key,
          .list(
            definition.measures.map { stated in
              .map([
                (
                  stated.kind,
                  definition.inheriting(
                    "\(key).\(stated.name)",
                    .map(stated.measure.entries(named: stated.givenName)))
                )
              ])
            })
        )
      ]
    })

  private static func read(
    _ items: [DefinitionNode], _ collector: DiagnosticCollector
  ) -> [MeasureDefinition] {
    var measures: [MeasureDefinition] = []
    for (index, item) in items.enumerated() {
      let place = "\(key).\(DefinitionPath.name(ofTerm: index, in: items))"
      guard let map = MapReader(item, at: place, collector) else { continue }
      let given = Measures.types.filter { map.has($0.kind) }
      defer { map.finish() }
      guard given.count == 1 else {
        // An unknown key is reported by itself; then nothing is missing as well.
        let isKnown = item.entries?.allSatisfy { Measures.named($0.key) != nil }
        if !given.isEmpty || isKnown ?? true {
          collector.report(
            Diagnostic(
              item.origin, place,
              expected: "one of \(Measures.types.map { $0.kind }.joined(separator: ", "))",
              found: given.isEmpty
                ? "none of them" : given.map { $0.kind }.joined(separator: " and ")), at: place)
        }
        continue
      }
      guard let read = map.map(given[0].kind, at: place, { given[0].read($0) }) else { continue }
      if measures.contains(where: { $0.name == read.name }) {
        collector.report(
          Diagnostic(
            item.origin, "\(place): another measure is called \(read.name)",
            advice: "give one of them a name: of its own"), at: place)
        continue
      }
      measures.append(read)
    }
    return measures
  }

  /// The same definition where baselines are not run: their models are not measured either.
  /// - Parameter tree: of a definition.
  static func leaveOutBaselines(in tree: inout DefinitionNode) {
    guard let items = tree[key]?.items else { return }
    func isOfBaseline(_ name: String?) -> Bool {
      guard let parts = name?.split(separator: "."), parts.count > 1 else { return false }
      return Baseline(rawValue: String(parts[1])) != nil
    }
    let left = items.compactMap { item -> DefinitionNode? in
      guard let kind = item.entries?.first?.key, var body = item.entries?.first?.value,
        let of = body["of"]
      else { return item }
      if isOfBaseline(body["with"]?.scalar) { return nil }
      let names = (of.items ?? [of]).filter { !isOfBaseline($0.scalar) }
      guard !names.isEmpty else { return nil }
      var item = item
      body["of"] = DefinitionNode(content: .list(names), origin: of.origin)
      item[kind] = body
      return item
    }
    tree[key] =
      left.isEmpty
      ? nil : DefinitionNode(content: .list(left), origin: tree[key]?.origin ?? tree.origin)
  }
}

// MARK: - Names

enum MeasuredNames {
  private static let words = "a model or stage, or a baseline's as in distil.mlm_only"
  private static let pattern = DefinitionNames.pattern + #"(\.[a-z0-9_-]+)*"#

  static let name = OptionType<String>(
    schema: .text(words: words, pattern: pattern), words: words, example: "student",
    standIn: "",
    read: { node, key, map in
      if let text = node.text,
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({
          DefinitionNames.isName(String($0))
        })
      {
        return text
      }
      map.reportWrong(node, key, expected: words)
      return nil
    }, write: { .text($0) })

  static let list = OptionType<[String]>.list(
    of: name, ListRule(least: 1, isDistinct: true, oneAlone: true),
    words: "a list of models and stages", tooFew: "at least one model or stage"
  )
}

extension OptionField where Value == [String] {
  /// The models that a measure is taken of.
  static func measured(
    _ path: any KeyPath<Root, [String]> & Sendable, example: String = "[student, distil]"
  ) -> OptionField {
    OptionField(
      "of", path, MeasuredNames.list.described(example: example),
      "The models and stages that are measured: a model as its stage begins, a stage's model as the stage leaves it, a "
        + "baseline's by its own name, as distil.mlm_only. The others are compared with the first.")
  }
}

extension OptionField where Value == String {
  /// The model that they are compared with.
  static func comparedWith(_ path: any KeyPath<Root, String> & Sendable) -> OptionField {
    OptionField(
      "with", path, MeasuredNames.name.described(example: "teacher"),
      "The model or stage that they are compared with.")
  }
}
