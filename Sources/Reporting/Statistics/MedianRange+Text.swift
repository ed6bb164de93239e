import RetortFormatting
// Median and range as tables show them.
import RetortRecords

extension MedianRange {
  /// `0.9048 (0.9037-0.9071)`; a single value stands alone.
  public func text(digits: Int = 4) -> String {
    guard count > 1 else { return median.fixed(digits) }
    return "\(median.fixed(digits)) (\(minimum.fixed(digits))-\(maximum.fixed(digits)))"
  }
}
