import RetortTestSupport
import Testing

@testable import RetortTensorEngine

/// Every operation says what it costs: floating-point operations and bytes are functions of shapes.
@Suite struct WorkMeterTests {
  private let lengths = [5, 1, 9]

  private struct Model {
    var random = RandomInputs(3)
    let weight, bias, scale, shift: Parameter

    init(outputs: Int, inputs: Int) {
      weight = Parameter(
        random.normal(outputs * inputs), path: "weight", shape: [outputs, inputs])
      bias = Parameter(random.normal(outputs), path: "bias", kind: .bias, shape: [outputs])
      scale = Parameter(random.normal(outputs), path: "scale", kind: .normScale, shape: [outputs])
      shift = Parameter(random.normal(outputs), path: "shift", kind: .normShift, shape: [outputs])
    }

    mutating func input(_ scope: ComputeScope, _ rows: Int, _ columns: Int, differentiable: Bool)
      -> Tensor
    {
      scope.input(
        random.normal(rows * columns), rows: rows, columns: columns,
        differentiable: differentiable)
    }
  }

  private func total(
    _ operation: OperationCost.Operation, _ phase: OperationCost.Phase, of engine: Engine
  ) -> WorkMeter.Total? {
    engine.meter.totals.first { $0.operation == operation && $0.phase == phase }
  }

  @Test("A projection costs 2·m·n·k forward and as much again for each gradient that is computed")
  func linear() throws {
    for (trainable, differentiable) in [(true, true), (true, false), (false, true)] {
      let engine = Engine(threadCount: 1)
      let scope = ComputeScope(engine: engine, recording: true)
      var model = Model(outputs: 20, inputs: 12)
      model.weight.isTrainable = trainable
      let x = model.input(scope, 15, 12, differentiable: differentiable)
      let y = scope.linear(
        x, weight: ParameterSpan(model.weight), bias: ParameterSpan(model.bias),
        activation: .gelu)
      let forward = try #require(total(.linear, .forward, of: engine))
      #expect(forward.flops == 2 * 15 * 20 * 12)
      // x, W, the product and GELU's value of it.
      #expect(forward.bytes == 4 * (15 * 12 + 20 * 12 + 2 * 15 * 20))
      scope.seedGradient(of: y, with: [Float](repeating: 1, count: 15 * 20))
      scope.backward()
      let products = (trainable ? 1 : 0) + (differentiable ? 1 : 0)
      let backward = try #require(total(.linear, .backward, of: engine))
      #expect(backward.flops == products * 2 * 15 * 20 * 12)
      #expect(engine.meter.flops == (1 + products) * 2 * 15 * 20 * 12)
      #expect(try #require(total(.gelu, .backward, of: engine)).bytes == 4 * 3 * 15 * 20)
    }
  }

  @Test("Attention costs two products of every sequence and head forward, four backward")
  func attention() throws {
    let engine = Engine(threadCount: 2)
    let scope = ComputeScope(engine: engine, recording: true)
    let layout = SequenceLayout(offsets: [0, 5, 6, 15])
    var model = Model(outputs: 1, inputs: 1)
    let x = model.input(scope, 15, 3 * 8, differentiable: true)
    let output = scope.attention(
      queries: TensorColumns(x), keys: TensorColumns(x, from: 8),
      values: TensorColumns(x, from: 16), layout: layout, selection: layout.allRows, headCount: 2,
      headSize: 4, site: DropoutSite(index: 0, probability: 0), mode: .inference)
    let area = lengths.reduce(0) { $0 + $1 * $1 }
    let forward = try #require(total(.attention, .forward, of: engine))
    #expect(forward.flops == 2 * 2 * (2 * area * 4))
    scope.seedGradient(of: output, with: [Float](repeating: 1, count: 15 * 8))
    scope.backward()
    #expect(try #require(total(.attention, .backward, of: engine)).flops == 2 * forward.flops)
  }

  @Test("A streamed vocabulary head costs the same however its rows are cut into chunks")
  func vocabularyHead() throws {
    let rows = 600  // two chunks of 256, one of 88
    let engine = Engine(threadCount: 2)
    let scope = ComputeScope(engine: engine, recording: true)
    var model = Model(outputs: 50, inputs: 8)
    let x = model.input(scope, rows, 8, differentiable: true)
    _ = scope.vocabularyHead(
      hidden: x, decoder: model.weight, bias: model.bias,
      objectives: [
        WeightedObjective(
          MaskedLanguageObjective(
            labels: [Int32](repeating: 7, count: rows)), gradientScale: 1 / Double(rows))
      ])
    let forward = try #require(total(.vocabularyHead, .forward, of: engine))
    #expect(forward.flops == 2 * rows * 50 * 8)
    #expect(forward.calls == 3)
    #expect(try #require(total(.vocabularyHead, .backward, of: engine)).flops == 2 * forward.flops)
    // Logits and their gradient.
    #expect(
      try #require(total(.vocabularyObjectives, .forward, of: engine)).bytes == 4 * 2 * rows * 50)
  }

  @Test("An update reads and writes seven values an element; cleared, a meter has nothing")
  func update() throws {
    let engine = Engine(threadCount: 1)
    let parameter = Parameter(
      [Float](repeating: 1, count: 100_000), path: "weight", shape: [100_000, 1])
    let gradient = parameter.gradientForContribution().0
    gradient.update(repeating: 1, count: 100_000)
    _ = engine.gradientNorm(of: [parameter])
    engine.adamW([
      AdamWUpdate(
        parameter: parameter, firstMoment: AlignedBuffer(count: 100_000),
        secondMoment: AlignedBuffer(count: 100_000), step: AdamWTests.Settings().step(1))
    ])
    #expect(try #require(total(.adamW, .update, of: engine)).bytes == 4 * 700_000)
    #expect(try #require(total(.gradientNorm, .update, of: engine)).bytes == 4 * 100_000)
    engine.meter.clear()
    #expect(engine.meter.totals.isEmpty && engine.meter.flops == 0)
  }

  @Test("Time is measured where it is asked for, and only there")
  func time() throws {
    let engine = Engine(threadCount: 1)
    let scope = ComputeScope(engine: engine, recording: false)
    var model = Model(outputs: 64, inputs: 64)
    let x = model.input(scope, 64, 64, differentiable: false)
    func project() -> Double {
      engine.meter.clear()
      _ = scope.linear(x, weight: ParameterSpan(model.weight), bias: nil)
      return total(.linear, .forward, of: engine)?.seconds ?? -1
    }
    #expect(project() == 0)
    engine.meter.measuresTime = true
    let seconds = project()
    #expect(seconds > 0 && seconds < 1)
  }

  @Test("Counts are those of the whole step at any number of threads")
  func threads() {
    func totals(threads: Int) -> [WorkMeter.Total] {
      var random = RandomInputs(5)
      let model = SmallEncoder(random: &random, dropout: 0.1)
      let engine = Engine(threadCount: threads)
      let scope = ComputeScope(engine: engine, recording: true)
      let ids = random.integers(lengths.reduce(0, +), below: SmallEncoder.vocabularySize)
      _ = model.forwardBackward(
        in: scope, ids: ids, lengths: lengths, labels: [0, 1, 0], gradientScale: 1 / 3,
        mode: .training(dropout: CounterDropout(seed: 3, step: 1, microBatch: 0)))
      _ = engine.gradientNorm(of: model.parameters)
      return engine.meter.totals
    }
    let one = totals(threads: 1)
    #expect(one == totals(threads: 2) && one == totals(threads: 3))
    #expect(one.map(\.flops).reduce(0, +) > 0)
  }
}
