// What an experiment was allowed to cost, as its definition says.

import Records
import StrictJSON
import Yams

extension RunRecord.Experiment {
  /// The definition's `budget`; nil where it states none.
  var budget: String? {
    let node = try? Yams.compose(yaml: definition.joined(separator: "\n"))
    return node?.mapping?["budget"]?.string?.onOneLine
  }
}
