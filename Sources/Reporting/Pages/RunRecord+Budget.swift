// What an experiment was allowed to cost, as its definition says.
import Options
import Records
import StrictJSON
import StrictYAML

extension RunRecord.Experiment {
  /// The definition's `budget`; nil where it states none.
  var budget: String? {
    let read = YAMLReading.tree(of: definition.joined(separator: "\n")) { _, _ in .standard }
    return read.tree?["budget"]?.scalar?.onOneLine
  }
}
