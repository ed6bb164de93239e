// The names that a checkpoint shares with the training that goes on from it.
import RetortOptimization
import RetortStorage

/// The loss terms and the optimizer of a training, by name: sums and moments of another one do not fit, though there may
/// be as many.
struct TrainingNames: Equatable {
  /// In the order of the objective.
  var terms: [String]
  var optimizer: String

  private static let (termsKey, optimizerKey) = ("term_names", "optimizer_name")

  init(_ settings: TrainingSettings) {
    terms = settings.objective.names
    optimizer = type(of: settings.optimization.optimizer).name
  }

  var storedValues: [String: StoredValue] {
    [
      Self.termsKey: .text(terms.joined(separator: "\n")), Self.optimizerKey: .text(optimizer),
    ]
  }

  /// - Parameter values: the progress in the checkpoint at `path`. One of an earlier version has no names: then the number
  ///   of terms must agree.
  /// - Throws: everything that differs.
  func check(_ values: [String: StoredValue], path: String) throws(TrainingError) {
    var differences: [String] = []
    if let found = values[Self.termsKey]?.text {
      let found = found.split(separator: "\n").map(String.init)
      if found != terms { differences.append(Self.difference("loss terms", found, terms)) }
    } else if let count = values["term_count"]?.integer, count != terms.count {
      differences.append("loss terms: \(count) in the checkpoint, \(terms.count) in this training")
    }
    if let found = values[Self.optimizerKey]?.text, found != optimizer {
      differences.append(Self.difference("optimizer", [found], [optimizer]))
    }
    guard differences.isEmpty else {
      throw .foreignProgress("\(path): \(differences.joined(separator: "; "))")
    }
  }

  private static func difference(_ what: String, _ found: [String], _ own: [String]) -> String {
    "\(what): \(found.joined(separator: ", ")) in the checkpoint, \(own.joined(separator: ", ")) "
      + "in this training"
  }
}
