import RetortTestSupport
import Testing

@testable import RetortTensorEngine

@Suite struct ComputeScopeTests {
  @Test("a tensor used after its scope was reset traps")
  func useAfterReset() async {
    await #expect(processExitsWith: .failure) {
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
      let x = scope.input([1, 2], rows: 1, columns: 2)
      scope.reset()
      _ = x.copyValues()
    }
    await #expect(processExitsWith: .success) {
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
      scope.reset()
      let x = scope.input([1, 2], rows: 1, columns: 2)
      precondition(x.copyValues() == [1, 2])
    }
  }

  @Test("operations on shapes that do not fit trap")
  func shapes() async {
    await #expect(processExitsWith: .failure) {
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
      let weight = Parameter(path: "w", kind: .weight, shape: [3, 4])
      _ = scope.linear(
        scope.input([1, 2], rows: 1, columns: 2), weight: ParameterSpan(weight), bias: nil)
    }
    await #expect(processExitsWith: .failure) {
      let words = Parameter(path: "w", kind: .embedding, shape: [3, 4])
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
      _ = scope.embedding(
        tokenIDs: [3], layout: SequenceLayout(offsets: [0, 1]), words: words, positions: words,
        tokenTypes: nil, paddingID: nil)
    }
    await #expect(processExitsWith: .failure) {
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
      _ = scope.crossEntropy(
        logits: scope.input([1, 2], rows: 1, columns: 2), labels: [2], gradientScale: 1)
    }
  }

  @Test("a backward pass in a forward-only scope traps")
  func forwardOnly() async {
    await #expect(processExitsWith: .failure) {
      ComputeScope(engine: Engine(threadCount: 1), recording: false).backward()
    }
  }

  @Test("keeping only a result gives back the memory of everything else")
  func keepingOnlyResult() {
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: false)
    let x = scope.input((0..<1000).map(Float.init), rows: 10, columns: 100)
    let weight = Parameter(
      (0..<10_000).map { Float($0 % 101 == 0 ? 1 : 0) }, shape: [100, 100])  // the identity
    var y = x
    var peak = 0
    for round in 0..<50 {
      y = scope.keepingOnlyResult {
        let hidden = scope.linear(y, weight: ParameterSpan(weight), bias: nil)
        return scope.linear(hidden, weight: ParameterSpan(weight), bias: nil)
      }
      if round == 0 { peak = scope.peakActivationBytes }
    }
    #expect(y.copyValues() == (0..<1000).map(Float.init))
    #expect(x.copyValues() == (0..<1000).map(Float.init))
    // One result of 4,000 bytes is kept in each round, nothing else.
    #expect(scope.peakActivationBytes <= peak + 49 * 4096)
  }

  @Test("keeping only a result that lay before the closure leaves the original alone")
  func keepingAnEarlierResult() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
    let x = scope.input([1, 2, 3], rows: 1, columns: 3)
    let y = scope.keepingOnlyResult { x }
    let z = scope.input([9, 9, 9], rows: 1, columns: 3)
    #expect(x.copyValues() == [1, 2, 3] && y.copyValues() == [1, 2, 3])
    #expect(z.copyValues() == [9, 9, 9])
  }

  @Test("in a recording scope everything is kept, and gradients flow")
  func keepingWhileRecording() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
    let x = scope.input([1, -2], rows: 1, columns: 2, differentiable: true)
    let y = scope.keepingOnlyResult { scope.activation(.relu, scope.activation(.relu, x)) }
    scope.seedGradient(of: y, with: [3, 4])
    scope.backward()
    #expect(scope.gradientValues(of: x) == [3, 0])
  }

  @Test("a step after the first takes no more memory, and the same bits come out")
  func reset() {
    var random = RandomInputs(1)
    let model = SmallEncoder(random: &random, dropout: 0.1)
    let ids = random.integers(20, below: SmallEncoder.vocabularySize)
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    func step() -> [[Float]] {
      scope.reset()
      for parameter in model.parameters { parameter.clearGradient() }
      _ = model.forwardBackward(
        in: scope, ids: ids, lengths: [12, 8], labels: [0, 1], gradientScale: 0.5,
        mode: .training(dropout: CounterDropout(seed: 1, step: 1, microBatch: 0)))
      return model.parameters.map(\.gradientArray)
    }
    let first = step()
    let peak = scope.peakActivationBytes
    for _ in 0..<3 {
      for (ours, reference) in zip(step(), first) { expectSameBits(ours, reference) }
    }
    #expect(scope.peakActivationBytes == peak)
  }

  @Test("a tensor used several times gets the sum of all its gradients")
  func severalUses() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
    let x = scope.input([0.5], rows: 1, columns: 1, differentiable: true)
    let outputs = (0..<3).map { _ in scope.activation(.relu, x) }
    for (i, y) in outputs.enumerated() { scope.seedGradient(of: y, with: [Float(1 << i)]) }
    scope.seedGradient(of: x, with: [100])
    scope.backward()
    #expect(scope.gradientValues(of: x) == [107])
  }

  @Test("what no loss depends on gets no gradient")
  func unused() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
    let x = scope.input([0.5], rows: 1, columns: 1, differentiable: true)
    let unused = scope.activation(.relu, x)
    scope.backward()
    #expect(scope.gradientValues(of: x) == nil && scope.gradientValues(of: unused) == nil)
  }
}
