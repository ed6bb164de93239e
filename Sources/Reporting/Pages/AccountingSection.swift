// What each term of a distillation's loss asks of the student, and what that says about the weights.

import Foundation

struct AccountingSection {
  private let runs: ExperimentRuns
  private let accounts: [LossAccounts]

  init(_ runs: ExperimentRuns) {
    self.runs = runs
    accounts = runs.lossAccounts
  }

  func text() -> String {
    guard !accounts.isEmpty else { return "" }
    let cosines = cosineTable
    return """
      ## What the terms of the loss ask for

      \(termTable.text)
      \(caption.markdownProse)
      """ + (cosines.map { "\n\($0.text)\n" } ?? "\n")
        + accounts.map { "- \(findings($0))\n" }.joined().markdownProse
  }

  private var termTable: MarkdownTable {
    var table = MarkdownTable([
      .init("Stage", .left), .init("Term", .left), .init("Raw"), .init("Scaled"), .init("Weight"),
      .init("Weighted"), .init("Gradient norm"), .init("Weighted norm"),
      .init("Share of the pull"),
    ])
    for account in accounts {
      for (index, term) in account.terms.enumerated() {
        func cell(_ digits: Int, _ value: (LossAccounts.Point) -> Double) -> String {
          MedianRange(account.points.map(value))?.text(digits: digits) ?? "-"
        }
        table.add([
          index == 0 ? account.label : "", term.name,
          cell(4) { $0.values[index] / term.scale }, cell(4) { $0.values[index] },
          term.weight.significant(6), cell(3) { $0.values[index] * term.weight },
          cell(3) { $0.gradientNorms[index] }, cell(3) { $0.gradientNorms[index] * term.weight },
          MedianRange(account.points.map { 100 * account.share(of: index, at: $0) })
            .map { "\($0.median.fixed(0)) %" } ?? "-",
        ])
      }
    }
    return table
  }

  private var cosineTable: MarkdownTable? {
    var table = MarkdownTable([
      .init("Stage", .left), .init("Gradients of", .left), .init("Cosine, median (min-max)"),
      .init("at the first account"), .init("at the last"),
    ])
    var isEmpty = true
    for account in accounts {
      for (index, pair) in account.pairs.enumerated() {
        let cosines = account.points.map { $0.gradientCosines[index] }
        table.add([
          index == 0 ? account.label : "",
          "\(account.terms[pair.0].name) and \(account.terms[pair.1].name)",
          MedianRange(cosines)?.signedText ?? "-", cosines.first?.fixed(3) ?? "-",
          cosines.last?.fixed(3) ?? "-",
        ])
        isEmpty = false
      }
    }
    return isEmpty ? nil : table
  }

  private var caption: String {
    let spacings = Set(accounts.map(\.every)).sorted().map(\.grouped).joined(separator: " or ")
    return """
      Every \(spacings) steps each term was sent back through the student by itself, on the step's own \
      batches and dropout, before the update: the training is the same to the bit. Median (lowest-highest) \
      over the accounts. Raw is the term itself, scaled with T² where there is a temperature, weighted as it \
      is minimised. Norms are over all trained parameters, before clipping; the pull is a term's weighted \
      norm beside those of the others.

      """
  }

  // MARK: In words

  private func findings(_ account: LossAccounts) -> String {
    let shares = account.terms.indices.map { index in
      MedianRange(account.points.map { account.share(of: index, at: $0) })?.median ?? .nan
    }
    var text =
      "\(account.label), \(account.points.count) accounts: at weights \(account.weightText) "
    text += "the gradient's pull comes "
    text +=
      zip(account.terms, shares).sorted { $0.1 > $1.1 }
      .map { "\((100 * $0.1).fixed(0)) % from \($0.0.name)" }.joined(separator: ", ") + ". "
    if let even = account.evenWeights {
      text += "Weights that made the terms pull alike (median norms) would be "
      text +=
        zip(account.terms, even).map { "\($0.0.name) \($0.1.significant(2))" }
        .joined(separator: ", ") + ". "
    }
    for (index, pair) in account.pairs.enumerated() {
      guard let cosine = MedianRange(account.points.map { $0.gradientCosines[index] })?.median
      else { continue }
      text += "\(account.terms[pair.0].name) and \(account.terms[pair.1].name) "
      text += "\(Self.direction(cosine)) (cosine \(cosine.fixed(2))). "
    }
    if let soft = account.terms.first(where: { $0.scale != 1 || $0.name == "soft_targets" }),
      let entropy = MedianRange(account.points.compactMap(\.teacherEntropy))
    {
      text += "At T = \(soft.scale.squareRoot().significant(4)) the teacher's entropy is "
      text += "\(entropy.text(digits: 2)) nats, as of "
      text += "\(Int(exp(entropy.median).rounded()).grouped) words it held equally likely. "
    }
    return text
  }

  private static func direction(_ cosine: Double) -> String {
    switch cosine {
    case 0.7...: "pull in much the same direction"
    case 0.3..<0.7: "pull partly in the same direction"
    case -0.3..<0.3: "pull nearly at right angles"
    default: "pull against each other"
    }
  }
}

/// The accounts of one stage, with what it is called on the page.
struct LossAccounts {
  typealias Point = RunRecord.LossAccounting.Point
  var label: String
  var stage: String
  private let accounting: RunRecord.LossAccounting
  var every: Int { accounting.every }
  var terms: [RunRecord.LossAccounting.Term] { accounting.terms }
  var points: [Point] { accounting.points }
  var pairs: [(Int, Int)] { accounting.pairs }

  init(label: String, stage: String, _ accounting: RunRecord.LossAccounting) {
    (self.label, self.stage, self.accounting) = (label, stage, accounting)
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
          ? nil : LossAccounts(label: label(of: entry), stage: entry.stage.id, accounting)
      }
    }
  }
}

extension MedianRange {
  /// With words in place of the dash: values may be negative.
  fileprivate var signedText: String {
    count > 1
      ? "\(median.fixed(3)) (\(minimum.fixed(3)) to \(maximum.fixed(3)))" : median.fixed(3)
  }
}
