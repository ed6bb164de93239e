import Glibc

/// Masked language modelling: cross-entropy, in nats, of the vocabulary's softmax with the word that was there
/// before masking, on the rows that carry a label.
///
/// Gradient of a row: softmax(s) - onehot(label).
/// Source: Devlin et al. 2019, section 3.1; torch.nn.CrossEntropyLoss with ignore_index.
public struct MaskedLanguageObjective: VocabularyObjective {
  let labels: [Int32]
  public let readsTeacher = false

  /// - Parameter labels: [R], -1 where there is nothing to predict.
  public init(labels: [Int32]) { self.labels = labels }

  public func applies(toRow row: Int) -> Bool { labels[row] >= 0 }

  public func evaluate(_ row: VocabularyRow) -> Double {
    let label = Int(labels[row.index])
    precondition(label < row.count, "label \(label) of \(row.count) words")
    let highest = RowKernels.maximum(row.student, row.count)
    let e = row.scratch
    let total = RowKernels.exponentials(
      of: row.student, minus: highest, times: 1, into: e, row.count)
    if let gradient = row.gradient {
      let factor = Float(row.gradientScale / Double(total))
      RowKernels.contributeScaled(e, by: factor, to: gradient, adds: row.adds, row.count)
      gradient[label] -= Float(row.gradientScale)
    }
    return log(Double(total)) + Double(highest) - Double(row.student[label])
  }
}

extension RowKernels {
  /// y (+)= x · factor
  static func contributeScaled(
    _ x: UnsafePointer<Float>, by factor: Float, to y: UnsafeMutablePointer<Float>, adds: Bool,
    _ count: Int
  ) {
    let factor = Vector(repeating: factor)
    for part in VectorParts(count) {
      let new = load(x, part) * factor
      store(adds ? load(y, part) + new : new, y, part)
    }
  }
}
