// How fast the engine multiplies here.
import RetortProcessor
import RetortRandomness
import RetortTensorEngine

enum ProductTiming {
  /// Rows: the tokens of a batch of 16 sentences of SST-2, and of 8 sequences of 128. Sides: the
  /// projections of a hidden size of 768 and its feed-forward of 3,072.
  static let shapes: [(rows: Int, columns: Int, inner: Int)] = [
    (213, 768, 768), (213, 3072, 768), (213, 768, 3072), (1024, 3072, 768),
  ]

  /// Every shape on one thread and on all.
  static func speeds() -> [ProductSpeed] {
    Set([1, Processor.availableCount]).sorted().flatMap { threads in
      let engine = Engine(threadCount: threads)
      return shapes.map { shape in
        let seconds = medianSeconds(of: shape, on: engine)
        return ProductSpeed(
          rows: shape.rows, columns: shape.columns, inner: shape.inner, threads: threads,
          gigaflops: 2 * Double(shape.rows * shape.columns * shape.inner) / seconds / 1e9)
      }
    }
  }

  /// The median of as many products as fit in a fifth of a second, at least five.
  private static func medianSeconds(
    of shape: (rows: Int, columns: Int, inner: Int), on engine: Engine
  ) -> Double {
    let hash = IntegerHash(name: "products")
    let weight = Parameter(path: "weight", kind: .weight, shape: [shape.columns, shape.inner])
    _ = weight.values.update(fromContentsOf: hash.values(weight.values.count, scale: 1))
    let scope = ComputeScope(engine: engine, recording: false)
    let input = hash.values(shape.rows * shape.inner, scale: 1)
    var seconds: [Double] = []
    let start = ContinuousClock.now
    while seconds.count < 5 || ContinuousClock.now - start < .milliseconds(200) {
      scope.reset()
      let x = scope.input(input, rows: shape.rows, columns: shape.inner)
      let before = ContinuousClock.now
      _ = scope.linear(x, weight: ParameterSpan(weight), bias: nil)
      seconds.append((ContinuousClock.now - before) / .seconds(1))
    }
    return seconds.sorted()[seconds.count / 2]
  }
}
