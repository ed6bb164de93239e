// Which epoch a fine-tuning ends with.
import RetortEvaluation
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("The epoch that is kept")
struct SelectionTests {
  typealias Rule = SelectionRule

  /// Epochs of these losses and numbers of right answers.
  private func epochs(_ results: [(loss: Double, correct: Int)]) -> [EpochResult] {
    results.enumerated().map { index, result in
      EpochResult(
        epoch: index + 1, step: 10 * index, meanLoss: 1, windowLoss: nil,
        evaluation: ClassificationResult(
          loss: result.loss, correct: result.correct, predictions: [0, 1], logits: [],
          metrics: [MetricValue(name: Accuracy.name, value: Double(result.correct) / 10)]))
    }
  }

  /// The rules that every version has.
  private static let common: [Rule] = [.evaluationLoss, .metric(Accuracy.self), .last]

  @Test("lowest loss, highest accuracy, or the last", arguments: zip(common, [2, 3, 4]))
  func rules(_ rule: Rule, _ best: Int) {
    #expect(
      rule.best(of: epochs([(0.5, 7), (0.3, 8), (0.4, 9), (0.6, 6)]))?.number == best)
  }

  @Test("the first of equals; the last rule knows none", arguments: zip(common, [1, 1, 3]))
  func ties(_ rule: Rule, _ best: Int) {
    #expect(rule.best(of: epochs([(0.5, 7), (0.5, 7), (0.5, 7)]))?.number == best)
  }

  @Test("epochs without an evaluation are not chosen", arguments: common)
  func withoutEvaluation(_ rule: Rule) {
    #expect(rule.best(of: []) == nil)
    var some = epochs([(0.5, 7), (0.4, 8), (0.1, 9)])
    some[2].evaluation = nil
    #expect(rule.best(of: some)?.number == 2)
  }

  /// Held against the opposite classes, the model gets worse with every epoch.
  private func train(
    _ rule: Rule, _ checkpointing: TrainingCheckpointing?, _ observer: Onlooker = Onlooker()
  ) throws -> (model: TransformerModel, progress: TrainingProgress) {
    let model = Small.model(.bert, layers: 2, heads: [.classification])
    let settings = Small.fineTuning(.epochs(3))
    let progress = try FineTuning(
      model: model, training: Small.labelled(30), validation: Small.labelled(30, flipped: true),
      settings: settings, selectBest: rule, engine: Engine(threadCount: 2),
      checkpointing: checkpointing,
      observer: observer
    ).run()
    return (model, progress)
  }

  @Test(
    "the model ends with that epoch's weights", arguments: [false, true],
    [Rule.evaluationLoss, .last])
  func weights(_ hasCheckpoints: Bool, _ rule: Rule) throws {
    let folder = try TemporaryFolder()
    let (model, progress) = try train(rule, hasCheckpoints ? Small.checkpointing(folder) : nil)
    let evaluations = progress.epochs.compactMap(\.evaluation)
    #expect(evaluations.map(\.loss) == evaluations.map(\.loss).sorted())
    #expect(evaluations.count == 3)
    let result = try ClassificationEvaluation.evaluate(
      model, on: Small.labelled(30, flipped: true),
      in: ComputeScope(engine: Engine(threadCount: 2), recording: false))
    #expect(result == evaluations[rule == .last ? 2 : 0])
    #expect(evaluations[0].logits != evaluations[2].logits)
    // What is never read again is not written.
    #expect(try folder.names().contains("best.h5") == (hasCheckpoints && rule != .last))
  }

  /// The share of wrong answers, less of which is better; only here.
  private enum ErrorRate: ClassMetric {
    static let name = "error_rate"
    static let title = "Error rate"
    static let about = "The share of wrong answers."
    static let higherIsBetter = false

    static func value(of answers: Answers<Int>) -> Double { 1 - Accuracy.value(of: answers) }
  }

  @Test("a metric of the caller's own decides, resumed or not", arguments: [nil, 9])
  func ownMetric(_ stop: Int?) throws {
    let folder = try TemporaryFolder()
    let rule = Rule.metric(ErrorRate.self)
    if let stop {
      let observer = Onlooker()
      observer.stopsAt = stop
      #expect(throws: TrainingError.self) {
        try train(rule, Small.checkpointing(folder), observer)
      }
    }
    let (model, progress) = try train(rule, Small.checkpointing(folder, resumes: stop != nil))
    let rates = progress.epochs.compactMap { $0.evaluation?[ErrorRate.self] }
    let accuracies = progress.epochs.compactMap(\.evaluation?.accuracy)
    #expect(rates == accuracies.map { 1 - $0 })
    let lowest = try #require(rates.min())
    let best = try #require(rule.best(of: progress.epochs)?.number)
    #expect(rates.firstIndex(of: lowest) == best - 1)
    let result = try ClassificationEvaluation.evaluate(
      model, on: Small.labelled(30, flipped: true),
      in: ComputeScope(engine: Engine(threadCount: 2), recording: false),
      metrics: rule.metrics(of: .classification))
    #expect(result == progress.epochs[best - 1].evaluation)
  }

  @Test("of no example an evaluation says nothing")
  func noExamples() throws {
    let result = try ClassificationEvaluation.evaluate(
      Small.model(.bert, layers: 1, heads: [.classification]), on: Small.labelled(0),
      in: ComputeScope(engine: Engine(threadCount: 1), recording: false))
    #expect(result.count == 0 && result.metrics.isEmpty && result.loss.isNaN)
  }

  @Test("a resumed training still has the best epoch's weights")
  func resumed() throws {
    let folder = try TemporaryFolder()
    let observer = Onlooker()
    observer.stopsAt = 9
    #expect(throws: TrainingError.self) {
      try train(.evaluationLoss, Small.checkpointing(folder), observer)
    }
    let (model, progress) = try train(
      .evaluationLoss, Small.checkpointing(folder, resumes: true))
    let result = try ClassificationEvaluation.evaluate(
      model, on: Small.labelled(30, flipped: true),
      in: ComputeScope(engine: Engine(threadCount: 2), recording: false))
    #expect(result == progress.epochs[0].evaluation)
    #expect(progress.epochs.count == 3)
  }
}
