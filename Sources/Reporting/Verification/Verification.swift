// A run's figures compared with those of published runs.
import RetortFormatting
import RetortRecords

/// Every figure of a record that was also published, inside or outside the band, with the reasons why it
/// may be outside.
public struct Verification: Encodable, Sendable, Equatable {
  public let experiment: String
  /// A comparison for each fine-tuning and each published model.
  public let comparisons: [Comparison]

  /// A fine-tuning beside all published runs of one model.
  public struct Comparison: Encodable, Sendable, Equatable {
    public let stage: String
    /// What the stage's model is called on the pages.
    public let title: String
    /// The published model, in its source's words.
    public let published: String
    /// Names of the references that the runs are from.
    public let references: [String]
    public let runs: Int
    /// Only then are figures expected to agree.
    public let sameWeights: Bool
    /// What is known to be otherwise than in the published runs.
    public let differences: [String]
    public let figures: [HeldFigure]
  }

  public enum Verdict: String, Encodable, Sendable {
    case inside, outside
    /// One or two runs say nothing of how far another may lie from them.
    case noBand = "no band"
  }

  public struct HeldFigure: Encodable, Sendable, Equatable {
    public let epoch: Int
    public let figure: EpochFigure
    public let value: Double
    /// Published runs that have it.
    public let runs: Int
    /// Nil for the verdict `noBand`.
    public let band: PublishedBand?
    public let verdict: Verdict
  }

  /// - Parameters:
  ///   - references: those whose runs make the bands.
  ///   - onlySameWeights: leaves out published runs that started from other weights.
  public init(_ record: RunRecord, references: [Reference], onlySameWeights: Bool = false) {
    experiment = record.experiment.name
    // Published rows are those of epochs' ends.
    comparisons = record.stages.filter { !$0.epochs.isEmpty && $0.rowUnit == .epoch }
      .flatMap { stage in
        Self.models(beside: stage, in: references).map { model in
          Comparison(record, stage, model)
        }
      }
      .filter { !$0.figures.isEmpty && ($0.sameWeights || !onlySameWeights) }
  }

  /// How many figures got a verdict.
  public func count(_ verdict: Verdict) -> Int {
    comparisons.flatMap(\.figures).count { $0.verdict == verdict }
  }

  /// The runs of one published model, from all references that have any.
  fileprivate struct PublishedModel {
    let name: String
    let sources: [PublishedRuns]
    var runs: [Reference.Run] { sources.flatMap(\.runs).filter { $0.model == name } }
  }

  /// Runs on other examples have other accuracies.
  private static func models(
    beside stage: RunRecord.Stage, in references: [Reference]
  ) -> [PublishedModel] {
    guard let task = stage.task, let count = stage.epochs.first?.count else { return [] }
    let sources = references.compactMap { reference -> PublishedRuns? in
      var comparable = reference
      comparable.runs = reference.runs.filter { $0.examples == count }
      return PublishedRuns(comparable, task: task)
    }
    return sources.flatMap(\.runs).map(\.model).firstOccurrences.map { name in
      PublishedModel(
        name: name, sources: sources.filter { $0.runs.contains { $0.model == name } })
    }
  }
}

extension Verification.Comparison {
  fileprivate init(
    _ record: RunRecord, _ stage: RunRecord.Stage, _ model: Verification.PublishedModel
  ) {
    let runs = model.runs
    self.stage = stage.id
    title = record.title(of: stage)
    published = model.name
    references = model.sources.map(\.reference.id)
    self.runs = runs.count
    sameWeights = runs.allSatisfy { record.starts(stage, from: $0.weights) }
    differences = Self.differences(record, stage, runs, sameWeights: sameWeights)
    figures = stage.epochs.flatMap { epoch in
      EpochFigure.allCases.compactMap { figure -> Verification.HeldFigure? in
        let published = runs.count { run in
          run.epochs.contains {
            $0.epoch == epoch.epoch && figure.published(in: $0) != nil
          }
        }
        guard published > 0, let value = figure.value(of: epoch) else { return nil }
        let band = PublishedBand(figure, epoch: epoch.epoch, of: runs)
        let verdict: Verification.Verdict =
          band.map { $0.contains(value) ? .inside : .outside } ?? .noBand
        return Verification.HeldFigure(
          epoch: epoch.epoch, figure: figure, value: value, runs: published, band: band,
          verdict: verdict)
      }
    }
  }

  private static func differences(
    _ record: RunRecord, _ stage: RunRecord.Stage, _ runs: [Reference.Run], sameWeights: Bool
  ) -> [String] {
    var differences: [String] = []
    if !sameWeights {
      differences.append("other weights: here \(record.describedModel(of: stage))")
    }
    let sizes = Set(runs.compactMap(\.parameters)).sorted()
    if !sizes.isEmpty, sizes != [stage.parameters.total] {
      let theirs = sizes.map(\.grouped).joined(separator: ", ")
      differences.append(
        "other size: \(stage.parameters.total.grouped) parameters here, \(theirs) there")
    }
    let budgets = Set(runs.compactMap(\.budget)).sorted()
    if !budgets.isEmpty, budgets != [stage.budget] {
      differences.append(
        "other budget: \(stage.budget) here, \(budgets.joined(separator: ", ")) there; the learning "
          + "rate falls to 0 over the whole of it")
    }
    return differences
  }
}

extension RunRecord {
  /// Whether a stage's model was read from the published weights of that name, and not trained before.
  /// - Parameter weights: a name on the hub; the owner's does not count, it has changed for some.
  fileprivate func starts(_ stage: Stage, from published: String?) -> Bool {
    guard let published, let input = stage.trainedInput,
      let model = weights.first(where: { $0.name == input }), model.origin == .published
    else { return false }
    return model.source.split(separator: "/").last == published.split(separator: "/").last
  }
}
