/// The compute resources of a process: worker threads, the BLAS kernel and scratch memory. Teacher and
/// student, training and inference share one.
public final class Engine: @unchecked Sendable {
  private let workers: WorkerPool
  private var scratchBuffers: [AlignedBuffer]
  private var packedPanels = AlignedBuffer(count: 0)
  /// Of the parameters being swept, kept from step to step.
  var sweep = ParameterSweep()

  /// What the operations have come to.
  public var meter = WorkMeter()

  /// Whether the kernels were compiled with the optimiser. Without it they are some 300 times slower.
  public static var isOptimised: Bool { !_isDebugAssertConfiguration() }

  /// Number of threads that compute.
  public var threadCount: Int { workers.threadCount }

  /// - Parameter threadCount: at least 1; results do not depend on it.
  public init(threadCount: Int) {
    BLASKernel.prepare
    BLASBuffers.reserve(threadCount)
    workers = WorkerPool(threadCount: threadCount)
    scratchBuffers = (0..<threadCount).map { _ in AlignedBuffer(count: 0) }
  }

  /// Sees to `count` values of scratch memory for each worker; contents are kept only within one piece of work.
  func reserveScratch(_ count: Int) {
    for worker in scratchBuffers.indices where scratchBuffers[worker].values.count < count {
      scratchBuffers[worker] = AlignedBuffer(count: count)
    }
  }

  func scratch(of worker: Int) -> UnsafeMutablePointer<Float> {
    guard let base = scratchBuffers[worker].values.baseAddress else {
      preconditionFailure("scratch memory was not reserved")
    }
    return base
  }

  /// Memory for `count` values that all workers see; contents are kept only within one piece of work.
  func reservePackedPanels(_ count: Int) -> UnsafeMutablePointer<Float> {
    if packedPanels.values.count < count || packedPanels.values.isEmpty {
      packedPanels = AlignedBuffer(count: max(count, 1))
    }
    guard let base = packedPanels.values.baseAddress else {
      preconditionFailure("memory for packed panels was not reserved")
    }
    return base
  }

  // MARK: Work, which all passes through here to be accounted for

  /// Does a piece of an operation's work on the calling thread.
  func perform<Result>(_ cost: OperationCost, _ body: () -> Result) -> Result {
    let start = meter.start()
    defer { meter.add(cost, startedAt: start) }
    return body()
  }

  /// Does it in tiles side by side: `body(tile, worker)`.
  func perform(
    _ cost: OperationCost, tiles: Int, _ body: (_ tile: Int, _ worker: Int) -> Void
  ) {
    perform(cost) { run(tiles: tiles, body) }
  }

  /// Cuts 0..<count into blocks of `block` and works on them side by side: `body(range, worker)`.
  func perform(
    _ cost: OperationCost, onEach block: Int, of count: Int,
    _ body: (_ range: Range<Int>, _ worker: Int) -> Void
  ) {
    perform(cost, tiles: (count + block - 1) / block) { tile, worker in
      body(tile * block..<min((tile + 1) * block, count), worker)
    }
  }

  /// A part of a piece of work that is already accounted for.
  func run(tiles: Int, _ body: (_ tile: Int, _ worker: Int) -> Void) {
    workers.run(tiles: tiles, body)
  }
}
