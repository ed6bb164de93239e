import RetortTensorEngine
import RetortTestSupport
import Testing

/// Gradients of two micro-batches add up to those of one batch.
@Suite struct GradientAccumulationTests {
  @Test("two micro-batches give the gradients of the batch they make together")
  func microBatches() {
    var random = RandomInputs(5)
    let model = SmallEncoder(random: &random, dropout: 0)
    let lengths = [4, 9, 2, 13]
    let ids = random.integers(lengths.reduce(0, +), below: SmallEncoder.vocabularySize)
    let labels: [Int32] = [0, 1, 1, 0]
    let engine = Engine(threadCount: 2)

    func contribute(_ range: Range<Int>) -> [Double] {
      let first = lengths[..<range.lowerBound].reduce(0, +)
      let count = lengths[range].reduce(0, +)
      return model.forwardBackward(
        in: usedScope(engine),
        ids: Array(ids[first..<first + count]), lengths: Array(lengths[range]),
        labels: Array(labels[range]), gradientScale: 1 / 4, mode: .inference)
    }
    let whole = contribute(0..<4)
    let expected = model.parameters.map(\.gradientArray)
    for parameter in model.parameters { parameter.clearGradient() }
    let parts = contribute(0..<1) + contribute(1..<4)

    let tolerance = Tolerance(
      relative: 1e-4, absolute: 2e-6, because: "the same float32 sums in another order")
    expectClose(parts, whole, tolerance, "losses")
    for (parameter, reference) in zip(model.parameters, expected) {
      if parameter.path.hasSuffix("key.bias") {
        // Softmax does not see a shift of all keys: this gradient is zero but for rounding.
        expectZero(parameter.gradientArray, within: 1e-6, because: "rounding", parameter.path)
      } else {
        expectClose(parameter.gradientArray, reference, tolerance, parameter.path)
      }
    }
  }

  @Test("adjacent parameters of which some took part before the others add up")
  func spansOfDifferentAge() {
    var random = RandomInputs(6)
    let values = random.normal(5 * 4)
    let parts = Parameter.contiguous(
      ["a", "b", "c"].map { (path: $0, kind: .weight, shape: [3, 4]) })
    for parameter in parts {
      _ = parameter.values.update(fromContentsOf: random.normal(12))
    }
    func contribute(_ range: Range<Int>) {
      let scope = usedScope(Engine(threadCount: 1))
      let x = scope.input(values, rows: 5, columns: 4)
      let y = scope.linear(
        x, weight: ParameterSpan(contiguous: Array(parts[range])), bias: nil)
      scope.seedGradient(of: y, with: [Float](repeating: 1, count: 5 * y.columns))
      scope.backward()
    }
    contribute(0..<3)
    let whole = parts.map(\.gradientArray)
    for parameter in parts { parameter.clearGradient() }
    // As queries and keys alone in one batch, all three in the next, keys and values in a third.
    for range in [0..<2, 0..<3, 1..<3] { contribute(range) }
    let tolerance = Tolerance(relative: 1e-6, absolute: 1e-6, because: "sums of equal parts")
    for (index, times) in [2, 3, 2].enumerated() {
      expectClose(
        parts[index].gradientArray, whole[index].map { $0 * Float(times) }, tolerance,
        parts[index].path)
    }
  }
}
