// Fifty steps on terms of every family against PyTorch's, without dropout: term_trajectories.h5.
import RetortRandomness
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Fifty steps on terms of losses follow PyTorch's")
struct TermTrajectoryParityTests {
  private let engine = Engine(threadCount: 2)

  private func run(_ name: String) throws -> Trajectory {
    try Trajectory(name, in: "term_trajectories.h5")
  }

  /// `second` of the fixture's docstring.
  private func second() -> TransformerModel {
    hashed(
      TransformerConfiguration(
        family: .bert, vocabularySize: 200, hiddenSize: 32, layerCount: 2, headCount: 4,
        feedForwardSize: 64, maximumPositions: 64, tokenTypeCount: 2, layerNormEpsilon: 1e-12,
        hiddenDropout: 0, attentionDropout: 0, classifierDropout: 0, initializerRange: 0.02,
        paddingID: 0, labels: TransformerConfiguration.defaultLabels(count: 3),
        usesSinusoidalPositions: false), heads: [.classification])
  }

  /// `narrow` of the fixture's docstring.
  private func narrow(heads: Set<ModelPart>) -> TransformerModel {
    hashed(
      TransformerConfiguration(
        family: .distilbert, vocabularySize: 200, hiddenSize: 24, layerCount: 2, headCount: 4,
        feedForwardSize: 48, maximumPositions: 64, tokenTypeCount: 0, layerNormEpsilon: 1e-12,
        hiddenDropout: 0, attentionDropout: 0, classifierDropout: 0, initializerRange: 0.02,
        paddingID: 0, labels: TransformerConfiguration.defaultLabels(count: 3),
        usesSinusoidalPositions: false), heads: heads)
  }

  private func hashed(
    _ configuration: TransformerConfiguration, heads: Set<ModelPart>
  ) -> TransformerModel {
    let model = TransformerModel(configuration: configuration, heads: heads)
    let names = WeightNames.huggingFace(configuration).namesByPath(prefixed: true)
    for parameter in model.parameters {
      parameter.fillHalf(named: names[parameter.path] ?? "")
    }
    return model
  }

  private func projection(
    _ run: Trajectory, _ clipping: StateProjection.Clipping
  ) throws -> StateProjection {
    StateProjection(
      isShared: false, hasBias: true, initial: .xavierUniform,
      learningRate: try run.number("own_learning_rate"),
      weightDecay: try run.number("own_weight_decay"), clipping: clipping)
  }

  /// Trains on text, with projections that begin as PyTorch's, and compares.
  private func expectFollowed(
    _ run: Trajectory, _ objective: Objective, student: TransformerModel, terms: [String]
  ) throws {
    let teacher = try run.startingModel(.bert, heads: [.maskedLanguage])
    let watcher = TrajectoryWatcher(student, stepCount: run.stepCount)
    let training = MaskedLanguageTraining(
      student: student, teacher: LiveTeacher(model: teacher, engine: engine),
      batches: try TrajectoryBatches(run), settings: try run.settings(objective), engine: engine,
      observer: watcher)
    let own = training.trainer.objectiveParameters.joined()
    for parameter in own { parameter.fillHalf(named: nameOfOwn(parameter)) }
    #expect(try training.run().step == run.stepCount)
    try expectSame(run, watcher, student, terms, own: Array(own))
  }

  /// "own.0_to_0.weight", of a parameter "hidden.0_to_0.weight".
  private func nameOfOwn(_ parameter: Parameter) -> String {
    "own" + parameter.path.drop { $0 != "." }
  }

  private func expectSame(
    _ run: Trajectory, _ watcher: TrajectoryWatcher, _ student: TransformerModel,
    _ terms: [String], own: [Parameter] = []
  ) throws {
    try ParityRecord.$subject.withValue("\(run.name): every step") {
      try run.expectSteps(
        watcher, terms: terms,
        Tolerance(relative: 0, absolute: 1e-5, because: "fifty steps in float32, losses below 22"))
    }
    let weights = Tolerance(relative: 0, absolute: 2e-6, because: "fifty steps in float32")
    let names = WeightNames.huggingFace(student.configuration).namesByPath(prefixed: true)
    var compared = 0
    func expectWeights(_ values: [Float], _ name: String) throws {
      compared += 1
      // AdamW divides rounding by itself there.
      if name.hasSuffix("k_lin.bias") { return }
      let chosen = stride(from: 0, to: values.count, by: 7).map { values[$0] }
      try ParityRecord.$subject.withValue("\(run.name): the weights after them") {
        expectClose(chosen, try run.fixture.floats("\(run.name)/weights/\(name)"), weights, name)
      }
    }
    for (path, values) in watcher.weights { try expectWeights(values, names[path] ?? path) }
    for parameter in own { try expectWeights(parameter.valueArray, nameOfOwn(parameter)) }
    #expect(compared == run.fixture.names(in: "\(run.name)/weights").count)
  }

  @Test(
    "projections with a rate, a decay and a clipping of their own",
    arguments: ["projections_together", "projections_apart"])
  func projections(_ name: String) throws {
    let run = try run(name)
    let term = Hidden(
      compare: .mse,
      states: .pairs([LayerPair(teacher: 0, student: 0), LayerPair(teacher: 3, student: 2)]),
      overPairs: .sum, positions: .all, average: .tokens,
      projection: try projection(run, name.hasSuffix("together") ? .withStudent : .apart))
    try expectFollowed(
      run, Objective(WeightedTerm(1, MaskedLanguage()), WeightedTerm(0.5, term)),
      student: narrow(heads: [.maskedLanguage]), terms: ["masked_lm", "hidden"])
  }

