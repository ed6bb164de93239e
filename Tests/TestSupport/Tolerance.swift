// How far two numbers may be apart, and why.

/// Bounds of an error: |actual - reference| <= absolute + relative · |reference|.
public struct Tolerance: Sendable {
  public let relative: Double
  public let absolute: Double
  /// What makes an error of this size right, such as "float32 sum of 768 terms".
  public let reason: String

  public init(relative: Double, absolute: Double, because reason: String) {
    precondition(relative >= 0 && absolute >= 0, "a tolerance cannot be negative")
    (self.relative, self.absolute, self.reason) = (relative, absolute, reason)
  }

  func allowed(at reference: Double) -> Double { absolute + relative * abs(reference) }
}
