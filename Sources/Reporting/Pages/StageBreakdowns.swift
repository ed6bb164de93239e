// What the gradient breakdowns of a distillation show, for its table, its picture and a sentence.

import Foundation
import RetortRecords

/// The gradient breakdowns of one stage, with its name on the page.
struct StageBreakdowns {
  typealias Point = RunRecord.GradientBreakdowns.Point
  var label: String
  private let breakdowns: RunRecord.GradientBreakdowns
  var every: Int { breakdowns.every }
  var terms: [RunRecord.GradientBreakdowns.Term] { breakdowns.terms }
  var points: [Point] { breakdowns.points }
  var pairs: [(Int, Int)] { breakdowns.pairs }

  init(label: String, _ breakdowns: RunRecord.GradientBreakdowns) {
    (self.label, self.breakdowns) = (label, breakdowns)
  }

  /// Of the pair of that number, where both terms had a gradient: where nothing was masked one has none.
  func cosines(_ pair: Int) -> [Double] {
    let (first, second) = pairs[pair]
    return points.filter { $0.gradientNorms[first] > 0 && $0.gradientNorms[second] > 0 }
      .map { $0.gradientCosines[pair] }
  }

  /// `5/2/1`
  var weightText: String { terms.indices.map { weightText(of: $0) }.joined(separator: "/") }

  /// Of one term: its weight, or the first and the last where it changes.
  func weightText(of term: Int) -> String {
    let all = points.map { weight(of: term, at: $0) }
    guard let first = all.first, let last = all.last, all.contains(where: { $0 != first }) else {
      return terms[term].weight.significant(6)
    }
    return "\(first.significant(6)) to \(last.significant(6))"
  }

  func weight(of term: Int, at point: Point) -> Double {
    point.weights?[term] ?? terms[term].weight
  }

  /// What a raw term is multiplied by before its weight.
  func scale(of term: Int, at point: Point) -> Double {
    point.scales?[term] ?? terms[term].scale
  }

  /// A term's weighted gradient norm beside the sum of all.
  func share(of term: Int, at point: Point) -> Double {
    let weighted = terms.indices.map { point.gradientNorms[$0] * weight(of: $0, at: point) }
    let sum = weighted.reduce(0, +)
    return sum == 0 ? 0 : weighted[term] / sum
  }

  /// Weights, the first term's as it is, at which the terms' median gradients would be of one length; nil for a
  /// single term and where one has no gradient.
  var evenWeights: [Double]? {
    let norms = terms.indices.compactMap { index in
      MedianRange(points.map { $0.gradientNorms[index] })?.median
    }
    guard terms.count > 1, norms.count == terms.count, norms.allSatisfy({ $0 > 0 }),
      // Of weights that change there is no one weight to compare with.
      points.allSatisfy({ $0.weights == nil })
    else {
      return nil
    }
    return norms.map { terms[0].weight * norms[0] / $0 }
  }
}

// MARK: - In words

extension StageBreakdowns {
  /// A sentence for each thing that they say of the loss and its weights.
  var findings: [String] {
    [pull, evenWeightText].compactMap { $0 } + directions + [entropyText].compactMap { $0 }
      + measurementTexts
  }

  private var pull: String {
    let count = points.count == 1 ? "1 account" : "\(points.count) accounts"
    guard terms.count > 1 else { return "\(count) of a single term." }
    let shares = terms.enumerated().map { index, term in
      let median = MedianRange(points.map { share(of: index, at: $0) })?.median ?? .nan
      return (name: term.name, share: median)
    }
    let list = shares.sorted { $0.share > $1.share }
      .map { "\((100 * $0.share).fixed(0)) % from \($0.name)" }
    return "\(count): at weights \(weightText) the gradient's pull comes "
      + "\(list.joined(separator: ", "))."
  }

  private var evenWeightText: String? {
    evenWeights.map { weights in
      let list = zip(terms, weights).map { "\($0.name) \($1.significant(2))" }
      return "Weights that made the terms pull alike (median norms) would be "
        + "\(list.joined(separator: ", "))."
    }
  }

