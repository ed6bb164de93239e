// One stage, from its inputs to its result.
import Foundation
import RetortDistillation
import RetortEvaluation
import RetortFiles
import RetortRecords
import RetortStorage
import RetortText
import RetortTransformers

/// Runs one stage of a plan.
struct StageExecution {
  let planned: PlannedStage
  let plan: ResolvedPlan
  let digests: PlanDigests
  let digest: String
  let data: PreparedData
  let models: ModelMaking
  let engine: Engine
  let checkpointPath: String
  let bestPath: String
  let attributes: [String: StoredValue]
  let resumes: Bool
  let observer: any TrainingObserver
  /// Told the number of steps before the first one.
  let began: (_ totalSteps: Int) -> Void
  /// Hears what is to be said of the stage while it runs.
  let note: (String) -> Void

  var training: TrainingOptions { planned.stage.training }

  func run() throws -> StageResult {
    try planned.stage.work.run(in: self)
  }

  /// A stage on text.
  /// - Parameters:
  ///   - validation: of a model with a classifier; nil for a stage that is not evaluated.
  ///   - teaching: makes the teacher for the stage's corpus.
  func maskedLanguage(
    _ model: TransformerModel, corpus options: CorpusOptions,
    validation: ValidationOptions? = nil, breakdownSteps: Int? = nil,
    teaching makeTeaching: (TokenizedCorpus) throws -> StageTeaching
  ) throws -> StageResult {
    let corpus = try data.corpus(options, sequenceLength: training.sequenceLength)
    guard corpus.count > 0 else {
      throw TrainingError.noData("\(options.name): all sequences were removed by cleaning")
    }
    let teaching = try makeTeaching(corpus)
    model.freeze(training.freeze)
    let found = try findingLayers(of: teaching.objective, student: model, text: corpus) {
      teaching.source
    }
    let settings = training.settings(
      found, curve: .maskedLanguage, breakdownSteps: breakdownSteps)
    let loop = MaskedLanguageTraining(
      student: model, teacher: teaching.source,
      batches: training.batches(
        of: corpus, masking: options.masking, vocabulary: try data.vocabulary()),
      validation: try validation.map {
        TextValidation(
          examples: try data.sequences(
            of: $0.task, .dev, maximumLength: training.sequenceLength),
          interval: $0.every, selection: $0.keep, metrics: planned.stage.work.metrics)
      },
      settings: settings, engine: engine, checkpointing: try checkpointing(of: model),
      observer: observer)
    let objective = loop.trainer.settings.objective
    let total = loop.totalSteps
    try teaching.source?.check(covers: total)
    began(total)
    let progress = try loop.run()
    let scope = ComputeScope(engine: engine, recording: false)
    let further = try validation.map { options in
      try data.task(options.task).further.enumerated().map { place, set in
        let result = try ClassificationEvaluation.evaluate(
          model,
          on: data.sequences(
            of: options.task, .further(place), maximumLength: training.sequenceLength),
          in: scope, metrics: planned.stage.work.metrics)
        note("\(set.name) dev, \(result.words)")
        return result
      }
    }
    return result(
      model, progress, objective: objective, totalSteps: total,
      window: settings.curve.steps(of: total),
      targets: teaching.description, selectBest: validation?.keep ?? .last,
      further: further ?? [],
      breakdownSteps: breakdownSteps)
  }

  func checkpointing(of model: TransformerModel) throws -> TrainingCheckpointing {
    TrainingCheckpointing(
      path: checkpointPath, bestPath: bestPath,
      interval: training.checkpointEvery, attributes: attributes,
      files: try modelFiles(of: model), resumes: resumes)
  }

  /// What makes a checkpoint usable by itself.
  func modelFiles(of model: TransformerModel) throws -> [String: [UInt8]] {
    ModelCheckpoint.files(
      of: model, vocabulary: try data.vocabularyFile(),
      tokenizer: try data.tokenizerSettings())
  }
}
