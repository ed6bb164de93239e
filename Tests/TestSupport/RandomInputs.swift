// Seeded random inputs, the same in every run.
import RetortRandomness

/// Draws float32 inputs one after another; a case names its own place, so cases do not move each other.
public struct RandomInputs {
  private var stream: RandomStream

  public init(_ place: Int, seed: UInt64 = 20_240_905) {
    stream = RandomStream(
      seed: seed, name: .synthesis, place: (UInt32(truncatingIfNeeded: place), 0))
  }

  /// Normally distributed values.
  public mutating func normal(_ count: Int, scale: Double = 1, mean: Double = 0) -> [Float] {
    (0..<count).map { _ in Float(stream.standardNormal() * scale + mean) }
  }

  /// Whole numbers in 0..<bound.
  public mutating func integers(_ count: Int, below bound: Int) -> [Int32] {
    (0..<count).map { _ in Int32(stream.integer(below: UInt32(bound))) }
  }

  /// Distinct whole numbers in 0..<bound, in ascending order.
  public mutating func ascending(_ count: Int, below bound: Int) -> [Int32] {
    stream.permutation(count: bound).prefix(count).sorted().map { Int32($0) }
  }
}
