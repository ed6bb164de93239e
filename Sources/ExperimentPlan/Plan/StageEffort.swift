// How much the stages of a plan compute, one compared with the other.
import RetortDistillation
import RetortTransformers

extension ResolvedPlan {
  /// Multiplications of a stage's matrix products, attention's scores left out. Only the ratio of two stages means
  /// anything: the time that a run has left is shared out by it.
  /// - Parameter data: what the stage learns from.
  /// - Returns: nil where the data's tokens or a model's sizes are not known.
  func effort(
    of planned: PlannedStage, on data: DataSize, look: (ModelAddress) -> ModelLook
  ) -> Double? {
    let work = planned.stage.work
    guard let tokens = data.tokens, let steps = StepCounts(planned.stage.training, data: data),
      let model = shape(of: planned.model.name, look: look).configuration
    else { return nil }
    // The vocabulary's logits: of the masked tokens, or of all where a teacher's are compared.
    let predicted =
      work.objective.readsOfStudent.vocabularyLogits == nil
      ? 0
      : work.corpus.map {
        work.objective.readsOfTeacher.isEmpty ? $0.masking?.probability ?? 0 : 1
      } ?? 0
    // Backward takes twice as much as forward.
    var trained = 3 * model.products(predicted: predicted)
    var once = 0.0
    for (_, input) in work.objective.needsTeacher ? planned.teachers : [] {
      guard let teacher = shape(of: input.name, look: look).configuration else { return nil }
      // On text it answers at every step, on a task once for each example; so do class logits.
      if work.corpus != nil, !work.objective.readsOfTeacher.classLogits {
        trained += teacher.products(predicted: predicted)
      } else {
        once += teacher.products(predicted: 0)
      }
    }
    let passes = Double(steps.total) / Double(max(1, steps.stepsPerEpoch))
    return Double(tokens) * (trained * passes + once)
  }

  /// What model a name stands for, a model's or a stage's.
  func shape(of name: String, look: (ModelAddress) -> ModelLook) -> ModelShape {
    var whole = definition
    whole.models = models
    whole.stages = stages.map(\.stage)
    return DefinitionGraph(whole).shape(of: name, look: look)
  }
}

extension TransformerConfiguration {
  /// Multiplications for one token, forward.
  /// - Parameter predicted: the share of tokens whose logits over the vocabulary are computed.
  fileprivate func products(predicted: Double) -> Double {
    let (c, f) = (Double(hiddenSize), Double(feedForwardSize))
    let block = 4 * c * c + 2 * c * f
    return Double(layerCount) * block + predicted * c * (c + Double(vocabularySize))
  }
}
