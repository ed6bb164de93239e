import RetortTensorEngine
import RetortTestSupport
import Testing

/// Results have the same bits at any number of threads: outputs, all gradients, and weights after 20 steps.
@Suite struct ThreadDeterminismTests {
  private let lengths = [13, 1, 40, 7, 22, 3]

  private struct Trace: Equatable {
    var losses: [Double] = []
    var gradients: [[Float]] = []
    var weights: [[Float]] = []
  }

  /// 20 steps of classification, dropout on, with AdamW.
  private func finetune(threads: Int) -> Trace {
    var random = RandomInputs(1)
    let model = SmallEncoder(random: &random, dropout: 0.1)
    let engine = Engine(threadCount: threads)
    let scope = ComputeScope(engine: engine, recording: true)
    let states = model.parameters.map {
      ($0, AlignedBuffer(count: $0.count), AlignedBuffer(count: $0.count))
    }
    var trace = Trace()
    for t in 1...20 {
      scope.reset()
      for parameter in model.parameters { parameter.clearGradient() }
      let lengths = Array(lengths.dropFirst(t % 3))
      let ids = random.integers(lengths.reduce(0, +), below: SmallEncoder.vocabularySize)
      let labels = random.integers(lengths.count, below: 2)
      trace.losses += model.forwardBackward(
        in: scope, ids: ids, lengths: lengths, labels: labels,
        gradientScale: 1 / Double(lengths.count),
        mode: .training(dropout: CounterDropout(seed: 3, step: t, microBatch: 0)))
      if t == 1 { trace.gradients = model.parameters.map(\.gradientArray) }
      let norm = engine.gradientNorm(of: model.parameters)
      trace.losses.append(norm)
      var settings = AdamWTests.Settings()
      settings.gradientScale = Float(min(1, 1 / (norm + 1e-6)))
      engine.adamW(
        states.map {
          AdamWUpdate(
            parameter: $0.0, firstMoment: $0.1, secondMoment: $0.2, step: settings.step(t))
        })
    }
    trace.weights = model.parameters.map(\.valueArray)
    return trace
  }

  /// A distillation step: all three kinds of loss on a tied vocabulary head, and the hidden states.
  private func distil(threads: Int) -> Trace {
    var random = RandomInputs(2)
    let teacher = SmallEncoder(random: &random, layers: 3, dropout: 0.1)
    let student = SmallEncoder(random: &random, dropout: 0.1)
    let engine = Engine(threadCount: threads)
    let layout = SmallEncoder.layout(lengths)
    let ids = random.integers(layout.tokenCount, below: SmallEncoder.vocabularySize)
    var labels = [Int32](repeating: -1, count: layout.tokenCount)
    for t in stride(from: 2, to: labels.count, by: 7) { labels[t] = ids[t] }

    let forward = ComputeScope(engine: engine, recording: false)
    let scope = ComputeScope(engine: engine, recording: true)
    let targets = forward.keepingOnlyResult {
      teacher.encode(
        in: forward, ids: ids, layout: layout, selection: layout.allRows, mode: .inference)
    }
    let states = student.encode(
      in: scope, ids: ids, layout: layout, selection: layout.allRows,
      mode: .training(dropout: CounterDropout(seed: 4, step: 1, microBatch: 0)))
    var trace = Trace()
    trace.losses = scope.vocabularyHead(
      hidden: states, decoder: student.words, bias: student.decoderBias,
      teacher: TeacherVocabulary(
        hidden: targets, decoder: teacher.words, bias: teacher.decoderBias),
      objectives: [
        WeightedObjective(
          SoftTargetObjective(.hinton(temperature: 2)), gradientScale: 5 / Double(layout.tokenCount)
        ),
        WeightedObjective(MaskedLanguageObjective(labels: labels), gradientScale: 0.2),
      ])
    trace.losses += scope.cosineEmbeddingLoss(
      student: states, teacher: targets, gradientScale: 1 / Double(layout.tokenCount))
    trace.losses += scope.squaredError(student: states, teacher: targets, gradientScale: 1e-3)
    scope.backward()
    trace.gradients = (student.parameters + [student.decoderBias]).map(\.gradientArray)
    return trace
  }

  @Test("fine-tuning at 1, 2 and 3 threads")
  func finetuning() {
    let one = finetune(threads: 1)
    #expect(one.losses.allSatisfy { $0.isFinite } && one.losses[0] > 0.1)
    #expect(one.gradients.allSatisfy { $0.contains { $0 != 0 } })
    for threads in [2, 3] {
      let other = finetune(threads: threads)
      #expect(other.losses == one.losses, "losses and norms at \(threads) threads")
      for i in one.gradients.indices {
        expectSameBits(other.gradients[i], one.gradients[i], "gradient \(i), \(threads) threads")
        expectSameBits(other.weights[i], one.weights[i], "weights \(i), \(threads) threads")
      }
    }
  }

  @Test("distillation at 1, 2 and 3 threads")
  func distillation() {
    let one = distil(threads: 1)
    #expect(one.losses.allSatisfy { $0.isFinite } && one.losses[0] > 0.1)
    for threads in [2, 3] {
      let other = distil(threads: threads)
      #expect(other.losses == one.losses, "losses at \(threads) threads")
      // The teacher's pooler and classifier take no part.
      for i in one.gradients.indices where one.gradients[i].contains(where: { $0 != 0 }) {
        expectSameBits(other.gradients[i], one.gradients[i], "gradient \(i), \(threads) threads")
      }
    }
  }

  /// Wide enough for several tiles in every direction.
  @Test("wide products at 1, 2 and 3 threads")
  func wideProducts() {
    var random = RandomInputs(3)
    let (x, w) = (random.normal(130 * 500), random.normal(1700 * 500))
    let (b, upstream) = (random.normal(1700), random.normal(130 * 1700))
    func run(threads: Int) -> [[Float]] {
      let (weight, bias) = (Parameter(w, shape: [1700, 500]), Parameter(b, shape: [1700]))
      let scope = ComputeScope(engine: Engine(threadCount: threads), recording: true)
      let input = scope.input(x, rows: 130, columns: 500, differentiable: true)
      let y = scope.linear(
        input, weight: ParameterSpan(weight), bias: ParameterSpan(bias), activation: .gelu)
      let output = y.copyValues()
      scope.seedGradient(of: y, with: upstream)
      scope.backward()
      return [
        output, scope.gradientValues(of: input) ?? [], weight.gradientArray, bias.gradientArray,
      ]
    }
    let one = run(threads: 1)
    for threads in [2, 3] {
      for (name, pair) in zip(["y", "∂x", "∂W", "∂b"], zip(run(threads: threads), one)) {
        expectSameBits(pair.0, pair.1, "\(name), \(threads) threads")
      }
    }
  }
}
