import RetortTransformers
import Testing

@Suite("Encoder")
struct EncoderTests {
  private let engine = Engine(threadCount: 2)
  private let batch = SmallBatch()

  private func encode(
    _ model: TransformerModel, _ request: HiddenStateRequest, mode: ForwardMode = .inference,
    recording: Bool = false
  ) -> (last: [Float]?, layers: [Int: [Float]]) {
    let scope = ComputeScope(engine: engine, recording: recording)
    let states = model.encoder.encode(
      tokenIDs: batch.tokenIDs, layout: batch.layout, request: request, mode: mode, in: scope)
    return (states.last?.rows.copyValues(), states.layers.mapValues { $0.copyValues() })
  }

  @Test(
    "equals the formulas in double precision", arguments: ModelFamily.allCases)
  func reference(_ family: ModelFamily) {
    let model = TransformerModel.drawn(.small(family), heads: [])
    let result = encode(model, HiddenStateRequest(lastLayer: .all, layers: [0, 1, 2, 3]))
    let reference = ReferenceEncoder(model)
    var expected = [[Float]](repeating: [], count: 4)
    for n in 0..<batch.layout.sequenceCount {
      let rows = Int(batch.layout.offsets[n])..<Int(batch.layout.offsets[n + 1])
      for (layer, state) in reference.hiddenStates(Array(batch.tokenIDs[rows])).enumerated() {
        expected[layer] += state.flatMap { $0 }.map(Float.init)
      }
    }
    for layer in 0...3 {
      // Values of order 1 after a normalisation; float32 sums of 24 terms.
      #expect(largestDifference(result.layers[layer] ?? [], expected[layer]) < 2e-5)
    }
    #expect(result.last == result.layers[3])
  }

  @Test(
    "of the last layer, some rows are what they are among all",
    arguments: ModelFamily.allCases, [false, true])
  func prunedRows(_ family: ModelFamily, recording: Bool) {
    // With dropout: its masks go by place, so they too are the same.
    let model = TransformerModel.drawn(.small(family, dropout: 0.2), heads: [])
    let mode = ForwardMode.training(dropout: CounterDropout(seed: 3, step: 1, microBatch: 0))
    let all = encode(model, .all, mode: mode, recording: recording).last ?? []
    let requests: [(HiddenStateRequest.Rows, [Int])] = [
      (.first, [0, 4, 5]), (.selection([1, 2, 11]), [1, 2, 11]), (.selection([4]), [4]),
    ]
    for (rows, numbers) in requests {
      let some = encode(
        model, HiddenStateRequest(lastLayer: rows), mode: mode, recording: recording)
      let expected = numbers.flatMap { all[$0 * 16..<($0 + 1) * 16] }
      #expect(largestDifference(some.last ?? [], expected) < 1e-5)
    }
  }

  @Test("a forward-only scope gives the bits of a recording one and reuses memory")
  func forwardOnly() {
    let model = TransformerModel.drawn(.small(.bert, layers: 8), heads: [])
    let request = HiddenStateRequest(lastLayer: .first, layers: [0, 3, 4])
    let (recorded, plain) = (encode(model, request, recording: true), encode(model, request))
    #expect(recorded.last == plain.last)
    #expect(recorded.layers == plain.layers)

    func peak(recording: Bool, layers: Int) -> Int {
      let model = TransformerModel.drawn(.small(.bert, layers: layers), heads: [])
      let scope = ComputeScope(engine: engine, recording: recording)
      _ = model.encoder.encode(
        tokenIDs: batch.tokenIDs, layout: batch.layout, request: .all, mode: .inference, in: scope)
      return scope.peakActivationBytes
    }
    #expect(peak(recording: false, layers: 8) == peak(recording: false, layers: 2))
    #expect(peak(recording: true, layers: 8) > peak(recording: true, layers: 2))
  }

  @Test("layers above the highest one asked for are not computed")
  func unreadLayers() {
    let model = TransformerModel.drawn(.small(.distilbert), heads: [])
    for parameter in model.encoder.blocks[2].parameters {
      parameter.values.update(repeating: .nan)
    }
    let states = encode(model, HiddenStateRequest(lastLayer: nil, layers: [2]))
    #expect(states.last == nil)
    #expect(states.layers[2]?.allSatisfy(\.isFinite) ?? false)
  }

  @Test("gradients reach every parameter of encoder and head")
  func gradients() {
    for family in ModelFamily.allCases {
      let model = TransformerModel.drawn(.small(family, dropout: 0.1), heads: [.classification])
      let scope = ComputeScope(engine: engine, recording: true)
      let logits = model.classify(
        tokenIDs: batch.tokenIDs, layout: batch.layout,
        mode: .training(dropout: CounterDropout(seed: 1, step: 1, microBatch: 0)), in: scope)
      #expect(logits.shape == Shape(3, 3))
      scope.seedGradient(of: logits, with: [1, -1, 0, 0, 1, -1, 1, 0, -1])
      scope.backward()
      // Softmax does not see a shift: the key projection's bias has a gradient of rounding noise at most.
      for parameter in model.parameters where !parameter.path.hasSuffix("key.bias") {
        #expect(parameter.gradientValues()?.contains { $0 != 0 } ?? false, "\(parameter.path)")
      }
    }
  }

  @Test("dropout sites are numbered in the order of the forward pass")
  func sites() {
    let bert = DropoutSites(.small(.bert, layers: 2))
    #expect(bert.embedding.index == 0)
    #expect(bert.layers.map(\.attention.index) == [1, 4])
    #expect(bert.layers.map(\.attentionOutput?.index) == [2, 5])
    #expect(bert.layers.map(\.feedForward.index) == [3, 6])
    #expect(bert.head.index == 7)
    let distilBert = DropoutSites(.distilBertBase)
    #expect(distilBert.layers[5].feedForward.index == 12)
    #expect(distilBert.layers.allSatisfy { $0.attentionOutput == nil })
    #expect(distilBert.head.index == 13)
    #expect(distilBert.head.probability == 0.2)
  }
}
