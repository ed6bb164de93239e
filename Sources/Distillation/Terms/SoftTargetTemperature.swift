// What logits are divided by: a number, one for each step, or one for each sentence.
import RetortOptions
import RetortTensorEngine

/// T of soft targets.
public enum SoftTargetTemperature: Sendable, Hashable {
  /// All rows of a step have the same.
  case byStep(StepValue)
  /// Each sentence of a batch has its own, τ.
  case bySentence(RowTemperature)

  public static func constant(_ temperature: Double) -> SoftTargetTemperature {
    .byStep(.constant(temperature))
  }

  /// The number; nil for one that changes.
  public var constant: Double? {
    if case .byStep(let value) = self { value.constant } else { nil }
  }

  /// How it changes from step to step; nil for a number and for one of each sentence.
  var schedule: StepValue? {
    if case .byStep(let value) = self, value.constant == nil { value } else { nil }
  }

  var bySentence: RowTemperature? {
    if case .bySentence(let temperature) = self { temperature } else { nil }
  }

  /// The smallest that it is.
  var smallest: Double {
    switch self {
    case .byStep(let value): value.smallest
    case .bySentence(let temperature): temperature.least
    }
  }

  /// The same at a step, with what changes from step to step settled.
  func at(step: Int, of total: Int) -> SoftTargetTemperature {
    schedule.map { .constant($0.value(step: step, of: total)) } ?? self
  }

  /// In a formula; what it stands for is said behind it.
  var symbol: String {
    switch self {
    case .byStep(let value): value.constant.map(PlainNumber.text) ?? "T"
    case .bySentence: "τ"
    }
  }

  /// Behind a formula: what its symbol stands for; empty for a number.
  var definition: String {
    switch self {
    case .byStep(let value): value.constant == nil ? ", T = \(value.words)" : ""
    case .bySentence(let temperature): ", τ = \(temperature.words)"
    }
  }
}

extension RowTemperature {
  /// What a definition calls it.
  var key: String {
    switch weight {
    case .similarity: "flsw"
    case .confidence: "cwsm"
    }
  }

  fileprivate var gamma: Double {
    if case .similarity(let gamma) = weight { gamma } else { 0 }
  }

  /// "8 + 1 · (mean of w - w), at least 1, w = …".
  var words: String {
    let weight =
      switch weight {
      case .similarity(let gamma): "(1 - cos(student, teacher))^\(PlainNumber.text(gamma))"
      case .confidence: "1 / max(softmax(student))"
      }
    return "\(PlainNumber.text(base)) + \(PlainNumber.text(beta)) · (mean of w - w), at least "
      + "\(PlainNumber.text(least)), w = \(weight) of a sentence's logits"
  }
}

// MARK: - In a definition

extension OptionType where Value == SoftTargetTemperature {
  /// A number, how it changes from step to step, or one of each sentence.
  static var temperature: OptionType {
    let number = OptionType<Double>.number(
      .positive, advice: "logits are divided by it; 1 means no softening; DistilBERT uses 2",
      example: "2.0")
    let changing = OptionType.oneKey(
      StepValue.alternatives(
        of: number, from: "4.0", to: "1.0", make: { .byStep($0) },
        take: { if case .byStep(let value) = $0 { value } else { nil } }
      ) + [
        bySentence(
          "flsw",
          "A temperature of each sentence by how alike student and teacher are on it, as in TextBrewer: τ = base + β · (mean of w - "
            + "w), at least `least`, w = (1 - cosine of the two rows of logits)^γ, the mean over the batch.",
          flsw),
        bySentence(
          "cwsm",
          "A temperature of each sentence by how sure the student is of it, as in TextBrewer: the same with w = 1 / (largest of the "
            + "student's softmax).", cwsm),
      ])
    return OptionType(
      schema: .any([number.schema, changing.schema]),
      words:
        "\(number.words), or {linear: {from, to}}, {steps: {0: value}}, {flsw: …} or {cwsm: …}",
      example: "2.0", standIn: .constant(number.standIn ?? 1),
      read: { node, key, map in
        node.entries == nil
          ? number.read(node, key, map).map { .constant($0) } : changing.read(node, key, map)
      },
      write: { value in value.constant.map(number.write) ?? changing.write(value) })
  }

  private static func bySentence(
    _ key: String, _ about: String, _ options: OptionList<RowTemperature>
  ) -> OptionAlternative<SoftTargetTemperature> {
    OptionAlternative(
      key,
      .map(
        options.checked(["base", "least"]) { temperature, map in
          guard temperature.least > temperature.base, let node = map.node("least") else { return }
          map.report(
            Diagnostic(
              node.origin, map.pathOf("least"),
              expected: "at most the base, \(PlainNumber.text(temperature.base))",
              found: PlainNumber.text(temperature.least)), "least")
        }), about, make: { .bySentence($0) },
      take: { value in value.bySentence.flatMap { $0.key == key ? $0 : nil } })
  }

  private static var flsw: OptionList<RowTemperature> {
    OptionList(
      { RowTemperature(.similarity(gamma: $2), base: $0, beta: $1, least: $3) }, base, beta,
      OptionField(
        "gamma", \.gamma, .number(.positive, example: "2.0"),
        "γ, the power of one minus the cosine."), least)
  }

  private static var cwsm: OptionList<RowTemperature> {
    OptionList({ RowTemperature(.confidence, base: $0, beta: $1, least: $2) }, base, beta, least)
  }

  private static var base: OptionField<RowTemperature, Double> {
    OptionField(
      "base", \.base, .number(.positive, example: "8.0"), "The mean of the batch's temperatures.")
  }
  private static var beta: OptionField<RowTemperature, Double> {
    OptionField(
      "beta", \.beta, .number(.notNegative, example: "1.0"),
      "β, how far temperatures are from the base.")
  }
  private static var least: OptionField<RowTemperature, Double> {
    OptionField(
      "least", \.least, .number(.positive, example: "1.0"),
      "The lowest temperature; TextBrewer has none, and its temperatures can become negative.")
  }
}
