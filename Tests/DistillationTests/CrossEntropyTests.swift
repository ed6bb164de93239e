// Cross-entropy with smoothing and weights of classes, in trainings.
import RetortOptions
import RetortTensorEngine
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Cross-entropy with smoothing and weights in trainings")
struct CrossEntropyTests {
  /// A training of one step over all 30 sentences, in batches of a size.
  private func train(
    _ objective: Objective, batch: Int, accumulation: Int, teacher: (any TeacherSource)? = nil
  ) throws -> (gradientNorm: Double, loss: Double, evaluation: Double) {
    let observer = Onlooker()
    let data = Small.labelled(30)
    let progress = try FineTuning(
      model: Small.model(.bert, layers: 2, heads: [.classification]), training: data,
      validation: data, teacher: teacher,
      settings: TrainingSettings(
        objective: objective, optimization: Small.smoothOptimization, batchSize: batch,
        accumulation: accumulation, limit: .steps(1), seed: 5), selectBest: .last,
      engine: Engine(threadCount: 2), observer: observer
    ).run()
    let step = try #require(observer.steps.first)
    return (
      step.gradientNorm, step.losses.total, try #require(progress.epochs.last?.evaluation).loss
    )
  }

  @Test("a step's weighted mean is over all of its batches, beside a teacher's term too")
  func accumulation() throws {
    let labels = CrossEntropy(labelSmoothing: 0.1, classWeights: [3, 0.5])
    let close = Tolerance(relative: 1e-5, absolute: 1e-7, because: "float32 in another order")
    let teacher = try ClassifierTeacher(
      model: Small.model(.bert, layers: 1, heads: [.classification], seed: 3),
      training: Small.labelled(30).sequences,
      reads: Observations(classLogits: true),
      engine: Engine(threadCount: 2))
    for (objective, teacher) in [
      (Objective(WeightedTerm(1, labels)), nil),
      (
        Objective(WeightedTerm(0.5, ClassSoftTargets(temperature: 2)), WeightedTerm(0.7, labels)),
        teacher
      ),
    ] {
      let whole = try train(objective, batch: 30, accumulation: 1, teacher: teacher)
      let parts = try train(objective, batch: 4, accumulation: 8, teacher: teacher)
      expectClose([parts.loss], [whole.loss], close, "loss")
      expectClose([parts.gradientNorm], [whole.gradientNorm], close, "gradient")
    }
  }

  @Test("an evaluation's loss is smoothed as training is, and not weighted")
  func evaluation() throws {
    func loss(_ term: CrossEntropy, weight: Double = 1) throws -> Double {
      // A learning rate of 0 in the first step of a warm-up would do as well: the model is the same.
      var settings = Small.fineTuning(.steps(1))
      settings.objective = Objective(WeightedTerm(weight, term), WeightedTerm(1, LogitNorm()))
      settings.optimization = OptimizationSettings(
        optimizer: AdamW(learningRate: 0, weightDecay: 0), warmup: .steps(0),
        schedule: ConstantSchedule())
      let progress = try FineTuning(
        model: Small.model(.bert, layers: 2, heads: [.classification]),
        training: Small.labelled(30), validation: Small.labelled(30), settings: settings,
        selectBest: .last, engine: Engine(threadCount: 2)
      ).run()
      return try #require(progress.epochs.last?.evaluation).loss
    }
    let plain = try loss(CrossEntropy())
    let smoothed = try loss(CrossEntropy(labelSmoothing: 0.5))
    #expect(plain != smoothed)
    #expect(try loss(CrossEntropy(classWeights: [3, 0.5])) == plain)
    #expect(try loss(CrossEntropy(labelSmoothing: 0.5, classWeights: [3, 0.5])) == smoothed)
    #expect(try loss(CrossEntropy(labelSmoothing: 0.5), weight: 0) == plain, "it is not trained on")
  }

  /// A term that is not the labels', so that theirs may have no weight.
  private struct LogitNorm: TensorTerm {
    static let key = "logit_norm"
    static let title = "logit norm"
    static let about = "Nothing."
    static let batchKinds: Set<BatchKind> = [.labelledSentences]
    static let options = OptionList.none(LogitNorm())
    var rows: TermRows { .sentences }
    var readsOfStudent: Observations { Observations(classLogits: true) }
    var formula: String { "0" }

    func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
      scope.squaredError(
        student: batch.student.classLogits,
        teacher: scope.input(
          batch.student.classLogits.copyValues(), rows: batch.student.classLogits.rows,
          columns: batch.student.classLogits.columns), gradientScale: gradientScale
      ).reduce(0, +)
    }
  }
}
