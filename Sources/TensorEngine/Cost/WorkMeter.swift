import Glibc

/// Totals of an engine's operations since the meter was cleared. Pieces of work, floating-point operations
/// and bytes are always counted, which is a few additions an operation; seconds only where asked.
public struct WorkMeter: Sendable {
  /// All pieces of one operation in one phase.
  public struct Total: Sendable, Hashable {
    public let operation: OperationCost.Operation
    public let phase: OperationCost.Phase
    /// Pieces of work: an operation may be done in several.
    public fileprivate(set) var calls = 0
    public fileprivate(set) var flops = 0
    public fileprivate(set) var bytes = 0
    /// By the clock on the wall; 0 where time is not measured.
    public fileprivate(set) var seconds = 0.0
  }

  /// Whether pieces of work are timed.
  public var measuresTime = false

  public init() {}

  private var all: [Total] = OperationCost.Operation.allCases.flatMap { operation in
    OperationCost.Phase.allCases.map { Total(operation: operation, phase: $0) }
  }

  /// Of every operation that was called, in the order of `OperationCost.Operation`.
  public var totals: [Total] { all.filter { $0.calls > 0 } }

  /// Floating-point operations of all matrix products.
  public var flops: Int { all.reduce(0) { $0 + $1.flops } }

  public mutating func clear() {
    for i in all.indices { all[i] = Total(operation: all[i].operation, phase: all[i].phase) }
  }

  /// The time at which a piece of work begins, in nanoseconds; 0 where time is not measured.
  func start() -> UInt64 { measuresTime ? Self.now : 0 }

  mutating func add(_ cost: OperationCost, startedAt start: UInt64) {
    let index =
      cost.operation.rawValue * OperationCost.Phase.allCases.count + cost.phase.rawValue
    all[index].calls += 1
    all[index].flops += cost.flops
    all[index].bytes += cost.bytes
    if measuresTime { all[index].seconds += Double(Self.now - start) * 1e-9 }
  }

  /// In nanoseconds.
  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
