// Label smoothing and weights of classes against PyTorch 2.4.0 and transformers in double precision: cross_entropy.h5.
import RetortOptions
import RetortTensorEngine
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Cross-entropy with smoothing and weights equals PyTorch's")
struct CrossEntropyTests {
  private let tolerance = Tolerance(
    relative: 1e-6, absolute: 1e-7, because: "differences in double precision, gradients rounded")

  private func term(_ fixture: Fixture, _ group: String) throws -> CrossEntropy {
    CrossEntropy(
      labelSmoothing: try fixture.number("label_smoothing", of: group),
      classWeights: fixture.has("\(group)/weights")
        ? try fixture.doubles("\(group)/weights") : nil)
  }

  /// The weighted mean and its gradient, over the rows in batches of some size, as a step with accumulation has them.
  private func mean(
    of term: CrossEntropy, _ fixture: Fixture, _ group: String, batch size: Int
  ) throws -> (value: Double, gradient: [Float]) {
    let labels = try fixture.integers("\(group)/labels")
    let logits = try fixture.floats("\(group)/logits")
    let columns = logits.count / labels.count
    let counts = RowCounts(
      labels.map { .init(length: 1, maskedCount: 0, innerCount: 0, label: Int($0)) })
    let scale = counts.gradientScale(over: term.rows, weight: 1)
    var (sum, gradient) = (0.0, [Float]())
    for first in stride(from: 0, to: labels.count, by: size) {
      let rows = first..<min(first + size, labels.count)
      let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
      let input = scope.input(
        Array(logits[rows.lowerBound * columns..<rows.upperBound * columns]), rows: rows.count,
        columns: columns, differentiable: true)
      sum += term.sum(
        over: TermBatch(
          student: ObservedTensors(classLogits: input), teacher: ObservedTensors(),
          classes: Array(labels[rows]),
          layout: SequenceLayout(offsets: (0...rows.count).map { Int32($0) })),
        gradientScale: scale, in: scope)
      scope.backward()
      gradient += scope.gradientValues(of: input) ?? []
    }
    return (counts.mean(over: term.rows, of: sum), gradient)
  }

  @Test("value and gradient, whole and in micro-batches", arguments: [100, 2])
  func parity(_ size: Int) throws {
    let fixture = try Fixture("cross_entropy.h5")
    let groups = fixture.groups.filter { !$0.hasPrefix("balanced") }
    #expect(groups.count == 12)
    for group in groups {
      let (value, gradient) = try mean(of: term(fixture, group), fixture, group, batch: size)
      expectClose([value], [try fixture.number("loss", of: group)], tolerance, group)
      expectClose(
        gradient.map(Double.init), try fixture.doubles("\(group)/logits_gradient"), tolerance,
        "\(group) gradient")
    }
  }

  @Test("without smoothing and weights, and with weights of 1, the bits are those of before")
  func sameBits() throws {
    let fixture = try Fixture("cross_entropy.h5")
    for group in fixture.groups where group.hasPrefix("plain") {
      let plain = try mean(of: CrossEntropy(), fixture, group, batch: 100)
      let columns = try #require(fixture.shape("\(group)/logits")?.last)
      let weighted = try mean(
        of: CrossEntropy(classWeights: [Double](repeating: 1, count: columns)), fixture, group,
        batch: 100)
      #expect(plain.value == weighted.value)
      #expect(plain.gradient.map(\.bitPattern) == weighted.gradient.map(\.bitPattern))
    }
  }

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
