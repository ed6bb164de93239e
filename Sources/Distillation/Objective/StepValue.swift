// A number that may change in the course of a stage: the weight of a term, a temperature.
import RetortOptions

/// A number for every optimizer step of a stage. A step has the value that holds before it: steps are counted from 0 here, and
/// the first of S has x = 0, the last x = (S - 1) / S.
public enum StepValue: Sendable, Hashable {
  case constant(Double)
  /// In a straight line over the first `share` of the stage, `to` from there on.
  case linear(from: Double, to: Double, share: Double)
  /// Each from its step on: by step, the first of them 0.
  case steps([Start])

  public struct Start: Sendable, Hashable {
    /// Steps done before.
    public var step: Int
    public var value: Double

    public init(step: Int, value: Double) { (self.step, self.value) = (step, value) }
  }

  /// - Parameters:
  ///   - step: steps done before.
  ///   - total: steps of the whole stage, fixed when it begins.
  public func value(step: Int, of total: Int) -> Double {
    switch self {
    case .constant(let value): return value
    case .linear(let from, let to, let share):
      let x = Double(step) / (share * Double(max(1, total)))
      return x >= 1 ? to : from + (to - from) * x
    case .steps(let starts):
      return starts.last { $0.step <= step }?.value ?? starts.first?.value ?? 0
    }
  }

  /// The largest of all steps.
  public var largest: Double {
    switch self {
    case .constant(let value): value
    case .linear(let from, let to, _): max(from, to)
    case .steps(let starts): starts.map(\.value).max() ?? 0
    }
  }

  /// The smallest of all steps.
  public var smallest: Double {
    switch self {
    case .constant(let value): value
    case .linear(let from, let to, _): min(from, to)
    case .steps(let starts): starts.map(\.value).min() ?? 0
    }
  }

  /// Nil for one that changes.
  public var constant: Double? {
    if case .constant(let value) = self { value } else { nil }
  }

  /// After "its weight": that a stage ends before it changes; nil where it does not, or may not.
  /// - Parameter totalSteps: of the stage; nil where it is not known.
  public func note(totalSteps: Int?) -> String? {
    guard case .steps(let starts) = self, let totalSteps,
      let late = starts.first(where: { $0.step >= totalSteps })
    else { return nil }
    return "changes after step \(late.step), and the stage has only \(totalSteps) steps"
  }

  /// "0.5", or how it changes, in brackets.
  public var words: String {
    switch self {
    case .constant(let value): return PlainNumber.text(value)
    case .linear(let from, let to, let share):
      let part =
        share == 1 ? "the stage" : "the first \(PlainNumber.text(share * 100)) % of the steps"
      return "(\(PlainNumber.text(from)) to \(PlainNumber.text(to)) over \(part))"
    case .steps(let starts):
      let parts = starts.enumerated().map { index, start in
        PlainNumber.text(start.value) + (index == 0 ? "" : " from step \(start.step + 1)")
      }
      return "(\(parts.joined(separator: ", ")))"
    }
  }
}

// MARK: - In a definition

extension StepValue {
  /// A number, or how it changes.
  /// - Parameter rule: of every value that it takes.
  public static func type(_ rule: NumberRule, example: String) -> OptionType<StepValue> {
    let number = OptionType<Double>.number(rule, example: example)
    let schedule = OptionType.oneKey(
      alternatives(of: number, from: "1.0", to: "0.0", make: { $0 }, take: { $0 }))
    return OptionType(
      schema: .any([number.schema, schedule.schema]),
      words: "\(number.words), or {linear: {from, to}}, or {steps: {0: value}}", example: example,
      standIn: .constant(number.standIn ?? 1),
      read: { node, key, map in
        node.entries == nil
          ? number.read(node, key, map).map { .constant($0) } : schedule.read(node, key, map)
      },
      write: { value in value.constant.map(number.write) ?? schedule.write(value) })
  }

  private struct Line: Sendable {
    var from, to, share: Double
  }

  /// The keys of a value that changes, each with how.
  /// - Parameters:
  ///   - number: of every value that it takes.
  ///   - first, last: two such values, for examples.
  ///   - make: what the map stands for.
  ///   - take: the reverse; nil for a value of another key.
  static func alternatives<Value>(
    of number: OptionType<Double>, from first: String, to last: String,
    make: @escaping @Sendable (StepValue) -> Value,
    take: @escaping @Sendable (Value) -> StepValue?
  ) -> [OptionAlternative<Value>] {
    let line = OptionList(
      Line.init(from:to:share:),
      OptionField("from", \.from, number.described(example: first), "The value of the first step."),
      OptionField(
        "to", \.to, number.described(example: last),
        "The value that it comes to, and keeps from there on."),
      OptionField(
        "share", \.share, .number(.positiveFraction, example: "0.5"), otherwise: 1,
        "The share of the stage's steps in which it gets there."))
    return [
      OptionAlternative(
        "linear", .map(line, words: "{from, to, share}"),
        "In a straight line, before each step: from + (to - from) · step / (share · steps of the stage), steps counted from 0.",
        make: { make(.linear(from: $0.from, to: $0.to, share: $0.share)) },
        take: {
          guard case .linear(let from, let to, let share)? = take($0) else { return nil }
          return Line(from: from, to: to, share: share)
        }),
      OptionAlternative(
        "steps", starts(of: number).described(example: "{ 0: \(first), 500: \(last) }"),
        "Each value from its step on, steps counted from 0: {0: \(first), 500: \(last)}.",
        make: { make(.steps($0)) },
        take: { if case .steps(let starts)? = take($0) { starts } else { nil } }),
    ]
  }

  private static func starts(of number: OptionType<Double>) -> OptionType<[Start]> {
    let words = "a map of steps and values that begins with step 0"
    return OptionType(
      schema: .named(number.schema, pattern: "0|[1-9][0-9]{0,9}"), words: words,
      example: "{ 0: 1.0, 500: 0.2 }", standIn: [Start(step: 0, value: 1)],
      read: { node, key, map in
        guard let below = MapReader(node, at: map.pathOf(key), map.collector) else { return nil }
        var starts: [Start] = []
        for entry in below.ownNames {
          guard let step = Scalars.integer(entry.key),
            step >= starts.last.map({ $0.step + 1 }) ?? 0,
            step <= Int(Int32.max)
          else {
            below.report(
              Diagnostic(
                entry.keyOrigin, below.pathOf(entry.key),
                expected: (starts.last.map { "a step after \($0.step)" } ?? "a step, from 0")
                  + ", at most \(Int32.max)",
                found: "'\(entry.key)'"), entry.key)
            return nil
          }
          guard let value = number.read(entry.value, entry.key, below) else { return nil }
          starts.append(Start(step: step, value: value))
        }
        guard let first = starts.first, first.step == 0 else {
          map.report(
            Diagnostic(
              node.origin, map.pathOf(key), expected: words,
              found: starts.first.map { "one that begins with step \($0.step)" } ?? "an empty map"),
            key)
          return nil
        }
        return starts
      },
      write: { .map($0.map { (String($0.step), number.write($0.value)) }) })
  }
}
