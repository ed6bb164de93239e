// A map in which one key says which type the map makes: {name: adamw, betas: …}.

/// One of the types that a map can make, under its name.
public struct OptionVariant<Value: Sendable>: Sendable {
  let name: String
  let about: String
  let descriptions: [OptionDescription]
  let standIn: Value?
  let read: @Sendable (MapReader) -> Value?
  /// Nil for a value of another type.
  let write: @Sendable (Value) -> [(String, CanonicalValue)]?

  /// - Parameters:
  ///   - make: the value of the map, from one of this type.
  ///   - take: the reverse; nil for a value of another type.
  public init<Content>(
    _ name: String, _ about: String, _ options: OptionList<Content>,
    make: @escaping @Sendable (Content) -> Value, take: @escaping @Sendable (Value) -> Content?
  ) {
    self.name = name
    self.about = about
    descriptions = options.descriptions
    standIn = options.standIn.map(make)
    read = { options.read($0).map(make) }
    write = { take($0).map(options.write) }
  }
}

extension OptionField {
  /// The key that chooses a type, and the keys of that type in the same map.
  public init(
    choosing key: String, _ path: any KeyPath<Root, Value> & Sendable,
    among variants: [OptionVariant<Value>], _ about: String
  ) {
    let names = variants.map(\.name)
    let choice = OptionType<String>.choice(among: names) { $0 }
    let words = names.joined(separator: " or ")
    var descriptions = [
      OptionDescription(
        key: key, schema: .choice(names),
        about: about + " "
          + variants.map { "\($0.name): \($0.about)" }.joined(separator: " "),
        presence: .required, example: names.first ?? "")
    ]
    var abouts: [String: [(name: String, about: String)]] = [:]
    for variant in variants {
      for description in variant.descriptions {
        abouts[description.key, default: []].append((variant.name, description.about))
        if let index = descriptions.firstIndex(where: { $0.key == description.key }) {
          descriptions[index].condition?.values.append(variant.name)
        } else {
          var own = description
          own.condition = .init(key: key, values: [variant.name])
          descriptions.append(own)
        }
      }
    }
    // A key that does something else with each type says so for each.
    for index in descriptions.indices {
      guard let own = abouts[descriptions[index].key], Set(own.map(\.about)).count > 1 else {
        continue
      }
      descriptions[index].about =
        own.map { "With \(key) \($0.name): \($0.about)" }.joined(separator: " ")
    }
    // What every type has needs no condition.
    for index in descriptions.indices where descriptions[index].condition?.values == names {
      descriptions[index].condition = nil
    }
    self.init(
      describedAs: descriptions, standIn: variants.lazy.compactMap(\.standIn).first,
      read: { map in
        let chosen = map.value(key, choice)
        if !map.has(key) { map.reportMissing(key, expected: words) }
        guard let variant = variants.first(where: { $0.name == chosen }) else {
          // The keys of the type that was probably meant are looked at; which others are unknown or missing cannot
          // be told.
          let meant = Spelling.nearest(to: map.node(key)?.scalar ?? "", among: names)
          map.collector.forgiveMissing(in: map.path)
          _ = (variants.first { $0.name == meant } ?? variants.first)?.read(map)
          _ = map.ownNames
          return nil
        }
        for other in variants where other.name != variant.name {
          for option in other.descriptions
          where !variant.descriptions.contains(where: { $0.key == option.key }) {
            map.misplaced[option.key] = (
              "belongs to \(key): \(other.name), found \(key): \(variant.name)",
              "leave it out, or write \(key): \(other.name)"
            )
          }
        }
        return variant.read(map)
      },
      write: { root in
        let value = root[keyPath: path]
        for variant in variants {
          if let entries = variant.write(value) { return [(key, .text(variant.name))] + entries }
        }
        preconditionFailure("no \(key) of \(words) writes \(value)")
      })
  }
}
