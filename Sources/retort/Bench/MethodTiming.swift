// What `retort bench terms` does with each method of its list.
import RetortBenchmarks
import RetortDistillation
import RetortExperimentPlan
import RetortProcessor
import RetortReporting
import RetortTensorEngine
import RetortTransformers

/// A method with the models that its loss reads.
struct PreparedMethod {
  let method: Method
  /// For these models.
  let loss: Objective
  let batches: BatchKind
  let models: MethodModels

  func recorded(without: [Double], with: [Double]) -> MethodsRecord.Method {
    MethodsRecord.Method(
      name: method.name, formula: loss.sum,
      needs: loss.needs(student: models.student, teacher: models.teacher), source: method.source,
      heldAgainst: method.heldAgainst,
      proofs: method.proofs.map { MethodsRecord.Proof(suite: $0.suite, row: $0.row) },
      without: without, with: with)
  }
}

/// Which heads student and teacher have, and how many classes.
struct MethodModels {
  var student: ModelDimensions
  var teacher: ModelDimensions
}

/// Times the methods of a list: steps with the method are compared with steps of the same base loss alone.
struct MethodTiming {
  private let command: BenchTerms
  private let student: BenchModel
  private let teacher: BenchModel

  /// More than two: with two some methods have no gradient.
  private static let classCount = 11

  /// The last hidden states' directions.
  private static let base = Objective(
    WeightedTerm(
      1, Hidden(compare: .cosine, states: .last, positions: .all, average: .tokens),
      // No method's term can be called so.
      name: "the base"))

  init(_ command: BenchTerms) throws {
    self.command = command
    student = try BenchModel(command.model, weights: .random, option: "--model")
    teacher = try BenchModel(command.teacher, weights: .random, option: "--teacher")
    try BenchModel.check(
      student: student, teacher: teacher, length: command.length)
  }

  // MARK: Before

  /// Each method with its loss for the models.
  /// - Throws: a loss that does not fit them.
  func prepare(_ methods: [Method]) throws -> [PreparedMethod] {
    try methods.map { method in
      // Scores are learned by a student of one output, classes by one of several.
      var models = MethodModels(
        student: dimensions(of: student, classes: Self.classCount),
        teacher: dimensions(of: teacher, classes: Self.classCount))
      var (loss, batches) = try method.loss.objective(
        student: models.student, teacher: models.teacher, on: Set(BatchKind.allCases))
      if batches == .scoredSentences {
        models.student.classCount = 1
        models.teacher.classCount = 1
        (loss, batches) = try method.loss.objective(
          student: models.student, teacher: models.teacher, on: [.scoredSentences])
      }
      return PreparedMethod(method: method, loss: loss, batches: batches, models: models)
    }
  }

  private func dimensions(of model: BenchModel, classes: Int) -> ModelDimensions {
    var dimensions = model.dimensions
    dimensions.classCount = classes
    return dimensions
  }

  // MARK: Timing

  func measure(
    _ methods: [PreparedMethod]
  ) throws -> (record: MethodsRecord, failures: [String]) {
    let load = Machine.load
    let engine = try command.options.makeCheckedEngine()
    let count = command.batchSize * (command.warmup + command.steps)
    let (sentences, data) = try command.sentences.tokens(
      of: student, .train, count: count * command.length)
    let settings = StepSettings(
      batchSize: command.batchSize, steps: command.steps, warmup: command.warmup, age: .fresh,
      data: data, versions: BenchOptions.versions)
    var failures: [String] = []
    var recorded: [MethodsRecord.Method] = []
    for (index, prepared) in methods.enumerated() {
      Console.shared.write(
        line: "\(index + 1) of \(methods.count): \(prepared.method.name)")
      let text = ConnectedText(
        sentences.sequences, length: command.length, count: count, batchSize: command.batchSize,
        maskID: prepared.batches == .maskedText ? student.maskID : nil)
      guard text.sequenceCount > 0 else {
        throw CommandFailure(
          "\(data): not enough text for one sequence of \(command.length) tokens")
      }
      let labels = TransformerConfiguration.defaultLabels(
        count: prepared.models.student.classCount ?? 0)
      let reads = prepared.loss.readsOfStudent.union(prepared.loss.readsOfTeacher)
      let cost = try LossCost.measure(
        student: try student.make(heads: reads.heads, labels: labels, seed: 42),
        teacher: try teacher.make(heads: reads.heads, labels: labels, seed: 43),
        base: Self.base, added: prepared.loss, on: prepared.batches, text: text,
        alternations: command.alternations, settings: settings, engine: engine)
      failures += cost.failures.map { "\(prepared.method.name): \($0)" }
      recorded.append(prepared.recorded(without: cost.base, with: cost.whole))
    }
    let surroundings = Surroundings(versions: BenchOptions.versions)
    let machine = RecordedMachine(
      processor: surroundings.processor, cores: Processor.availableCount,
      memoryBytes: Machine.memory.total, system: Machine.system, loadBefore: load)
    let record = MethodsRecord(
      command: CommandText.given(without: ["--record"]), teacher: teacher.words,
      student: student.words, batchSize: command.batchSize, length: command.length,
      data: data, base: Self.base.sum, alternations: command.alternations, steps: command.steps,
      threads: engine.threadCount, machine: machine, versions: surroundings.versions,
      methods: recorded)
    return (record, failures)
  }
}
