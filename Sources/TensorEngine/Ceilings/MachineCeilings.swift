import RetortProcessor

/// What a machine can do at the most, measured with loops that do nothing else: the ceilings of the roofline
/// that operations are compared with.
///
/// Source of the model: Williams, Waterman, Patterson 2009 (doi 10.1145/1498765.1498785).
public struct MachineCeilings: Sendable, Codable, Equatable {
  public let threads: Int
  /// Floating-point operations a second of fused multiply-adds that stay in registers.
  public let flopsPerSecond: Double
  /// Bytes a second read and written by a(i) = b(i) + s · c(i) over arrays far larger than any cache; the read that
  /// writing to a line costs is not counted, as in STREAM (McCalpin 1995).
  public let bytesPerSecond: Double

  /// Takes about half a second, and 384 MB for the time of it.
  public init(measuredOn engine: Engine) {
    threads = engine.threadCount
    flopsPerSecond = Self.multiplyAddRate(on: engine)
    bytesPerSecond = Self.triadRate(on: engine)
  }

  private static let iterations = 1 << 20

  private static func multiplyAddRate(on engine: Engine) -> Double {
    let tiles = engine.threadCount
    // Registers of 16 values hold twelve chains and more, pairs of registers of 8 only six.
    let isWide = Processor.kernelLevel == .v4
    let flops = 2 * vectorWidth * (isWide ? 12 : 6) * iterations * tiles
    let cost = OperationCost(.probe, .forward, flops: flops, values: 0)
    // What the loops come to is written down, or the compiler would leave them out.
    let results = AlignedBuffer(count: tiles)
    let seconds = engine.bestSeconds(of: cost, tiles: tiles) { tile, _ in
      results.values[tile] = isWide ? twelveChains(seed: Float(tile)) : sixChains(seed: Float(tile))
    }
    precondition(results.values.allSatisfy { $0 > 0 }, "chains that do not converge")
    return Double(flops) / seconds
  }

  private static func sixChains(seed: Float) -> Float {
    var chains = SixChains(seed: seed)
    for _ in 0..<iterations { chains.advance() }
    return chains.sum
  }

  private static func twelveChains(seed: Float) -> Float {
    var (left, right) = (SixChains(seed: seed), SixChains(seed: seed + 1))
    for _ in 0..<iterations {
      left.advance()
      right.advance()
    }
    return left.sum + right.sum
  }

  private static func triadRate(on engine: Engine) -> Double {
    let count = 1 << 25
    let block = 1 << 16
    let (a, b, c) = (
      AlignedBuffer(count: count), AlignedBuffer(count: count), AlignedBuffer(count: count)
    )
    let cost = OperationCost(.probe, .forward, values: 3 * count)
    let seconds = engine.bestSeconds(of: cost, tiles: count / block) { tile, _ in
      guard let a = a.values.baseAddress, let b = b.values.baseAddress,
        let c = c.values.baseAddress
      else { return }
      let start = tile * block
      RowKernels.triad(b + start, c + start, times: 3, into: a + start, block)
    }
    return Double(cost.bytes) / seconds
  }
}

/// Multiply-adds that do not wait for each other: x ← term + 0.999 · x, six times over.
private struct SixChains {
  private let term: Vector
  private var a, b, c, d, e, f: Vector

  @inline(__always)
  init(seed: Float) {
    term = Vector(repeating: seed + 0.001)
    (a, b, c) = (term, term + 1, term + 2)
    (d, e, f) = (term + 3, term + 4, term + 5)
  }

  @inline(__always)
  mutating func advance() {
    let factor = Vector(repeating: 0.999)
    a = term.addingProduct(a, factor)
    b = term.addingProduct(b, factor)
    c = term.addingProduct(c, factor)
    d = term.addingProduct(d, factor)
    e = term.addingProduct(e, factor)
    f = term.addingProduct(f, factor)
  }

  var sum: Float { (a + b + c + d + e + f).laneSum }
}

extension Engine {
  /// The best of ten runs, after two that wake processors and memory.
  fileprivate func bestSeconds(
    of cost: OperationCost, tiles: Int, _ body: (_ tile: Int, _ worker: Int) -> Void
  ) -> Double {
    var best = Double.infinity
    for run in 0..<12 {
      let start = ContinuousClock.now
      perform(cost, tiles: tiles, body)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      if run >= 2 { best = min(best, seconds) }
    }
    return best
  }
}

extension RowKernels {
  /// z = x + y · factor
  fileprivate static func triad(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, times factor: Float,
    into z: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let factor = Vector(repeating: factor)
    for part in VectorParts(count) {
      store(load(x, part).addingProduct(load(y, part), factor), z, part)
    }
  }
}
