// A stage of a definition that makes a text.
import RetortDistillation
import RetortOptions
import RetortRecords

/// A stage that makes a text, which other stages read by its name.
public struct TextStage: Sendable, Equatable {
  public var id: String
  var work: any TextWork
  /// How many training stages stand before it in the definition.
  var position = 0

  public var kind: StageKind { work.kind }

  public static func == (a: TextStage, b: TextStage) -> Bool {
    a.id == b.id && a.position == b.position && a.work.isEqual(to: b.work)
  }

  /// The same with no seed of its own, for what random numbers do not bear on.
  var withoutSeed: TextStage {
    var stage = self
    stage.work.seed = 0
    return stage
  }

  var canonical: CanonicalValue {
    .map([("id", .text(id)), (kind.rawValue, .map(work.canonicalEntries))])
  }
}

/// What a kind of stage answers for itself that makes a text.
protocol TextWork: StageWork {
  /// What its random numbers are drawn by.
  var seed: UInt64 { get set }
  /// At most so many lines become of one that is read.
  var mostLines: Int { get }

  /// Reports what does not hold between its options and its inputs.
  func check(_ stage: TextStage, in checks: inout DefinitionChecks)
  /// Makes the text.
  func run(in execution: TextExecution) throws -> TextResult
  /// Makes a little of it, to tell what all of it will take.
  func probe(_ planned: PlannedText, in probe: StageProbe) throws -> RunForecast.Text
}

extension TextWork {
  static var standard: String { "" }
  static var keys: [OptionDescription] { options.descriptions }

  static func read(_ body: MapReader, id: String) -> DefinedStage? {
    options.read(body).map { .text(TextStage(id: id, work: $0)) }
  }
}
