// A value by its name, or by a map of one key where more must be said of it.

extension OptionType where Value: Equatable {
  /// One of a few values by its name, or a map of which exactly one key is given: `identity`, or `{normal: 0.02}`.
  /// - Parameters:
  ///   - values: those that a name says everything of, with names that differ.
  ///   - alternatives: the keys of the map.
  public static func named(
    _ values: [(name: String, value: Value)], or alternatives: [OptionAlternative<Value>]
  ) -> OptionType {
    let names = values.map(\.name)
    let name = OptionType<String>.choice(among: names) { $0 }
    let map = OptionType.oneKey(alternatives)
    let words = (names + alternatives.map(\.words)).joined(separator: " or ")
    return OptionType(
      schema: .any([name.schema, map.schema]), words: words, example: names.first ?? map.example,
      standIn: values.first?.value ?? map.standIn,
      read: { node, key, reader in
        if node.entries != nil { return map.read(node, key, reader) }
        if let value = values.first(where: { $0.name == node.scalar })?.value { return value }
        reader.reportWrong(
          node, key, expected: words,
          advice: node.scalar.flatMap { scalar in
            alternatives.first { $0.key == scalar }.map { "write \(key): \($0.words)" }
              ?? Spelling.nearest(to: scalar, among: names).map { "did you mean '\($0)'?" }
          })
        return nil
      },
      write: { value in
        values.first { $0.value == value }.map { .text($0.name) } ?? map.write(value)
      })
  }
}

extension OptionAlternative {
  var key: String { description.key }
  /// As one would write it: "{normal: 0.02}".
  var words: String { "{\(description.key): \(description.example)}" }
}
