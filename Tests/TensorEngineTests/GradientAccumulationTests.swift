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
}