  private var directions: [String] {
    pairs.enumerated().compactMap { index, pair in
      let all = cosines(index)
      guard let cosine = MedianRange(all)?.median, let first = all.first, let last = all.last else {
        return nil
      }
      return "\(terms[pair.0].name) and \(terms[pair.1].name) \(Self.direction(cosine)) "
        + "(cosine \(cosine.fixed(2)); \(first.fixed(2)) at first, \(last.fixed(2)) in the end)."
    }
  }

  private static func direction(_ cosine: Double) -> String {
    switch cosine {
    case 0.7...: "pull in much the same direction"
    case 0.3..<0.7: "pull partly in the same direction"
    case -0.3..<0.3: "pull nearly at right angles"
    default: "pull against each other"
    }
  }

  /// The term that measured the teacher's entropy, and its temperature. Earlier records name neither: their soft
  /// targets did, whose scale is T².
  private var entropyTerm: (term: RunRecord.GradientBreakdowns.Term, temperature: String)? {
    let name = RunRecord.GradientBreakdowns.teacherEntropy
    if let index = terms.firstIndex(where: { $0.measures?.contains(name) ?? false }) {
      return terms[index].scaledBy.map { (terms[index], temperatureText($0.value, of: index)) }
    }
    let soft = terms.first { $0.measures == nil && $0.name.hasPrefix("soft_targets") }
    return soft.map { ($0, $0.scale.squareRoot().significant(4)) }
  }

  /// A temperature, or its first and last where it changes: then the scale is its square.
  private func temperatureText(_ temperature: Double, of term: Int) -> String {
    let all = points.map { scale(of: term, at: $0).squareRoot() }
    guard points.contains(where: { $0.scales != nil }), let first = all.first, let last = all.last,
      all.contains(where: { $0 != first })
    else { return temperature.significant(4) }
    return "\(first.significant(4)) to \(last.significant(4))"
  }

  private var entropyText: String? {
    let name = RunRecord.GradientBreakdowns.teacherEntropy
    guard let (term, temperature) = entropyTerm,
      let entropy = MedianRange(points.compactMap { $0.measurements[name] })
    else { return nil }
    // Earlier records do not say of which logits it is: those that were kept made a term of another name.
    let readsKeptLogits = term.readsKeptLogits ?? (term.name != "soft_targets")
    let outcomes =
      !readsKeptLogits
      ? "as of \(Int(exp(entropy.median).rounded()).grouped) words it held equally likely"
      : "over the words that were kept and all others as one"
    return "At T = \(temperature) the teacher's entropy is "
      + "\(entropy.text(digits: 2)) nats, \(outcomes)."
  }

  /// Of every further measurement.
  private var measurementTexts: [String] {
    measurementNames.compactMap { name in
      guard name != RunRecord.GradientBreakdowns.teacherEntropy,
        let range = MedianRange(points.compactMap { $0.measurements[name] })
      else { return nil }
      return "Measured beside the loss: \(name) \(range.text(digits: 3))."
    }
  }

  /// In alphabetical order.
  var measurementNames: [String] { Set(points.flatMap(\.measurements.keys)).sorted() }
}

extension RunRecord.Stage {
  /// What its gradient breakdowns show, a sentence each; none where there are none.
  public var gradientFindings: [String] {
    guard let accounting, !accounting.points.isEmpty else { return [] }
    return StageBreakdowns(label: id, accounting).findings
  }
}

extension ExperimentRuns {
  /// Of the stages that have a gradient breakdown by loss term.
  var stageBreakdowns: [StageBreakdowns] {
    distinctStages.compactMap { entry in
      entry.stage.accounting.flatMap { breakdowns in
        breakdowns.points.isEmpty
          ? nil : StageBreakdowns(label: label(of: entry), breakdowns)
      }
    }
  }
}
