// First values of parameters: a function of the seed and of each parameter's own path.
import RetortParallel
import RetortProcessor
import RetortRandomness

/// How a new parameter is filled.
public enum Initializer: Sendable, Equatable {
  case normal(standardDeviation: Double)
  /// Uniform within ±√(6 / (rows + columns)).
  /// - Source: Glorot, Bengio 2010, equation 16; torch.nn.init.xavier_uniform_.
  case xavierUniform
  /// 1 where row and column have the same number, else 0.
  case identity
  case zeros
  case ones
}

extension Parameter {
  /// Fills the parameter. Values depend on seed, path and place within the parameter alone, so adding,
  /// leaving out or reordering other parameters moves nothing.
  public func initialize(_ initializer: Initializer, seed: UInt64) {
    switch initializer {
    case .zeros: values.update(repeating: 0)
    case .ones: values.update(repeating: 1)
    case .normal(let standardDeviation):
      var stream = stream(seed: seed)
      for i in values.indices { values[i] = Float(standardDeviation * stream.standardNormal()) }
    case .xavierUniform:
      var stream = stream(seed: seed)
      let bound = (6 / Double(rows + columns)).squareRoot()
      for i in values.indices { values[i] = Float(bound * (2 * stream.uniformDouble() - 1)) }
    case .identity:
      values.update(repeating: 0)
      for i in 0..<min(rows, columns) { values[i * columns + i] = 1 }
    }
  }

  private func stream(seed: UInt64) -> RandomStream {
    let hash = Self.hash(of: path)
    return RandomStream(
      seed: seed, name: .initialization,
      place: (UInt32(truncatingIfNeeded: hash >> 32), UInt32(truncatingIfNeeded: hash)))
  }

  /// The usual initialisation of transformers: weights and embeddings normal, biases and shifts 0,
  /// scales 1.
  public func initializeByKind(standardDeviation: Double, seed: UInt64) {
    switch kind {
    case .weight, .embedding: initialize(.normal(standardDeviation: standardDeviation), seed: seed)
    case .bias, .normShift: initialize(.zeros, seed: seed)
    case .normScale: initialize(.ones, seed: seed)
    }
  }

  /// FNV-1a, 64 bits: the place of a path in the initialisation stream.
  static func hash(of path: String) -> UInt64 {
    path.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }
}

extension Sequence where Element == Parameter {
  /// Initialises every parameter by its kind, several at a time.
  public func initializeByKind(standardDeviation: Double, seed: UInt64) {
    let all = Array(self)
    _ = concurrentMap(all.count, threads: Processor.availableCount) {
      all[$0].initializeByKind(standardDeviation: standardDeviation, seed: seed)
    }
  }
}
