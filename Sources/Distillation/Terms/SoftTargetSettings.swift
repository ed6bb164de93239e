// What soft targets over words and over classes have in common: divergence, temperature, scale, targets.
import RetortOptions
import RetortTensorEngine

/// How a student's logits are compared with a teacher's.
public struct SoftTargetSettings: Sendable, Equatable {
  public var divergence: Divergence
  /// Both models' logits are divided by it. What the divergence is multiplied by is the square of that of the step, and where
  /// each sentence has its own, of that.
  public var temperature: SoftTargetTemperature
  public var scale: SoftTargetLoss.Scale
  public var targets: SoftTargetLoss.Targets

  /// One of `Divergences`, with its numbers.
  public struct Divergence: Sendable, Equatable {
    public var kind: any LogitDivergence

    public init(_ kind: any LogitDivergence) { self.kind = kind }

    /// Hinton's, which soft targets have where no other is named.
    public static let forwardKL = Divergence(ForwardKL())

    var key: String { type(of: kind).key }

    public static func == (a: Divergence, b: Divergence) -> Bool {
      a.key == b.key && a.kind.numbers == b.kind.numbers
    }
  }

  /// - Parameter temperature: above 0.
  public init(
    _ divergence: Divergence = .forwardKL, temperature: Double,
    scale: SoftTargetLoss.Scale = .tSquared, targets: SoftTargetLoss.Targets = .soft
  ) {
    self.init(divergence, temperature: .constant(temperature), scale: scale, targets: targets)
  }

  /// - Parameter temperature: above 0 at all steps.
  public init(
    _ divergence: Divergence = .forwardKL, temperature: SoftTargetTemperature,
    scale: SoftTargetLoss.Scale = .tSquared, targets: SoftTargetLoss.Targets = .soft
  ) {
    precondition(temperature.smallest > 0, "a temperature must be positive")
    (self.divergence, self.temperature) = (divergence, temperature)
    (self.scale, self.targets) = (scale, targets)
  }

  /// The same at a step, with what changes from step to step settled.
  func at(step: Int, of total: Int) -> SoftTargetSettings {
    var settings = self
    settings.temperature = temperature.at(step: step, of: total)
    return settings
  }

  /// The temperature of a step, or what those of sentences are about.
  var settledTemperature: Double {
    guard let settled = temperature.constant ?? temperature.bySentence?.base else {
      preconditionFailure("a temperature that changes is settled before a step is computed")
    }
    return settled
  }

  var loss: SoftTargetLoss {
    SoftTargetLoss(
      divergence.kind, temperature: Float(settledTemperature), scale: scale, targets: targets)
  }

  /// T², where the values have it.
  var valueScale: ValueScale? {
    guard scale == .tSquared, !divergence.kind.isFreeOfTemperature else { return nil }
    let first = temperature.at(step: 0, of: 1)
    var factor = ValueScale.squareOfTemperature(
      first.constant ?? temperature.bySentence?.base ?? 1)
    if let schedule = temperature.schedule { factor.changes = schedule.words }
    if temperature.bySentence != nil { factor.changes = "τ of each sentence" }
    return factor
  }

  /// What changes from step to step, by its key.
  var schedules: [(key: String, value: StepValue)] {
    temperature.schedule.map { [(key: "temperature", value: $0)] } ?? []
  }

  /// The loss of a row in words, with its numbers.
  var formula: String {
    let words = DivergenceWords(
      temperature: temperature.symbol, scale: scale, text: PlainNumber.text)
    let formula =
      switch targets {
      case .soft: divergence.kind.formula(words)
      case .hard: "\(words.factor)CE(\(words.student), the teacher's largest logit)"
      }
    // Nothing is said of a temperature that is not in the formula.
    return formula.contains(temperature.symbol) ? formula + temperature.definition : formula
  }

