// Operations at published sizes against PyTorch, whose inputs both sides compute: operations.h5.
import RetortRandomness
import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite("Large operations equal PyTorch's")
struct LargeOperationParityTests {
  static let groups = ["attention_512/heads2_size64", "linear_wide/213x768x3072"]

  /// Compares a tensor's norm, its projection on hashed numbers, and 64 of its elements.
  private func expect(
    _ values: [Float], _ name: String, of `case`: OperationCase, relative: Double, because: String
  ) throws {
    let norm = try `case`.number("\(name)_norm")
    let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    let tolerance = Tolerance(relative: relative, absolute: 0, because: because)
    expectClose([squares.squareRoot()], [norm], tolerance, "norm of \(name)")
    // A projection may come out near zero: its error is that of the whole tensor.
    let projection = IntegerHash.projection(of: values)
    #expect(
      (projection - (try `case`.number("\(name)_projection"))).magnitude < relative * norm,
      "projection of \(name)")
    let places = try `case`.integers("\(name)_places")
    let mean = norm / Double(values.count).squareRoot()
    expectClose(
      places.map { values[Int($0)] }, try `case`.floats("\(name)_samples"),
      Tolerance(relative: relative, absolute: relative * mean, because: because),
      "samples of \(name)")
  }

  private func hashed(_ group: String, _ name: String, _ count: Int, _ scale: Float) -> [Float] {
    IntegerHash(name: "\(group)/\(name)").values(count, scale: scale)
  }

  @Test("attention over 512 tokens beside 3")
  func attention() throws {
    let group = "attention_512/heads2_size64"
    let `case` = try OperationCase(group)
    let layout = SequenceLayout(offsets: try `case`.integers("offsets"))
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let count = 515 * 128
    let tensors = ["query", "key", "value"].map {
      scope.input(hashed(group, $0, count, 4), rows: 515, columns: 128, differentiable: true)
    }
    let o = scope.attention(
      queries: TensorColumns(tensors[0]), keys: TensorColumns(tensors[1]),
      values: TensorColumns(tensors[2]), layout: layout, selection: layout.allRows, headCount: 2,
      headSize: 64, site: DropoutSite(index: 0, probability: 0), mode: .inference)
    let reason = "float32 softmax over 512 scores of 64 products"
    try expect(o.copyValues(), "y", of: `case`, relative: 2e-5, because: reason)
    scope.seedGradient(of: o, with: hashed(group, "upstream", count, 4))
    scope.backward()
    for (name, tensor) in zip(["query", "key", "value"], tensors) {
      try expect(
        scope.gradientValues(of: tensor) ?? [], "\(name)_gradient", of: `case`, relative: 5e-5,
        because: reason)
    }
  }

  @Test("BERT-base's feed-forward projection of 213 tokens")
  func linear() throws {
    let group = "linear_wide/213x768x3072"
    let `case` = try OperationCase(group)
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let x = scope.input(
      hashed(group, "x", 213 * 768, 1), rows: 213, columns: 768, differentiable: true)
    let weight = Parameter(hashed(group, "weight", 3072 * 768, 1), shape: [3072, 768])
    let bias = Parameter(hashed(group, "bias", 3072, 1), kind: .bias, shape: [3072])
    let y = scope.linear(x, weight: ParameterSpan(weight), bias: ParameterSpan(bias))
    let reason = "float32 sums of up to 3,072 products"
    try expect(y.copyValues(), "y", of: `case`, relative: 1e-5, because: reason)
    scope.seedGradient(of: y, with: hashed(group, "upstream", 213 * 3072, 1))
    scope.backward()
    try expect(
      scope.gradientValues(of: x) ?? [], "x_gradient", of: `case`, relative: 1e-5,
      because: reason)
    try expect(weight.gradientArray, "weight_gradient", of: `case`, relative: 1e-5, because: reason)
    try expect(bias.gradientArray, "bias_gradient", of: `case`, relative: 1e-5, because: reason)
  }
}
