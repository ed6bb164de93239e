// What a kind of stage answers for itself.
import RetortDistillation
import RetortEvaluation
import RetortOptions
import RetortRecords

/// One kind of stage. A kind is a type in a file of its own and a line in `StageKind.types`: a `TrainingWork`, or a `TextWork`.
protocol StageWork: Sendable, Equatable {
  /// The key of a stage's body in a definition.
  static var kind: StageKind { get }
  static var about: String { get }
  /// Its own keys, in canonical order.
  static var options: OptionList<Self> { get }
  /// All keys of a stage of this kind.
  static var keys: [OptionDescription] { get }
  /// The program's own values for keys that may be left out, in YAML.
  static var standard: String { get }
  /// Keys of which exactly one is given.
  static var oneOf: [String] { get }
  /// Reads the body of a stage.
  /// - Returns: nil after a report of something that nothing can stand in for.
  static func read(_ body: MapReader, id: String) -> DefinedStage?

  /// The models or stages it begins from, by role, in the order in which its digest has them.
  var inputs: [StageInputName] { get }
  /// The texts it reads; none of a stage that reads a task.
  var texts: [CorpusSource] { get }
  /// The task whose examples it reads, to learn from or to be evaluated on; nil for a stage that reads none.
  var taskRead: TaskSource? { get }
  /// What its result is computed by, with the versions of the arithmetic.
  var versions: [(name: String, version: Int)] { get }
  /// The options that a digest is made of.
  var digestEntries: [(String, CanonicalValue)] { get }
  /// Whether what `role` names changes the result.
  func reads(role: String) -> Bool
  /// "fine-tune student on glue/sst2".
  var title: String { get }
  /// What else there is to say of it before it runs.
  var details: [String] { get }
}

/// What a kind of stage answers for itself that trains a model.
protocol TrainingWork: StageWork {
  /// The role of the input that is trained.
  static var trainedRole: String { get }
  /// Whether it may be without a teacher where no term reads one.
  static var isTeacherOptional: Bool { get }
  /// Whether what Hugging Face's Trainer draws can be replayed in it.
  static var canReplay: Bool { get }

  /// The text it learns from; nil for a stage that learns from a task.
  var corpus: CorpusOptions? { get }
  /// The task it learns and is evaluated on; nil for a stage that learns from a text.
  var task: TaskSource? { get }
  /// The task that it is evaluated on: the one it learns, or one that it learns nothing from. Nil for a stage that is not
  /// evaluated.
  var evaluated: TaskSource? { get }
  /// What is computed at each of its evaluations.
  var metrics: [any Metric.Type] { get }
  /// Learning rates of groups of parameters that are not the optimizer's.
  var rates: LayerRates { get }
  /// Whether it may end before its limit.
  var mayStopEarly: Bool { get }
  /// An activation store that it reads.
  var storePath: String? { get }
  /// The same with its teacher run live, if it reads a store.
  var withLiveTeacher: Self { get }
  /// The models or stages whose answers in the classes of the task it takes as they are.
  var answering: [String] { get }

  /// The loss as the definition states it, whose terms an ablation can leave out; nil where it says nothing.
  var statedLoss: LossOptions? { get }
  /// What a stage that distils on text shows of itself; nil for any other.
  var distillation: Distillation? { get }

  /// Its loss, as stated or as it is without a word.
  var loss: LossOptions { get }
  /// The same, its trained model another one.
  func training(_ model: String) -> Self
  /// What model comes out, as far as that is known without loading it.
  /// - Parameters:
  ///   - shape: of what is trained.
  ///   - input: what any other model or stage is, by its name.
  func shape(after shape: ModelShape, _ input: (String) -> ModelShape) -> ModelShape
  /// The same with what it leaves open settled by what its inputs have.
  func settled(in checks: DefinitionChecks) -> Self
  /// Reports what does not hold between its options and its inputs.
  func check(_ stage: StageDefinition, in checks: inout DefinitionChecks)

  /// Its loss, a line a term.
  var formula: [String] { get }
  /// Trains.
  func run(in execution: StageExecution) throws -> StageResult
  /// Runs a few steps, to tell what all of them will take.
  func probe(
    _ planned: PlannedStage, isCached: Bool, in probe: StageProbe
  ) throws -> (RunForecast.Stage, DataSize)

  /// What is noted as it begins; nil for nothing.
  var remark: String? { get }
  /// What the classifier that it trains begins as; nil where it trains none.
  var classifierOrigin: RunRecord.ClassifierOrigin? { get }
}

