// A record of a run that never took place, for tests only: plausible in shape, made by arithmetic.

import RetortRecords

/// A small generator, so that the synthetic predictions look like noise and never change.
public struct TestGenerator {
  private var state: UInt64
  public init(_ seed: UInt64) { state = seed }

  /// Uniform in 0..<1 (a 64-bit linear congruential generator, its upper bits).
  public mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / 9_007_199_254_740_992
  }
}

extension RunRecord {
  public static let syntheticLabels = LabelSequence((0..<872).map { ($0 * 7) % 872 < 444 ? 1 : 0 })

  /// Predictions with exactly `wrong` mistakes, at places that depend on `seed`.
  public static func syntheticPredictions(wrong: Int, seed: UInt64) -> LabelSequence {
    var generator = TestGenerator(seed)
    var places: Set<Int> = []
    while places.count < wrong { places.insert(Int(generator.next() * 872)) }
    return LabelSequence(
      syntheticLabels.labels.enumerated().map { places.contains($0) ? 1 - $1 : $1 })
  }

  public static func syntheticFinetune(
    id: String, variant: String = "main", model: String, correct: [Int], losses: [Double],
    encoder: Int, seed: UInt64 = 42
  ) -> Stage {
    let perEpoch = 4_210
    var generator = TestGenerator(seed + UInt64(correct[0]))
    let points = stride(from: 500, through: 12_500, by: 500).map { step in
      let epoch = Double(step / perEpoch)
      let total = 0.30 - 0.055 * epoch + 0.25 / (1 + Double(step) / 400) + 0.02 * generator.next()
      return LossCurve.Point(step: step, terms: ["cross_entropy": total], total: total)
    }
    let epochs = correct.indices.map { index in
      let step = perEpoch * (index + 1)
      return Epoch(
        epoch: index + 1, step: step,
        trainingLoss: points.last { $0.step <= step }?.total,
        epochTrainingLoss: points.filter { $0.step <= step && $0.step > step - perEpoch }
          .map(\.total).reduce(0, +) / 8.4,
        validationLoss: losses[index], correct: correct[index], count: 872)
    }
    return Stage(
      id: id, kind: .finetune, variant: variant, inputs: ["model": model],
      digest: String(repeating: "5e", count: 32), data: ["glue/sst2 train", "glue/sst2 dev"],
      seed: seed, parameters: ParameterCounts(encoder: encoder, head: 148_610), steps: 12_630,
      sequences: 202_047, tokens: 2_700_000, budget: "3 epochs",
      learningRate: "linear from 2e-05 to 0, no warm-up", loss: "cross_entropy",
      curve: LossCurve(window: 500, points: points), epochs: epochs,
      best: Best(of: epochs),
      evaluations: correct.indices.map { index in
        Evaluation(
          data: "glue/sst2 dev", epoch: index + 1, loss: losses[index], correct: correct[index],
          predictions: syntheticPredictions(
            wrong: 872 - correct[index], seed: seed + UInt64(index) + UInt64(encoder)))
      })
  }

  public static var syntheticDistill: Stage {
    var generator = TestGenerator(1)
    let points = (1...30).map { index in
      let fall = 1 / (1 + Double(index) / 6)
      let soft = 0.9 + 2.8 * fall + 0.08 * generator.next()
      let masked = 2.6 + 4.5 * fall + 0.10 * generator.next()
      let cosine = 0.08 + 0.5 * fall + 0.01 * generator.next()
      return LossCurve.Point(
        step: index * 100, terms: ["soft_targets": soft, "masked_lm": masked, "cosine": cosine],
        total: 5 * soft + 2 * masked + cosine)
    }
    return Stage(
      id: "distil", kind: .distill, inputs: ["teacher": "teacher_mlm", "student": "student"],
      digest: String(repeating: "d1", count: 32), data: ["movie_reviews"], seed: 42,
      parameters: ParameterCounts(encoder: 17_240_064, head: 178_000), steps: 3_000,
      sequences: 96_000, tokens: 2_900_000, budget: "1 epoch",
      learningRate: "linear to 0.0005 over 150 steps, then to 0",
      loss:
        "5 x 4 x KL(teacher/2, student/2) over all positions + 2 x masked_lm + 1 x cosine(last)",
      curve: LossCurve(window: 100, points: points))
  }

  /// The whole of an experiment: a distilled student, a teacher and a baseline, all fine-tuned.
  public static func synthetic(name: String = "synthetic-l3-from-l6", seed: UInt64 = 42)
    -> RunRecord
  {
    let stages = [
      syntheticDistill,
      syntheticFinetune(
        id: "sst2", model: "distil", correct: [752, 760, 757], losses: [0.3412, 0.3466, 0.4011],
        encoder: 17_240_064, seed: seed),
      syntheticFinetune(
        id: "sst2.teacher", variant: "teacher", model: "teacher_mlm", correct: [786, 782, 775],
        losses: [0.2988, 0.3538, 0.4081], encoder: 22_565_376, seed: seed),
      syntheticFinetune(
        id: "sst2.no_distillation", variant: "no_distillation", model: "student",
        correct: [731, 742, 744], losses: [0.3822, 0.3941, 0.4402], encoder: 17_240_064, seed: seed),
    ]
    return RunRecord(
      experiment: Experiment(
        name: name, question: "How much of MiniLM-L6 does a three-layer student keep?",
        file: "Experiments/\(name).yaml",
        definition: ["format: 1", "name: \(name)", "seed: \(seed)", "stages: []"],
        digest: String(repeating: "ab", count: 32), seeds: ["experiment": seed],
        compareWith: ["tpf02-report", "pytorch-2.4-minilm", "sanh-2019"]),
      program: Program(version: "0.1.0", numericsVersion: 1, blasCore: "SkylakeX"),
      weights: [
        Weights(
          name: "teacher", origin: .published, source: "sentence-transformers/all-MiniLM-L6-v2",
          digest: String(repeating: "c0", count: 32),
          architecture: "bert, 6 layers of 384, 12 heads",
          parameters: ParameterCounts(encoder: 22_565_376, head: 0)),
        Weights(
          name: "student", origin: .copied,
          source: "teacher, layers 0 2 5, token type row folded into the positions", digest: nil,
          architecture: "distilbert, 3 layers of 384, 12 heads",
          parameters: ParameterCounts(encoder: 17_240_064, head: 0)),
      ],
      data: [
        DataSet(
          name: "glue/sst2 train", digest: String(repeating: "01", count: 32), examples: 67_349,
          tokens: 897_000, balance: ["negative": 29_780, "positive": 37_569]),
        DataSet(
          name: "glue/sst2 dev", digest: String(repeating: "02", count: 32), examples: 872,
          tokens: 21_000, balance: ["negative": 428, "positive": 444], labels: syntheticLabels),
        DataSet(
          name: "movie_reviews", digest: String(repeating: "03", count: 32), examples: 24_000,
          tokens: 2_900_000),
      ],
      stages: stages,
      measured: Measured(
        machine: Machine(
          processor: "Example Processor @ 2.60GHz", processors: 2, threads: 2,
          instructions: "x86-64-v4", memoryBytes: 8_242_413_568, system: "Debian GNU/Linux 12"),
        command: "retort run Experiments/\(name).yaml",
        stages: Dictionary(
          uniqueKeysWithValues: stages.map {
            (
              $0.id,
              StageMeasurement(
                wallSeconds: 2_400, tokensPerSecond: Double($0.tokens) / 2_400,
                peakMemoryBytes: 700_000_000,
                epochSeconds: $0.epochs.map { _ in 800 }, evaluationSeconds: 12)
            )
          })))
  }
}
