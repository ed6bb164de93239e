// What an experiment was allowed to cost, as its definition says.
import RetortOptions
import RetortRecords
import RetortStrictJSON
import RetortStrictYAML

extension RunRecord.Experiment {
  /// The definition's `budget`; nil where it states none.
  var budget: String? {
    let read = YAMLReading.tree(of: definition.joined(separator: "\n")) { _, _ in .standard }
    return read.tree?["budget"]?.scalar?.onOneLine
  }
}
