// What a kind of measure answers for itself.
import RetortDistillation
import RetortEvaluation
import RetortOptions
import RetortTransformers

/// A way to measure models on text or labelled sentences, apart from their training. A kind is a type in a file of its own and
/// a line in `Measures`. No measure changes what a stage computes.
protocol Measure: Sendable, Equatable {
  /// The key in a definition.
  static var kind: String { get }
  /// In a few words: "masked-LM loss".
  static var title: String { get }
  static var about: String { get }
  /// Of its arithmetic. Raise it when the same numbers give another result: what is kept of it is then taken again.
  static var version: Int { get }
  /// What a hypothesis calls its figures, for the reference; N and T stand for numbers.
  static var figureKeys: [String] { get }
  /// Its keys, in canonical order.
  static var options: OptionList<Self> { get }
  /// The models and stages that are measured.
  var of: [String] { get set }
  /// The model or stage that they are compared with; nil where they are not.
  var with: String? { get }
  var sample: MeasuredSample { get }
  /// What a model must have to be measured.
  var need: ModelNeed { get }
  /// The figures of each model, in the order in which they are taken. A model may lack some of them.
  var figures: [FigureKind] { get }
  /// Whose examples it reads.
  var tasks: [TaskSource] { get }

  /// Reports what does not fit the models, below `path`.
  func check(at path: String, _ shapes: MeasuredShapes, in checks: inout DefinitionChecks)
  /// Whether so many sequences can be measured. It is asked before anything is trained.
  func check(sequences count: Int) throws(MeasureError)
  /// How it is taken, a line each, for an explanation and the record. Without its text.
  func conditions(of text: ResolvedText) -> [String]
  /// Of what it reads besides its text.
  func digests(of text: ResolvedText, in data: PreparedData) throws -> [String]
  /// Tokens that each model reads.
  func tokenCount(of sequences: MeasuredSequences, _ text: ResolvedText, in data: PreparedData)
    throws -> Int
  /// Figures of the text itself.
  func figuresOfText(in execution: MeasureExecution) throws -> [MeasuredFigure]
  /// Takes it of some of its models. Every model has the same figures, in the same order.
  /// - Parameter take: is given the figures of each, as soon as they are there.
  func run(
    of inputs: [MeasuredInput], in execution: MeasureExecution,
    take: (MeasuredInput, [MeasuredFigure]) throws -> Void
  ) throws
}

extension Measure {
  static var version: Int { 1 }
  var with: String? { nil }
  var tasks: [TaskSource] { if case .task(let task) = sample.text { [task] } else { [] } }
  func check(at path: String, _ shapes: MeasuredShapes, in checks: inout DefinitionChecks) {}
  func check(sequences count: Int) throws(MeasureError) {}
  func digests(of text: ResolvedText, in data: PreparedData) throws -> [String] { [] }
  func figuresOfText(in execution: MeasureExecution) throws -> [MeasuredFigure] { [] }
  func tokenCount(
    of sequences: MeasuredSequences, _ text: ResolvedText, in data: PreparedData
  ) throws -> Int { sequences.tokenCount }

  /// Every model or stage that it reads.
  var names: [String] { of + (with.map { [$0] } ?? []) }
  func isEqual(to other: any Measure) -> Bool { (other as? Self) == self }
}

/// What a model must have to be measured.
enum ModelNeed: Sendable { case encoder, maskedLMHead, classifier }

/// A figure of a model.
struct MeasuredFigure: Sendable, Equatable, Codable {
  /// In words: "masked-LM loss".
  var name: String
  var estimate: Estimate

  init(_ kind: FigureKind, _ estimate: Estimate) { (name, self.estimate) = (kind.title, estimate) }

  /// - Parameter text: names a figure of the text itself, which no model has.
  init(ofText text: String, _ estimate: Estimate) { (name, self.estimate) = (text, estimate) }
}

/// A model or stage that is measured, as a definition and as a plan call it.
struct MeasuredInput: Sendable, Equatable {
  let name: String
  let input: StageInput
}

/// What is known of a measure's models before anything is loaded.
struct MeasuredShapes {
  /// Those of `of`, in their order.
  let of: [(name: String, shape: ModelShape)]
  let with: (name: String, shape: ModelShape)?
}

/// The kinds of measures that a definition can name. A new one is a file and a line here.
enum Measures {
  /// In the order of the reference.
  static let types: [any Measure.Type] = [
    MaskedLMMeasure.self,
    TeacherAgreementMeasure.self,
    SentenceAgreementMeasure.self,
    CalibrationMeasure.self,
    LinearProbeMeasure.self,
  ]

  static func named(_ kind: String) -> (any Measure.Type)? { types.first { $0.kind == kind } }
}
