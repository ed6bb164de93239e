// The loss of every step of one training, as a run or another program wrote it down.

import Foundation
import RetortEvaluation
import RetortFiles
import RetortFormatting
import RetortRecords
import RetortStrictJSON

/// Read from a run's folder, from its `metrics.jsonl`, or from a log of another program: a JSON object a line
/// with `step` (from 1) and `loss`, null for not-a-number; lines with `epoch` and `eval_loss` are an evaluation's row, with
/// `training_loss` and metrics (`eval_accuracy`, `eval_f1`) where they are given. Other lines and keys are passed over.
public struct LossLog: Sendable, Equatable {
  public struct Step: Sendable, Equatable {
    public var step: Int
    public var loss: Double

    public init(step: Int, loss: Double) { (self.step, self.loss) = (step, loss) }
  }

  /// What an evaluation found.
  public struct Epoch: Codable, Sendable, Equatable {
    /// The epoch that ended, or that it was in; counted from 1.
    public var epoch: Int
    /// Steps done by then; nil in a log that does not say it, and in earlier comparisons.
    public var step: Int?
    /// Passes over the training set by then, of an evaluation that is counted by steps; nil of an epoch's end.
    public var passes: Double?
    /// Mean over the last whole window of 500 steps, as the Trainer of transformers shows it.
    public var trainingLoss: Double?
    public var validationLoss: Double
    public var accuracy: Double?
    /// Further metrics, by the names that definitions use; nil for none.
    public var metrics: NamedValues?

    /// What tells it from other rows of its training: the epoch, or the step.
    public var number: Int { passes == nil ? epoch : step ?? epoch }

    /// Whether a row of another training was found after as many steps, or at the end of the same epoch where steps
    /// are not known.
    public func isBeside(_ other: Epoch) -> Bool {
      if let step, let others = other.step { return step == others }
      return epoch == other.epoch && passes == nil && other.passes == nil
    }
  }

  public var source: String
  /// Of a run: which stage it is.
  public var stage: String?
  /// In ascending order.
  public var steps: [Step]
  /// Of a run once it is finished.
  public var epochs: [Epoch]

  public init(source: String, stage: String? = nil, steps: [Step], epochs: [Epoch] = []) {
    (self.source, self.stage) = (source, stage)
    (self.steps, self.epochs) = (steps, epochs)
  }

  /// - Parameters:
  ///   - path: a run's folder, or a file.
  ///   - stage: which of a run's stages; may be nil where it has only one. Another program's log has none.
  public static func read(path: String, stage: String?) throws(LossLogError) -> LossLog {
    let isFolder = Folder.exists(path: path)
    let file = isFolder ? "\(path)/metrics.jsonl" : path
    let lines = try lines(of: file)
    guard let first = lines.first else { throw .empty(source: path) }
    if first.tree["event"] != nil {
      var log = try ofRun(metrics: file, source: path, stage: stage)
      if isFolder { log.epochs = try epochs(ofRun: path, stage: log.stage) }
      return log
    }
    return try foreign(lines, file: file, source: path)
  }

  /// The lines that say something. The last counts without a line feed too, unless it is the part of one that a
  /// kill left.
  private static func lines(of file: String) throws(LossLogError) -> [Line] {
    let texts: [ArraySlice<UInt8>]
    do {
      texts = try MappedFile.lines(path: file)
    } catch {
      throw .file(error)
    }
    var lines: [Line] = []
    for (index, text) in texts.enumerated() {
      if text.allSatisfy({ [0x09, 0x0D, 0x20].contains($0) }) { continue }
      do {
        lines.append(Line(tree: try JSONTree.parse(text, numbers: .python), number: index + 1))
      } catch {
        if index == texts.count - 1 { break }
        throw .line(
          file: file, line: index + 1, column: error.column, found: error.reason)
      }
    }
    return lines
  }

  private struct Line {
    let tree: JSONTree
    /// Counted from 1.
    let number: Int
  }

  // MARK: A run's

  private static func ofRun(
    metrics file: String, source: String, stage: String?
  ) throws(LossLogError) -> LossLog {
    let metrics: [MetricsLine]
    do {
      metrics = try MetricsLog.read(path: file)
    } catch {
      throw .metrics(error)
    }
    let known = metrics.map(\.stage).firstOccurrences
    guard let chosen = stage ?? (known.count == 1 ? known[0] : nil), known.contains(chosen) else {
      throw .noStage(source: source, stage: stage, known: known)
    }
    let steps = metrics.compactMap { line -> Step? in
      guard line.stage == chosen, line.event == .step, let loss = line.values["loss"] else {
        return nil
      }
      return Step(step: line.step, loss: loss)
    }
    guard !steps.isEmpty else { throw .empty(source: source) }
    return LossLog(source: source, stage: chosen, steps: steps)
  }