  /// Why the answers of several teachers cannot become one in a way; nil where they can.
  func refusal(of combination: TeacherCombination) -> TermProblem? {
    guard combination == .probabilities else { return nil }
    if divergence.kind.isFreeOfTemperature {
      return TermProblem(
        key: "combine", expected: "logits, for a divergence of logits", found: "probabilities",
        advice: "probabilities leave open how large the logits are")
    }
    return temperature.bySentence.map {
      TermProblem(
        key: "combine", expected: "logits, where each sentence has a temperature of its own",
        found: "probabilities with \($0.key)",
        advice: "probabilities are combined at one temperature")
    }
  }

  var notes: [String] { divergence.kind.notes(scale: scale) }

  /// The teacher's entropy is what forward KL leaves out of the cross-entropy between the two.
  var leavesOutEntropy: Bool { divergence == .forwardKL && targets == .soft }

  /// What is nothing on `outcomes` outcomes.
  func problems(outcomes: Int) -> [TermProblem] {
    guard outcomes == 2 else { return [] }
    return divergence.kind.deadOnTwoOutcomes.map { number in
      let key = ["divergence"] + (number.map { [divergence.key, $0] } ?? [])
      return TermProblem(
        key: key.joined(separator: "."),
        expected: number == nil ? "another divergence" : "0",
        found: "two classes",
        advice: "this term has no gradient on two classes")
    }
  }
}

extension ValueScale {
  /// T², of a term whose logits are divided by T.
  public static func squareOfTemperature(_ temperature: Double) -> ValueScale {
    ValueScale(option: "temperature", value: temperature, factor: temperature * temperature)
  }
}

// MARK: - Options

extension OptionField where Value == SoftTargetTemperature {
  /// The option `temperature` of soft targets.
  static func temperature(
    _ path: any KeyPath<Root, SoftTargetTemperature> & Sendable
  ) -> OptionField {
    OptionField(
      "temperature", path, .temperature,
      "T: both models' logits are divided by it, and the loss multiplied by T² unless scale is none. A number, or how it "
        + "changes from step to step; with on: classes each sentence may have its own T (flsw, cwsm), and its loss is multiplied by the square of that."
    )
  }
}

extension OptionField where Value == SoftTargetSettings.Divergence {
  /// The option `divergence` of soft targets.
  static func divergence(
    _ path: any KeyPath<Root, SoftTargetSettings.Divergence> & Sendable
  ) -> OptionField {
    OptionField(
      "divergence", path, .divergence, otherwise: .forwardKL,
      "How the student's softmax p at T is compared with the teacher's q. "
        + Divergences.all.map { "\($0.key): \($0.about)" }.joined(separator: " "))
  }
}

extension OptionField where Value == SoftTargetLoss.Scale {
  /// The option `scale` of soft targets.
  static func scale(_ path: any KeyPath<Root, SoftTargetLoss.Scale> & Sendable) -> OptionField {
    OptionField(
      "scale", path, .choice, otherwise: .tSquared,
      "What the divergence is multiplied by. t_squared: T², so that the gradient of KL stays about as large at "
        + "every T; T is that of the step, or of the sentence where each has its own. none: 1.")
  }
}

extension OptionField where Value == SoftTargetLoss.Targets {
  /// The option `targets` of soft targets.
  static func targets(_ path: any KeyPath<Root, SoftTargetLoss.Targets> & Sendable) -> OptionField {
    OptionField(
      "targets", path, .choice, otherwise: .soft,
      "soft: the teacher's softmax. hard: the outcome of its largest logit alone, as if that were the label; "
        + "with forward_kl.")
  }
}

extension OptionType where Value == SoftTargetSettings.Divergence {
  /// A divergence by its name, or as a map of one key where it has numbers.
  static var divergence: OptionType {
    .named(
      Divergences.all.filter { $0.numbers.isEmpty }.map { type in
        (type.key, SoftTargetSettings.Divergence(type.init(numbers: [])))
      },
      or: Divergences.all.filter { !$0.numbers.isEmpty }.map { alternative(of: $0) })
  }