/// What plans and baselines need to know of a distillation on text.
struct Distillation: Sendable {
  let teachers: TeacherNames
  let student: String
  let loss: LossOptions
  /// The stage with a live teacher, even if it read stored outputs.
  let live: any TrainingWork
  /// The stage without the terms that read the teacher.
  let withoutTeacher: any TrainingWork
}

/// An input of a stage: what it is for, and the model or stage that fills it.
struct StageInputName: Sendable, Equatable {
  /// The key of the definition: `teacher`.
  let role: String
  let name: String
}

extension StageWork {
  static var oneOf: [String] { [] }
  func reads(role: String) -> Bool { true }
  var digestEntries: [(String, CanonicalValue)] { canonicalEntries }

  /// The sentences it reads; nil where it reads texts as they are, or none.
  var sentences: SentenceSource? { texts.first?.sentences }

  /// The name under `role`; nil where there is none.
  func input(_ role: String) -> String? { inputs.first { $0.role == role }?.name }

  /// Keys whose value is a name: a digest has the contents of the model, stage, text, task or store of that name instead.
  /// Their types say so.
  static var keysOfContents: Set<String> {
    Set(options.descriptions.filter(\.namesContents).map(\.key))
  }

  var kind: StageKind { Self.kind }
  var canonicalEntries: [(String, CanonicalValue)] { Self.options.write(self) }

  func isEqual(to other: any StageWork) -> Bool { (other as? Self) == self }
}

extension TrainingWork {
  static var isTeacherOptional: Bool { false }
  static var canReplay: Bool { false }
  /// What is minimised: the terms that are computed. A definition without any is refused before.
  var objective: Objective {
    guard let objective = loss.objective else { preconditionFailure("a loss without terms") }
    return objective
  }
  /// Besides optimizer and schedule.
  var versions: [(name: String, version: Int)] { objective.versions }
  var statedLoss: LossOptions? { nil }
  var distillation: Distillation? { nil }
  var remark: String? { nil }
  var classifierOrigin: RunRecord.ClassifierOrigin? { nil }
  func settled(in checks: DefinitionChecks) -> Self { self }
  var corpus: CorpusOptions? { nil }
  var texts: [CorpusSource] { corpus?.texts ?? [] }
  var task: TaskSource? { nil }
  var evaluated: TaskSource? { task }
  var taskRead: TaskSource? { evaluated }
  var metrics: [any Metric.Type] { [] }
  var rates: LayerRates { LayerRates() }
  var mayStopEarly: Bool { false }
  var storePath: String? { nil }
  var withLiveTeacher: Self { self }
  var answering: [String] { [] }

  /// The inputs that are its teachers, with what a term calls each; nil for the only one.
  var teacherInputs: [(name: String?, input: StageInputName)] {
    inputs.compactMap { input in
      if input.role == TeacherNames.role(nil) { return (nil, input) }
      let prefix = TeacherNames.role("")
      return input.role.hasPrefix(prefix)
        ? (String(input.role.dropFirst(prefix.count)), input) : nil
    }
  }

  /// The name of what is trained.
  var trained: String {
    guard let name = input(Self.trainedRole) else {
      preconditionFailure("a \(Self.kind) without a \(Self.trainedRole)")
    }
    return name
  }
}

/// The name of a kind of stage: the key of its body in a definition, and its kind in a record.
public typealias StageKind = RunRecord.StageKind

extension StageKind {
  /// Every kind, in the order in which messages name them.
  static let types: [any StageWork.Type] = [
    PretrainStage.self, DistillStage.self, FinetuneStage.self, AugmentStage.self,
  ]

  public static let all = types.map { $0.kind }

  /// - Returns: nil for a key that is no kind of stage.
  init?(key: String) {
    self.init(rawValue: key)
    if !Self.all.contains(self) { return nil }
  }

  var type: any StageWork.Type {
    guard let type = Self.types.first(where: { $0.kind == self }) else {
      preconditionFailure("no type of stage is called \(rawValue)")
    }
    return type
  }

  /// Whether its stages cannot be without a teacher.
  var needsTeacher: Bool {
    guard let type = type as? any TrainingWork.Type else { return false }
    return !type.isTeacherOptional
  }

  /// What is counted while one of its stages runs; a step of kinds that this program does not know.
  public var unit: String {
    let type = Self.types.first { $0.kind == self }
    return type is any TextWork.Type ? "sentence" : "step"
  }

  /// Whether its stages train a model.
  var trains: Bool { type is any TrainingWork.Type }
}