  /// The epochs of a finished run, from its record.
  private static func epochs(
    ofRun folder: String, stage: String?
  ) throws(LossLogError) -> [Epoch] {
    let path = "\(folder)/record.json"
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    do {
      return try RunRecord.read(path: path).stages.first { $0.id == stage }?.epochs.map {
        Epoch(
          epoch: $0.epoch, step: $0.step, passes: $0.passes, trainingLoss: $0.trainingLoss,
          validationLoss: $0.validationLoss, accuracy: $0.accuracy, metrics: $0.metrics)
      } ?? []
    } catch {
      throw .record(error)
    }
  }

  // MARK: Another program's

  private struct ForeignLine: Decodable {
    var step: Int?
    var loss: Double?
    var epoch: Double?
    var trainingLoss: Double?
    var validationLoss: Double?
    /// Those that are known here.
    var metrics: NamedValues

    var furtherMetrics: NamedValues? {
      let others = metrics.entries.filter { $0.name != Accuracy.name }
      return others.isEmpty ? nil : NamedValues(others.map { ($0.name, $0.value) })
    }

    enum CodingKeys: String, CodingKey {
      case step, loss, epoch
      case trainingLoss = "training_loss"
      case validationLoss = "eval_loss"
    }

    private struct MetricKey: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      step = try values.decodeIfPresent(Int.self, forKey: .step)
      loss = try values.decodeIfPresent(Double.self, forKey: .loss)
      if loss == nil, values.contains(.loss) { loss = .nan }
      epoch = try values.decodeIfPresent(Double.self, forKey: .epoch)
      trainingLoss = try values.decodeIfPresent(Double.self, forKey: .trainingLoss)
      validationLoss = try values.decodeIfPresent(Double.self, forKey: .validationLoss)
      let measured = try decoder.container(keyedBy: MetricKey.self)
      metrics = NamedValues(
        try Metrics.all.compactMap { metric in
          try measured.decodeIfPresent(
            Double.self, forKey: MetricKey(stringValue: "eval_\(metric.name)")
          ).map { (metric.name, $0) }
        })
    }
  }

  private static func foreign(
    _ lines: [Line], file: String, source: String
  ) throws(LossLogError) -> LossLog {
    var log = LossLog(source: source, steps: [])
    for (tree, number) in lines.map({ ($0.tree, $0.number) }) {
      let line: ForeignLine
      do {
        line = try tree.decode(passingOverUnknownKeys: true)
      } catch {
        throw .line(file: file, line: number, column: nil, found: "\(error)")
      }
      if let loss = line.validationLoss, let passes = line.epoch,
        let epoch = Int(exactly: passes.rounded(.up))
      {
        log.epochs.append(
          Epoch(
            epoch: epoch, step: line.step, passes: passes == Double(epoch) ? nil : passes,
            trainingLoss: line.trainingLoss, validationLoss: loss,
            accuracy: line.metrics[Accuracy.name], metrics: line.furtherMetrics))
      } else if let step = line.step, let loss = line.loss {
        if let last = log.steps.last, last.step >= step {
          throw .order(file: file, line: number, step: step, after: last.step)
        }
        log.steps.append(Step(step: step, loss: loss))
      }
    }
    guard !log.steps.isEmpty else { throw .empty(source: source) }
    return log
  }
}

public enum LossLogError: Error, Equatable, CustomStringConvertible {
  case file(FileError)
  case metrics(MetricsError)
  case record(RecordError)
  case line(file: String, line: Int, column: Int?, found: String)
  case order(file: String, line: Int, step: Int, after: Int)
  case empty(source: String)
  /// The stage is not there, or none was named of several.
  case noStage(source: String, stage: String?, known: [String])
  case nothingInCommon(String, String)

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .metrics(let error): error.description
    case .record(let error): error.description
    case .line(let file, let line, let column, let found):
      "\(file):\(line)\(column.map { ":\($0)" } ?? ""): expected a JSON object with step (a whole number) "
        + "and loss (a number): \(found)"
    case .order(let file, let line, let step, let after):
      "\(file):\(line): step \(step) after step \(after); steps must ascend"
    case .empty(let source): "\(source): no step with a loss; a log has one a line"
    case .noStage(let source, let stage, let known):
      "\(source): \(stage.map { "no stage \($0)" } ?? "several stages"); "
        + "name one with --stage: \(known.joined(separator: ", "))"
    case .nothingInCommon(let one, let other): "\(one) and \(other) have no step in common"
    }
  }
}
