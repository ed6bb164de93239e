import RetortTensorEngine

/// A scope that was used before: all memory it hands out, of activations and of gradients, is full of
/// not-a-number, so that an operation which leaves anything unwritten is found out.
func usedScope(_ engine: Engine, recording: Bool = true) -> ComputeScope {
  let scope = ComputeScope(engine: engine, recording: recording)
  func use(_ count: Int) {
    let values = [Float](repeating: .nan, count: count)
    let tensor = scope.input(values, rows: 1, columns: count, differentiable: true)
    if recording { scope.seedGradient(of: tensor, with: values) }
  }
  // Gradients' memory is kept by size: several pieces of each, as an operation has several inputs.
  for count in stride(from: 1024, through: 16384, by: 1024) {
    for _ in 0..<4 { use(count) }
  }
  for count in stride(from: 18432, through: 65536, by: 2048) { use(count) }
  use(1 << 20)
  scope.reset()
  return scope
}
