// The definition language as a JSON Schema, for editors: written from the declarations that read it.
import RetortOptions
import RetortStrictJSON

public enum DefinitionSchema {
  /// Draft 2020-12. Values that recipes fill in are not required, and short forms stand beside the maps they belong in.
  public static var json: JSONTree {
    var schema = object(ResolvedDefinition.options.descriptions, filled: [])
    schema.insert(
      .init(key: "$schema", value: .string("https://json-schema.org/draft/2020-12/schema")), at: 0)
    schema.insert(.init(key: "title", value: .string("Retort experiment definition")), at: 1)
    return .object(schema)
  }

  private typealias Members = [JSONTree.Member]

  /// - Parameter filled: trees that are filled in under the same map; what they hold need not be written.
  private static func object(
    _ options: [OptionDescription], filled: [DefinitionNode], shortForms: Bool = false
  ) -> Members {
    var properties: Members = []
    for option in options {
      properties.append(.init(key: option.key, value: value(of: option, filled)))
    }
    if shortForms {
      for (key, group) in DefinitionPath.shortForms
      where !options.contains(where: { $0.key == key }) {
        guard case .map(let below)? = options.first(where: { $0.key == group })?.schema,
          let option = below.first(where: { $0.key == key })
        else { continue }
        properties.append(.init(key: key, value: value(of: option, [])))
      }
    }
    var members: Members = [
      .init(key: "type", value: .string("object")),
      .init(key: "properties", value: .object(properties)),
      .init(key: "additionalProperties", value: .bool(false)),
    ]
    let required = options.filter { option in
      option.presence == .required && option.condition == nil
        && !filled.contains { $0[option.key] != nil }
    }
    if !required.isEmpty {
      members.append(.init(key: "required", value: .array(required.map { .string($0.key) })))
    }
    let conditional = conditions(options)
    if !conditional.isEmpty { members.append(.init(key: "allOf", value: .array(conditional))) }
    return members
  }

  /// Keys that hold for some values of another key only.
  private static func conditions(_ options: [OptionDescription]) -> [JSONTree] {
    options.compactMap { option in
      guard let condition = option.condition else { return nil }
      return .object([
        .init(
          key: "if", value: .object([.init(key: "required", value: .array([.string(option.key)]))])),
        .init(
          key: "then",
          value: .object([
            .init(
              key: "properties",
              value: .object([
                .init(
                  key: condition.key,
                  value: .object([
                    .init(key: "enum", value: .array(condition.values.map { .string($0) }))
                  ]))
              ]))
          ])),
      ])
    }
  }

  private static func value(of option: OptionDescription, _ filled: [DefinitionNode]) -> JSONTree {
    let below = filled.compactMap { $0[option.key] }
    let isBody = StageKind(key: option.key) != nil
    var members =
      if isBody, let kind = StageKind(key: option.key), case .map(let options) = option.schema {
        object(
          options,
          filled: Recipe.all.filter { $0.kind == kind }.map(\.tree)
            + [
              StandardOptions.tree(for: kind, seed: .text("0", .standard)),
              // Short forms of any of its keys may stand for these.
              .map(
                Set(DefinitionPath.shortForms.map(\.group)).map { ($0, .map([], .standard)) },
                .standard),
            ], shortForms: true)
      } else {
        form(option.schema, below)
      }
    members.append(.init(key: "description", value: .string(option.about)))
    if case .standard(let text) = option.presence {
      members.append(.init(key: "$comment", value: .string("if not written: \(text)")))
    }
    return .object(members)
  }

  private static func form(_ schema: OptionSchema, _ filled: [DefinitionNode]) -> Members {
    func member(_ key: String, _ value: JSONTree) -> JSONTree.Member {
      .init(key: key, value: value)
    }
    func type(_ name: String) -> JSONTree.Member { member("type", .string(name)) }
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
    case .truth: return [type("boolean")]
    case .text: return [type("string")]
    case .anything: return []
    case .choice(let names): return [member("enum", .array(names.map { .string($0) }))]
    case .list(let item, let count, let oneAlone):
      let list: Members =
        [type("array"), member("items", .object(form(item, [])))]
        + (count.map { [member("minItems", .integer($0)), member("maxItems", .integer($0))] } ?? [])
      guard oneAlone else { return list }
      return [member("anyOf", .array([.object(list), .object(form(item, []))]))]
    case .map(let options): return object(options, filled: filled)
    case .named(let value):
      return [type("object"), member("additionalProperties", .object(form(value, [])))]
    case .oneKey(let options):
      return object(options, filled: filled) + [
        member("minProperties", .integer(1)), member("maxProperties", .integer(1)),
      ]
    case .any(let forms):
      return [member("anyOf", .array(forms.map { .object(form($0, filled)) }))]
    }
  }
}
