// The interval of a share: how far an accuracy on a finite set can be trusted.

/// Wilson's score interval, at 95 % unless told otherwise.
///   centre = (p + z²/2n) / (1 + z²/n),  half = z/(1 + z²/n) · sqrt(p(1-p)/n + z²/4n²)
/// Unlike p ± z·sqrt(p(1-p)/n) it stays within 0...1 and is right near both ends.
/// - Source: E. B. Wilson, JASA 22 (1927), 209-212.
public struct WilsonInterval: Sendable, Equatable {
  /// The 97.5 % point of the normal distribution.
  public static let z95 = 1.959963984540054

  public let low: Double
  public let high: Double

  /// - count: > 0; correct in 0...count.
  public init(correct: Int, count: Int, z: Double = Self.z95) {
    precondition(count > 0 && (0...count).contains(correct), "\(correct) of \(count)")
    self.init(share: Double(correct) / Double(count), of: Double(count), z: z)
  }

  /// - Parameters:
  ///   - p: the share, 0...1.
  ///   - n: how many independent examples it is of; > 0, not always whole.
  public init(share p: Double, of n: Double, z: Double = Self.z95) {
    precondition(n > 0 && (0...1).contains(p), "\(p) of \(n)")
    let widening = 1 + z * z / n
    let centre = (p + z * z / (2 * n)) / widening
    let half = z / widening * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    low = p == 0 ? 0 : centre - half
    high = p == 1 ? 1 : centre + half
  }
}
