// What the accounts of a distillation come to, for its table and its picture.

/// The accounts of one stage, with what it is called on the page.
struct LossAccounts {
  typealias Point = RunRecord.LossAccounting.Point
  var label: String
  private let accounting: RunRecord.LossAccounting
  var every: Int { accounting.every }
  var terms: [RunRecord.LossAccounting.Term] { accounting.terms }
  var points: [Point] { accounting.points }
  var pairs: [(Int, Int)] { accounting.pairs }

  init(label: String, _ accounting: RunRecord.LossAccounting) {
    (self.label, self.accounting) = (label, accounting)
  }

  /// Of the pair of that number, where both terms had a gradient: where nothing was masked one has none.
  func cosines(_ pair: Int) -> [Double] {
    let (first, second) = pairs[pair]
    return points.filter { $0.gradientNorms[first] > 0 && $0.gradientNorms[second] > 0 }
      .map { $0.gradientCosines[pair] }
  }

  /// `5/2/1`
  var weightText: String { terms.map { $0.weight.significant(6) }.joined(separator: "/") }

  /// A term's weighted gradient norm beside the sum of all.
  func share(of term: Int, at point: Point) -> Double {
    let weighted = zip(point.gradientNorms, terms).map { $0 * $1.weight }
    let sum = weighted.reduce(0, +)
    return sum == 0 ? 0 : weighted[term] / sum
  }

  /// Weights, the first term's as it is, at which the terms' median gradients would be of one length; nil for a
  /// single term and where one has no gradient.
  var evenWeights: [Double]? {
    let norms = terms.indices.compactMap { index in
      MedianRange(points.map { $0.gradientNorms[index] })?.median
    }
    guard terms.count > 1, norms.count == terms.count, norms.allSatisfy({ $0 > 0 }) else {
      return nil
    }
    return norms.map { terms[0].weight * norms[0] / $0 }
  }
}

extension ExperimentRuns {
  /// Of the stages whose loss was taken apart.
  var lossAccounts: [LossAccounts] {
    distinctStages.compactMap { entry in
      entry.stage.accounting.flatMap { accounting in
        accounting.points.isEmpty
          ? nil : LossAccounts(label: label(of: entry), accounting)
      }
    }
  }
}
