/// One computation: the memory its activations live in and, if it records, the tape that `backward()` follows.
///
/// Operations are methods, each in its own file under `Operations/`. A recording scope keeps what the backward
/// pass needs; a forward-only scope keeps nothing, and callers release what they have read.
/// Usage: `reset()`, forward, losses (each seeds the gradient of its input), `backward()`, then read the
/// gradients off the parameters.
public final class ComputeScope {
  public let engine: Engine
  public let isRecording: Bool
  private(set) var generation = 0

  private let arena = Arena()
  private let gradients = GradientMemory()
  private var nodes: [TapeNode] = []
  private var slots: [Slot] = []

  /// What is known of one tensor's gradient.
  private struct Slot {
    var gradient: UnsafeMutablePointer<Float>?
    var count: Int
    /// False where no trainable parameter lies behind the tensor: then nobody needs its gradient.
    var isDifferentiable: Bool
  }

  public init(engine: Engine, recording: Bool) {
    self.engine = engine
    isRecording = recording
  }

  /// The most memory that activations have taken, in bytes.
  public var peakActivationBytes: Int { arena.highWaterBytes }

  /// The most memory that gradients of activations have taken, in bytes.
  public var peakGradientBytes: Int { gradients.highWaterBytes }

  /// Takes back all memory; tensors made before are invalid from here on.
  public func reset() {
    generation += 1
    for slot in slots { recycle(slot) }
    slots.removeAll(keepingCapacity: true)
    nodes.removeAll(keepingCapacity: true)
    arena.release(to: .bottom)
  }

  /// Runs `body` and gives back the memory of everything it made except its result, which is moved down.
  /// Only in a forward-only scope: a tape needs what it recorded.
  public func keepingOnlyResult(_ body: () -> Tensor) -> Tensor {
    guard !isRecording else { return body() }
    let mark = arena.mark
    let slotCount = slots.count
    let result = body()
    let source = result.pointer
    arena.release(to: mark)
    slots.removeLast(slots.count - slotCount)
    let kept = makeTensor(rows: result.rows, columns: result.columns)
    // The ranges may overlap: the result lies at or above the place it moves to.
    if kept.pointer != source {
      kept.pointer.update(from: source, count: result.rows * result.columns)
    }
    return kept
  }

  // MARK: For operations

  /// An uninitialised tensor; differentiable if anything it is computed from is.
  func makeTensor(rows: Int, columns: Int, differentiable: Bool = false) -> Tensor {
    precondition(rows > 0 && columns > 0, "a tensor of shape [\(rows), \(columns)]")
    slots.append(
      Slot(gradient: nil, count: rows * columns, isDifferentiable: differentiable && isRecording))
    return Tensor(
      rows: rows, columns: columns, slot: slots.count - 1,
      storage: arena.allocate(rows * columns), scope: .passUnretained(self), generation: generation)
  }

  /// Memory that lives until the scope is reset.
  func allocate<Value>(_ count: Int, of type: Value.Type) -> UnsafeMutablePointer<Value> {
    arena.allocate(count, of: type)
  }

  /// Memory for the time of `body` alone.
  func withTemporaryMemory<Result>(
    _ body: (_ allocate: (Int) -> UnsafeMutablePointer<Float>) -> Result
  ) -> Result {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    return body { arena.allocate($0) }
  }

  func record(_ node: @autoclosure () -> TapeNode) {
    if isRecording { nodes.append(node()) }
  }

  /// False of a tensor of another scope, such as a teacher's.
  func isDifferentiable(_ tensor: Tensor) -> Bool {
    tensor.scope.toOpaque() == Unmanaged.passUnretained(self).toOpaque()
      && slots[tensor.slot].isDifferentiable
  }

  /// Memory for a contribution to a tensor's gradient and whether it must add to what is there.
  func gradientForContribution(
    to tensor: Tensor
  ) -> (pointer: UnsafeMutablePointer<Float>, adds: Bool) {
    if let gradient = slots[tensor.slot].gradient { return (gradient, true) }
    let gradient = gradients.take(slots[tensor.slot].count)
    slots[tensor.slot].gradient = gradient
    return (gradient, false)
  }

  /// The gradient of a tensor, nil if nothing depends on it.
  func gradient(of tensor: Tensor) -> UnsafeMutablePointer<Float>? { slots[tensor.slot].gradient }

  // MARK: Backward

  /// Follows the tape back from the gradients that the losses seeded to the parameters.
  public func backward() {
    precondition(isRecording, "a forward-only scope has no tape to follow back")
    while let node = nodes.popLast() {
      let output = node.output
      guard let upstream = slots[output.slot].gradient else { continue }
      node.backward(in: self, upstream: upstream)
      recycle(slots[output.slot])
      slots[output.slot].gradient = nil
    }
  }

  /// Adds `values` to the gradient of `tensor`, as a loss would: the start of a backward pass.
  public func seedGradient(of tensor: Tensor, with values: [Float]) {
    precondition(values.count == tensor.rows * tensor.columns, "a gradient has its tensor's shape")
    let (gradient, adds) = gradientForContribution(to: tensor)
    for i in values.indices { gradient[i] = (adds ? gradient[i] : 0) + values[i] }
  }

  private func recycle(_ slot: Slot) {
    if let gradient = slot.gradient { gradients.giveBack(gradient, slot.count) }
  }
}

/// Memory of activations' gradients, used again as soon as a gradient has been passed on: far fewer live
/// at a time than there are activations.
private final class GradientMemory {
  private let arena = Arena()
  private var free: [Int: [UnsafeMutablePointer<Float>]] = [:]

  var highWaterBytes: Int { arena.highWaterBytes }

  func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    free[Self.size(count)]?.popLast() ?? arena.allocate(Self.size(count))
  }

  func giveBack(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
    free[Self.size(count), default: []].append(pointer)
  }

  /// Sizes in steps of an eighth of their power of two, so that batches of similar size share memory.
  private static func size(_ count: Int) -> Int {
    let step = max(1024, 1 << max(0, (Int.bitWidth - max(count, 1).leadingZeroBitCount) - 4))
    return (count + step - 1) / step * step
  }
}