  private static func alternative(
    of type: any LogitDivergence.Type
  ) -> OptionAlternative<Value> {
    @Sendable func numbers(_ value: Value) -> [Double]? {
      value.key == type.key ? value.kind.numbers : nil
    }
    if type.numbers.count == 1, type.numbers[0].key == nil {
      return OptionAlternative(
        type.key, type.numbers[0].type, "\(type.about) The number is \(type.numbers[0].about)",
        make: { Value(type.init(numbers: [$0])) }, take: { numbers($0)?[0] })
    }
    return OptionAlternative(
      type.key, .map(OptionList({ $0 }, OptionField<[Double], [Double]>(numbers: type.numbers))),
      type.about, make: { Value(type.init(numbers: $0)) }, take: numbers)
  }
}

extension OptionField where Root == [Double], Value == [Double] {
  /// A key for each number.
  fileprivate init(numbers: [DivergenceNumber]) {
    self.init(
      describedAs: numbers.map {
        OptionDescription(
          key: $0.written, schema: $0.type.schema, about: $0.about, presence: .required,
          example: $0.example)
      },
      standIn: numbers.map { $0.type.standIn ?? 0 },
      read: { map in
        let values = numbers.map { number in
          if !map.has(number.written) {
            map.reportMissing(
              number.written,
              expected: "\(number.type.words), as in \(number.written): \(number.example)")
          }
          return map.value(number.written, number.type)
        }
        return values.contains(nil) ? nil : values.compactMap { $0 }
      },
      write: { values in zip(numbers, values).map { ($0.written, .number($1)) } })
  }
}

extension DivergenceNumber {
  /// Its key in a map.
  fileprivate var written: String { key ?? "" }

  fileprivate var type: OptionType<Double> {
    switch range {
    case .betweenZeroAndOne: .number(.openFraction, example: example)
    case .notNegative: .number(.notNegative, example: example)
    }
  }
}

extension SoftTargetSettings {
  /// Reports what does not go together, at the keys of the term.
  func check(in map: MapReader) {
    if let temperature = temperature.bySentence, let number = divergence.kind.couplingNumber {
      report(
        "temperature", expected: "one for all sentences", found: temperature.key,
        "the correlations of \(divergence.key).\(number) are taken at one temperature", map)
    }
    if targets == .hard, divergence != .forwardKL {
      report("targets", expected: "soft", found: "hard", "hard targets go with forward_kl", map)
    }
    let numbers = type(of: divergence.kind).numbers
    if numbers.count > 1, divergence.kind.numbers.allSatisfy({ $0 == 0 }) {
      report(
        "divergence.\(divergence.key)", expected: "a weight above 0", found: "none",
        "leave the term out to train without it", map)
    }
  }

  func report(
    _ key: String, expected: String, found: String, _ advice: String, _ map: MapReader
  ) {
    let first = key.prefix { $0 != "." }
    map.report(
      Diagnostic(
        map.node(String(first))?.origin ?? map.node.origin, map.pathOf(key), expected: expected,
        found: found, advice: advice), key)
  }
}

/// A term of soft targets: what its settings say of it, whatever the logits are of.
public protocol SoftTargetTerm: LossTerm {
  var settings: SoftTargetSettings { get set }
}

extension SoftTargetTerm {
  public var temperatureOfTeacher: Double? { settings.temperature.constant }
  public var schedules: [(key: String, value: StepValue)] { settings.schedules }
  public var scale: ValueScale? { settings.valueScale }
  public var notes: [String] { settings.notes }

  public func at(step: Int, of total: Int) -> Self {
    var term = self
    term.settings = settings.at(step: step, of: total)
    return term
  }

  public func refusal(of combination: TeacherCombination) -> TermProblem? {
    settings.refusal(of: combination)
  }
}
