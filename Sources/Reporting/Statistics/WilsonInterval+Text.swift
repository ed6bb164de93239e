import RetortEvaluation
import RetortFormatting

extension WilsonInterval {
  static func text(correct: Int, count: Int) -> String {
    guard count > 0 else { return "-" }
    let interval = WilsonInterval(correct: correct, count: count)
    return "\(interval.low.fixed(4))-\(interval.high.fixed(4))"
  }
}
