/// Why training stopped before its end.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A loss or the gradient's norm is infinite or not a number.
  case notFinite(term: String, value: Double, step: Int, examples: [Int])
  /// A signal asked to stop; everything is in the checkpoint.
  case interrupted(step: Int, checkpoint: String?)
  /// A checkpoint that belongs to another training.
  case foreignProgress(String)
  /// Nothing to train on.
  case noData(String)
  case checkpoint(String)

  public var description: String {
    switch self {
    case .notFinite(let term, let value, let step, let examples):
      let shown = examples.prefix(8).map(String.init).joined(separator: ", ")
      return
        "\(term) is \(value) at step \(step) (examples \(shown)\(examples.count > 8 ? ", …" : "")): "
        + "training stopped, the last checkpoint is unchanged; a lower learning rate may help"
    case .interrupted(let step, let checkpoint):
      return "stopped after step \(step)" + (checkpoint.map { ", saved in \($0)" } ?? "")
    case .foreignProgress(let what):
      return "the checkpoint belongs to another training: \(what); start without --resume"
    case .noData(let what): return what
    case .checkpoint(let what): return what
    }
  }
}