  @Test("weights that change from step to step")
  func schedules() throws {
    let run = try run("schedules")
    try expectFollowed(
      run,
      Objective(
        WeightedTerm(
          .linear(from: 2, to: 0.5, share: 0.6), SoftTargets(temperature: 2, positions: .all)),
        WeightedTerm(
          .steps([.init(step: 0, value: 0.5), .init(step: 20, value: 1.5)]), MaskedLanguage()),
        WeightedTerm(1, HiddenCosine())),
      student: run.startingModel(.distilbert, heads: [.maskedLanguage]),
      terms: ["soft_targets", "masked_lm", "cosine"])
  }

  @Test("two teachers: answers combined in both ways, and a state of each")
  func teachers() throws {
    let run = try run("teachers")
    let student = try run.startingModel(.distilbert, heads: [.classification])
    let data = try run.labelled()
    func taught(
      _ weight: Double, _ name: String, by teachers: [String], _ combination: TeacherCombination?,
      _ term: some LossTerm
    ) -> WeightedTerm {
      var weighted = WeightedTerm(weight, term, name: name)
      (weighted.teachers, weighted.combination) = (teachers, combination)
      return weighted
    }
    func states(_ compare: Hidden.Comparison, _ number: Int) -> Hidden {
      Hidden(
        compare: compare, states: .pairs([LayerPair(teacher: number, student: number)]),
        positions: .all, average: .tokens)
    }
    let objective = Objective(
      taught(
        0.5, "probabilities", by: ["a", "b"], .probabilities, ClassSoftTargets(temperature: 2)),
      taught(
        0.3, "logits", by: ["a", "b"], .logits,
        ClassSoftTargets(SoftTargetSettings(temperature: 3, scale: .none))),
      taught(0.2, "hidden", by: ["a"], nil, states(.mse, 3)),
      taught(0.4, "direction", by: ["b"], nil, states(.cosine, 2)),
      WeightedTerm(0.3, CrossEntropy()))
    let models = [("a", try run.startingModel(.bert, heads: [.classification])), ("b", second())]
    let watcher = TrajectoryWatcher(student, stepCount: run.stepCount)
    let training = FineTuning(
      model: student, training: data, validation: data,
      teacher: try TeacherGroup.of(models) { name, model in
        try ClassifierTeacher(
          model: model, training: data.sequences, reads: objective.reads(ofTeacher: name ?? ""),
          engine: engine)
      },
      settings: try run.settings(objective), selectBest: .last, order: .sequential, engine: engine,
      observer: watcher)
    #expect(try training.run().step == run.stepCount)
    try expectSame(
      run, watcher, student,
      ["probabilities", "logits", "hidden", "direction", "cross_entropy"])
  }

  @Test("relations of MiniLM and MiniLMv2 with attention scores")
  func relations() throws {
    let run = try run("relations")
    func pair(_ teacher: Int, _ student: Int) -> LayerPair {
      LayerPair(teacher: teacher, student: student)
    }
    let third = 1.0 / 3
    try expectFollowed(
      run,
      Objective(
        WeightedTerm(
          1,
          AttentionRelations(
            of: [.init(.queryKey), .init(.valueValue)], heads: 4, blocks: BlockPairs(.last),
            average: .sequences), name: "minilm"),
        WeightedTerm(
          0.5,
          AttentionRelations(
            of: [.queryQuery, .keyKey, .valueValue].map { .init($0, weight: third) }, heads: 16,
            blocks: BlockPairs(.pairs([pair(1, 2)])), average: .rows), name: "minilmv2"),
        WeightedTerm(
          0.2,
          AttentionMaps(
            of: .scores, compare: .mse, heads: .each,
            blocks: BlockPairs(.pairs([pair(0, 0), pair(2, 1)]), reduction: .sum), average: .pairs))
      ), student: run.startingModel(.distilbert, heads: []),
      terms: ["minilm", "minilmv2", "attention"])
  }

  @Test("sentence vectors: InfoNCE of projected means, similarities of first tokens")
  func sentences() throws {
    let run = try run("sentences")
    try expectFollowed(
      run,
      Objective(
        WeightedTerm(
          1,
          Sentence(
            compare: .infoNCE(temperature: 0.1), pooling: .mean, isNormalised: true,
            projection: try projection(run, .withStudent)), name: "info_nce"),
        WeightedTerm(
          2, Sentence(compare: .similarityMSE, pooling: .first, isNormalised: true),
          name: "similarities")), student: narrow(heads: []), terms: ["info_nce", "similarities"])
  }
}

extension Parameter {
  /// unit(name, i) / 2 of Tests/Peers/integer_hash.py, a scale 1 + that.
  fileprivate func fillHalf(named name: String) {
    let (hash, base): (IntegerHash, Float) = (IntegerHash(name: name), kind == .normScale ? 1 : 0)
    set(values.indices.map { base + hash.unit($0) / 2 })
  }
}
