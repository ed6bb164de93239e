// The definition language as a JSON Schema, for editors: written from the declarations that read it.
import RetortOptions
import RetortStrictJSON
import RetortStrictYAML

public enum DefinitionSchema {
  /// Draft 2020-12. Values that recipes fill in are not required, and short forms stand beside the maps they belong in.
  public static var json: JSONTree {
    let schema = object(ResolvedDefinition.options.descriptions, filled: [])
    return .object(
      [
        member("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
        member("title", .string("Retort experiment definition")),
      ] + schema)
  }

  private typealias Members = [JSONTree.Member]

  private static func member(_ key: String, _ value: JSONTree) -> JSONTree.Member {
    .init(key: key, value: value)
  }

  private static func keyword(_ key: String, _ value: JSONTree) -> JSONTree {
    .object([member(key, value)])
  }

  // MARK: - Maps

  /// - Parameters:
  ///   - filled: trees that are filled in under the same map; what they hold need not be written.
  ///   - oneOf: keys of which exactly one is given, each also as a path.
  private static func object(
    _ options: [OptionDescription], filled: [DefinitionNode], oneOf: [String] = []
  ) -> Members {
    object(
      properties: options.map { member($0.key, value(of: $0, filled)) }, options, filled: filled,
      rules: options.compactMap { rule(of: $0, among: options, filled) }, oneOf: oneOf)
  }

  private static func object(
    properties: Members, _ options: [OptionDescription], filled: [DefinitionNode],
    rules: [JSONTree], oneOf: [String] = []
  ) -> Members {
    var members: Members = [
      member("type", .string("object")),
      member("properties", .object(properties)),
      member("additionalProperties", .bool(false)),
    ]
    let required = options.filter { option in
      option.presence == .required && option.condition == nil
        && !filled.contains { $0[option.key] != nil }
    }
    if !required.isEmpty {
      members.append(member("required", .array(required.map { .string($0.key) })))
    }
    if !oneOf.isEmpty {
      let ways = oneOf.map { has($0.split(separator: ".").map(String.init)[...]) }
      members.append(member("oneOf", .array(ways)))
    }
    if !rules.isEmpty { members.append(member("allOf", .array(rules))) }
    return members
  }

  /// Holds where there is a value under a path, and it is as it should be.
  private static func has(_ path: ArraySlice<String>, _ value: JSONTree? = nil) -> JSONTree {
    guard let key = path.first else { return value ?? .object([]) }
    let below = path.count > 1 || value != nil ? has(path.dropFirst(), value) : nil
    return .object(
      [member("required", .array([.string(key)]))]
        + (below.map { [member("properties", keyword(key, $0))] } ?? []))
  }

  /// A key that needs some values of another key. Where one of them is filled in, that one need not be written.
  private static func rule(
    of option: OptionDescription, among options: [OptionDescription], _ filled: [DefinitionNode],
    in group: String? = nil
  ) -> JSONTree? {
    guard let condition = option.condition else { return nil }
    let values = keyword("enum", .array(condition.values.map { .string($0) }))
    let standing = options.first { $0.key == condition.key }?.presence
    let isFilledIn =
      filled.contains { condition.values.contains($0[condition.key]?.scalar ?? "") }
      || condition.values.contains { standing == .standard($0) }
    let path = [group, condition.key].compactMap { $0 }[...]
    let needed = isFilledIn ? absentOr(path, values) : has(path, values)
    return .object([member("if", has([option.key])), member("then", needed)])
  }

  /// Holds where the value under a path, if there is one, is as it should be.
  private static func absentOr(_ path: ArraySlice<String>, _ value: JSONTree) -> JSONTree {
    guard let key = path.first else { return value }
    return keyword("properties", keyword(key, absentOr(path.dropFirst(), value)))
  }

  /// The body of a stage: short forms of keys may stand in it, and stand for those of the maps they belong in.
  private static func body(
    of kind: StageKind, _ options: [OptionDescription], oneOf: [String]
  ) -> Members {
    let filled =
      Recipe.all.filter { $0.kind == kind }.map(\.tree)
      + [StandardOptions.tree(for: kind, seed: nil)]
    let emptyGroups = DefinitionNode.map(
      Set(DefinitionPath.shortForms.map(\.group)).map { ($0, .map([], .standard)) }, .standard)
    var properties = options.map { member($0.key, value(of: $0, filled)) }
    var rules = options.compactMap { rule(of: $0, among: options, filled) }
    let teachers = [TeacherNames.role(nil), TeacherNames.severalKey]
    if kind.needsTeacher, options.contains(where: { $0.key == teachers[1] }) {
      rules.append(keyword("oneOf", .array(teachers.map { has([$0]) })))
    }
    for (key, group) in DefinitionPath.shortForms
    where !options.contains(where: { $0.key == key }) {
      guard case .map(let below, _)? = options.first(where: { $0.key == group })?.schema,
        let option = below.first(where: { $0.key == key })
      else { continue }
      properties.append(member(key, value(of: option, [])))
      rule(of: option, among: below, filled.compactMap { $0[group] }, in: group)
        .map { rules.append($0) }
    }
    return object(
      properties: properties, options, filled: filled + [emptyGroups], rules: rules,
      oneOf: oneOf)
  }

  // MARK: - Values

  private static func value(of option: OptionDescription, _ filled: [DefinitionNode]) -> JSONTree {
    var members: Members
    if let kind = StageKind(key: option.key), case .map(let options, let oneOf) = option.schema {
      members = body(of: kind, options, oneOf: oneOf)
    } else {
      members = form(option.schema, filled.compactMap { $0[option.key] })
    }
    // An empty value is as good as none.
    if option.presence != .required || filled.contains(where: { $0[option.key] != nil }),
      !members.isEmpty
    {
      members = [
        member("anyOf", .array([.object(members), keyword("type", .string("null"))]))
      ]
    }
    members.append(member("description", .string(option.about)))
    if case .standard(let text) = option.presence {
      members.append(member("$comment", .string("if not written: \(text)")))
    }
    members.append(member("examples", .array([example(option.example)])))
    return .object(members)
  }

  /// An example of a declaration, as the value that YAML makes of it.
  private static func example(_ text: String) -> JSONTree {
    let read = YAMLReading.tree(of: text) { _, _ in .standard }
    guard let tree = read.tree, read.diagnostics.isEmpty else {
      preconditionFailure("the example \(text) is not YAML: \(read.diagnostics)")
    }
    return json(tree)
  }

  private static func json(_ node: DefinitionNode) -> JSONTree {
    switch node.content {
    case .quoted(let text): .string(text)
    case .plain(let text):
      Scalars.integer(text).map { .integer($0) } ?? Scalars.number(text).map { .real($0) }
        ?? Scalars.truth(text).map { .bool($0) } ?? .string(text)
    case .list(let items): .array(items.map(json))
    case .map(let entries): .object(entries.map { member($0.key, json($0.value)) })
    }
  }

  private static func form(_ schema: OptionSchema, _ filled: [DefinitionNode]) -> Members {
    func type(_ name: String) -> JSONTree.Member { member("type", .string(name)) }
    /// All of a text matches, not a part of it.
    func whole(_ pattern: String) -> JSONTree { .string("^(\(pattern))$") }
    switch schema {
    case .number(let rule):
      return [type("number")]
        + (rule.lowest.map {
          [member($0.isIncluded ? "minimum" : "exclusiveMinimum", .real($0.value))]
        } ?? [])
        + (rule.highest.map {
          [member($0.isIncluded ? "maximum" : "exclusiveMaximum", .real($0.value))]
        } ?? [])
    case .integer(let range):
      return [
        type("integer"), member("minimum", .integer(range.lowerBound)),
        member("maximum", .integer(range.upperBound)),
      ]
    case .exactly(let number): return [member("const", .integer(number))]
    case .truth: return [type("boolean")]
    case .text(_, let pattern):
      return [type("string")] + (pattern.map { [member("pattern", whole($0))] } ?? [])
    case .anything: return []
    case .choice(let names): return [member("enum", .array(names.map { .string($0) }))]
    case .list(let item, let rule):
      var list: Members = [type("array"), member("items", .object(form(item, [])))]
      if rule.least > 0 { list.append(member("minItems", .integer(rule.least))) }
      if let most = rule.most { list.append(member("maxItems", .integer(most))) }
      if rule.isDistinct { list.append(member("uniqueItems", .bool(true))) }
      guard rule.oneAlone else { return list }
      return [member("anyOf", .array([.object(list), .object(form(item, []))]))]
    case .map(let options, let oneOf): return object(options, filled: filled, oneOf: oneOf)
    case .named(let value, let pattern):
      return [type("object"), member("additionalProperties", .object(form(value, [])))]
        + (pattern.map { [member("propertyNames", keyword("pattern", whole($0)))] } ?? [])
    case .oneKey(let options):
      return object(options, filled: filled) + [
        member("minProperties", .integer(1)), member("maxProperties", .integer(1)),
      ]
    case .any(let types):
      return [member("anyOf", .array(types.map { .object(form($0, filled)) }))]
    case .forms(let forms):
      return [
        member(
          "anyOf",
          .array(
            forms.map { .object([member("title", .string($0.title))] + form($0.schema, filled)) }))
      ]
    }
  }
}
