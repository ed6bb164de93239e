// A map in which one key says which type it makes.
import RetortOptions
import Testing

private struct Wave: Sendable {
  var length: Double

  static let options = OptionList(
    Wave.init(length:),
    OptionField("length", \.length, .number(.positive), "From crest to crest."))
}

private struct Pulse: Sendable {
  var length: Double

  static let options = OptionList(
    Pulse.init(length:),
    OptionField("length", \.length, .number(.positive), "From rise to fall."))
}

private enum Shape: Sendable {
  case wave(Wave)
  case pulse(Pulse)

  var wave: Wave? { if case .wave(let wave) = self { wave } else { nil } }
  var pulse: Pulse? { if case .pulse(let pulse) = self { pulse } else { nil } }
}

private struct Signal: Sendable {
  var shape: Shape

  static let options = OptionList(
    Signal.init(shape:),
    OptionField(
      choosing: "name", \.shape,
      among: [
        OptionVariant(
          "wave", "A wave.", Wave.options, make: { Shape.wave($0) }, take: { $0.wave }),
        OptionVariant(
          "pulse", "A pulse.", Pulse.options, make: { Shape.pulse($0) }, take: { $0.pulse }),
      ], "Which shape."))
}

@Suite("A type chosen by name")
struct OptionVariantTests {
  @Test("a key of several types says what it does in each")
  func sharedKey() {
    let descriptions = Signal.options.descriptions
    #expect(descriptions.map(\.key) == ["name", "length"])
    #expect(
      descriptions[1].about
        == "With name wave: From crest to crest. With name pulse: From rise to fall.")
    #expect(descriptions[1].condition == nil)
  }
}
