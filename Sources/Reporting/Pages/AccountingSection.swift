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
        let cosines = account.cosines(index)
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
      batches and dropout, before the update: the training is the same to the bit, and the stage's time holds \
      that of the accounts. Median (lowest-highest) over the accounts. Raw is the term itself, scaled with T² \
      where there is a temperature, weighted as it is minimised. Norms are over all trained parameters, before \
      clipping; the pull is a term's weighted norm beside those of the others.

      """
  }

  // MARK: In words

  private func findings(_ account: LossAccounts) -> String {
    let shares = account.terms.indices.map { index in
      MedianRange(account.points.map { account.share(of: index, at: $0) })?.median ?? .nan
    }
    let count = account.points.count
    var text = "\(account.label), \(count == 1 ? "1 account" : "\(count) accounts"): "
    if account.terms.count > 1 {
      text += "at weights \(account.weightText) the gradient's pull comes "
      text +=
        zip(account.terms, shares).sorted { $0.1 > $1.1 }
        .map { "\((100 * $0.1).fixed(0)) % from \($0.0.name)" }.joined(separator: ", ") + ". "
    }
    if let even = account.evenWeights {
      text += "Weights that made the terms pull alike (median norms) would be "
      text +=
        zip(account.terms, even).map { "\($0.0.name) \($0.1.significant(2))" }
        .joined(separator: ", ") + ". "
    }
    for (index, pair) in account.pairs.enumerated() {
      guard let cosine = MedianRange(account.cosines(index))?.median else { continue }
      text += "\(account.terms[pair.0].name) and \(account.terms[pair.1].name) "
      text += "\(Self.direction(cosine)) (cosine \(cosine.fixed(2))). "
    }
    if let soft = account.terms.first(where: { $0.name.hasPrefix("soft_targets") }),
      let entropy = MedianRange(account.points.compactMap(\.teacherEntropy))
    {
      text += "At T = \(soft.scale.squareRoot().significant(4)) the teacher's entropy is "
      text += "\(entropy.text(digits: 2)) nats, "
      text +=
        soft.name == "soft_targets"
        ? "as of \(Int(exp(entropy.median).rounded()).grouped) words it held equally likely. "
        : "over the words that were kept and all others as one. "
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

extension MedianRange {
  /// With words in place of the dash: values may be negative.
  fileprivate var signedText: String {
    count > 1
      ? "\(median.fixed(3)) (\(minimum.fixed(3)) to \(maximum.fixed(3)))" : median.fixed(3)
  }
}
