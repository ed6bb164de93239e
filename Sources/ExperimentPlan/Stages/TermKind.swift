// The terms of one key of a loss: how they are read, written and described.
import RetortDistillation
import RetortOptions

/// The types of one key: one, or one for each kind of logits, which the key `on` tells apart.
struct TermKind: Sendable {
  let key: String
  let types: [any LossTerm.Type]

  private static let onKey = "on"
  private var logits: [LogitKind] { types.compactMap { $0.on } }
  private var on: OptionType<LogitKind> { .choice(among: logits, name: \.rawValue) }

  /// With the keys of all types; those of one alone say which.
  func description(inList: Bool) -> OptionDescription {
    var options = options(inList: inList)
    if inList {
      for index in options.indices {
        options[index].presenceWords = presenceWords(of: options[index].key)
      }
    }
    let required = options.filter { $0.presence == .required && $0.condition == nil }
    let example = types[0].example(inList: inList)
    return OptionDescription(
      key: key, schema: .map(options), about: types[0].about, presence: .optional,
      example: required.contains { $0.key == Self.onKey }
        ? "{ \(Self.onKey): \(on.example), \(example.dropFirst(2))" : example)
  }

  private func options(inList: Bool) -> [OptionDescription] {
    var options: [OptionDescription] = []
    for type in types {
      for option in type.settings(inList: inList) {
        guard let index = options.firstIndex(where: { $0.key == option.key }) else {
          var option = option
          if types.count > 1, let on = type.on {
            option.condition = .init(key: Self.onKey, values: [on.rawValue])
          }
          options.append(option)
          continue
        }
        // What one type needs and the other does not, a schema cannot require.
        let isSame = options[index].presence == option.presence
        options[index] = OptionDescription(
          key: option.key, schema: options[index].schema, about: options[index].about,
          presence: isSame ? option.presence : .optional, example: options[index].example)
      }
    }
    if let first = logits.first {
      options.insert(
        OptionDescription(
          key: Self.onKey, schema: on.schema, about: "Whose logits are compared.",
          presence: inList && types.count > 1 ? .required : .standard(first.rawValue),
          example: first.rawValue), at: 0)
    }
    return options
  }

  /// When a key is required, where a list needs it and a map does not, or one type and not the other: a list and a map share
  /// a page of the reference. Nil where all are the same.
  private func presenceWords(of key: String) -> String? {
    struct Case {
      let inList: Bool
      let on: LogitKind?
      let presence: OptionPresence
    }
    let cases = [false, true].flatMap { inList in
      key == Self.onKey
        ? options(inList: inList).filter { $0.key == key }
          .map { Case(inList: inList, on: nil, presence: $0.presence) }
        : types.flatMap { type in
          type.settings(inList: inList).filter { $0.key == key }
            .map { Case(inList: inList, on: type.on, presence: $0.presence) }
        }
    }
    let (required, others) = (
      cases.filter { $0.presence == .required }, cases.filter { $0.presence != .required }
    )
    guard !required.isEmpty, cases.contains(where: { !$0.inList && $0.presence != .required })
    else { return nil }
    let isOfOneType =
      types.count > 1 && others.contains { $0.inList }
    let place =
      "required in a list"
      + (isOfOneType ? required[0].on.map { " with \(Self.onKey): \($0.rawValue)" } ?? "" : "")
    var values: [String] = []
    for case .standard(let value) in others.map(\.presence) where !values.contains(value) {
      values.append(value)
    }
    let elsewhere = isOfOneType ? "otherwise" : "in a map"
    return values.isEmpty
      ? "\(place), \(elsewhere) optional"
      : "\(place); \(elsewhere), if not written: \(values.joined(separator: " or "))"
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
