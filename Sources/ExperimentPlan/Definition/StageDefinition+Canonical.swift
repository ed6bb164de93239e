// A stage written out in full.
import Options

extension StageDefinition {
  var canonical: CanonicalValue {
    let name: [(String, CanonicalValue)] = recipe.map { [("recipe", .text($0))] } ?? []
    return .map([
      ("id", .text(id)), (kind.rawValue, .map(name + workEntries + training.canonicalEntries)),
    ])
  }

  /// What the stage's result depends on: no names, no recipe, no checkpoint interval. Inputs and
  /// data are told by their digests.
  func canonicalForDigest(inputs: [String], data: [String]) -> CanonicalValue {
    let toldOtherwise = [
      "model", "teacher", "student", "corpus", "task", "targets", "checkpoint_every",
    ]
    let options = (workEntries + training.canonicalEntries).filter {
      !toldOtherwise.contains($0.0)
    }
    return .map([
      ("kind", .text(kind.rawValue)), ("inputs", .list(inputs.map { .text($0) })),
      ("data", .list(data.map { .text($0) })), ("options", .map(options)),
    ])
  }

  private var workEntries: [(String, CanonicalValue)] {
    switch work {
    case .pretrain(let options):
      return [("model", .text(options.model))] + options.corpus.canonicalEntries
    case .distill(let options):
      let outputs: CanonicalValue =
        switch options.outputs {
        case .live: .text("live")
        case .store(let path): .map([("store", .text(path))])
        }
      return [
        ("teacher", .text(options.teacher)), ("student", .text(options.student)),
        ("targets", outputs), ("loss", options.loss.canonical),
      ] + options.corpus.canonicalEntries
        + (options.accountSteps.map { [("account_every", .map([("steps", .integer($0))]))] } ?? [])
    case .finetune(let options):
      return [
        ("model", .text(options.model)), ("task", .text(options.task.name)),
        ("select_best", .text(options.selectBest.rawValue)),
        ("evaluation", .map([("batch_size", .integer(options.evaluationBatchSize))])),
      ] + (options.teaching?.canonicalEntries ?? [])
    }
  }
}

extension TeachingOptions {
  fileprivate var canonicalEntries: [(String, CanonicalValue)] {
    [
      ("teacher", .text(teacher)),
      (
        "loss",
        .map([
          (
            "soft_targets",
            .map([("weight", .number(softTargetWeight)), ("temperature", .number(temperature))])
          ),
          ("cross_entropy", .map([("weight", .number(labelWeight))])),
        ])
      ),
    ]
  }
}

extension LossOptions {
  fileprivate var canonical: CanonicalValue {
    .map([
      (
        "soft_targets",
        .map([
          ("weight", .number(softTargetWeight)), ("temperature", .number(temperature)),
          ("positions", .text(positions.rawValue)),
        ])
      ),
      ("masked_lm", .map([("weight", .number(maskedLMWeight))])),
      ("cosine", .map([("weight", .number(cosineWeight)), ("layer", .text("last"))])),
    ])
  }
}

extension CorpusOptions {
  fileprivate var canonicalEntries: [(String, CanonicalValue)] {
    [
      ("corpus", .list(texts.map { .text($0.name) })), ("minimum_length", .integer(minimumLength)),
      ("maximum_unknown", .number(maximumUnknown)),
      (
        "masking",
        .map([
          ("probability", .number(masking.probability)),
          ("smoothing", .number(masking.smoothing)), ("mask", .number(masking.mask)),
          ("keep", .number(masking.keep)), ("random", .number(masking.random)),
        ])
      ),
    ]
  }
}

extension TrainingOptions {
  fileprivate var canonicalEntries: [(String, CanonicalValue)] {
    [
      ("sequence_length", .integer(sequenceLength)),
      (
        "batching",
        .map([
          ("batch_size", .integer(batching.batchSize)),
          ("accumulate", .integer(batching.accumulate)),
          ("group_by_length", .truth(batching.groupByLength)),
        ])
      ),
      (
        "optimizer",
        .map([
          ("name", .text(optimizer.name.rawValue)),
          ("learning_rate", .number(optimizer.learningRate)),
          ("betas", .list([.number(optimizer.firstBeta), .number(optimizer.secondBeta)])),
          ("epsilon", .number(optimizer.epsilon)),
          ("weight_decay", .number(optimizer.weightDecay)),
          ("max_grad_norm", .number(optimizer.maxGradNorm)),
        ])
      ),
      (
        "schedule",
        .map([
          ("name", .text(schedule.name.rawValue)), ("warmup", .number(schedule.warmup)),
        ])
      ),
      ("freeze", .list(freeze.map { .text($0.description) })), ("limit", limit.canonical),
      ("checkpoint_every", checkpointEvery.canonical), ("seed", .seed(seed)),
    ]
  }
}

extension StageLimit {
  fileprivate var canonical: CanonicalValue {
    switch self {
    case .epochs(let count): .map([("epochs", .integer(count))])
    case .steps(let count): .map([("steps", .integer(count))])
    case .tokens(let count): .map([("tokens", .integer(count))])
    }
  }
}

extension CheckpointSpacing {
  fileprivate var canonical: CanonicalValue {
    switch self {
    case .minutes(let minutes): .map([("minutes", .number(minutes))])
    case .steps(let count): .map([("steps", .integer(count))])
    }
  }
}
