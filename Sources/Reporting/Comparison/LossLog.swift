// The loss of every step of one training, as a run or another program wrote it down.

import Files
import Foundation

/// Read from a run's folder, from its `metrics.jsonl`, or from a log of another program: a JSON object a line
/// with `step` (from 1) and `loss`; lines with an `epoch` and an `eval_loss` are an epoch's row, with
/// `eval_accuracy` and `training_loss` where they are given. Other keys are passed over.
public struct LossLog: Sendable, Equatable {
  public struct Step: Sendable, Equatable {
    public var step: Int
    public var loss: Double

    public init(step: Int, loss: Double) { (self.step, self.loss) = (step, loss) }
  }

  /// What an epoch ended with.
  public struct Epoch: Codable, Sendable, Equatable {
    /// Counted from 1.
    public var epoch: Int
    /// Mean over the last whole window of 500 steps, as the Trainer of transformers shows it.
    public var trainingLoss: Double?
    public var validationLoss: Double
    public var accuracy: Double?
  }

  public var source: String
  /// Of a run: which stage it is.
  public var stage: String?
  /// In ascending order.
  public var steps: [Step]
  public var epochs: [Epoch]

  public init(source: String, stage: String? = nil, steps: [Step], epochs: [Epoch] = []) {
    (self.source, self.stage) = (source, stage)
    (self.steps, self.epochs) = (steps, epochs)
  }

  /// - Parameters:
  ///   - path: a run's folder, or a file.
  ///   - stage: which of a run's stages; may be nil where it has only one.
  public static func read(path: String, stage: String?) throws(LossLogError) -> LossLog {
    let file = Folder.exists(path: path) ? "\(path)/metrics.jsonl" : path
    let bytes: [UInt8]
    do {
      bytes = try MappedFile.contents(path: file)
    } catch {
      throw .file(error)
    }
    var reading = LossLogReading(source: path, file: file)
    // After the last line feed stands nothing, or the part of a line that a kill left.
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.dropLast().enumerated() {
      try reading.take(Data(line), line: index + 1)
    }
    return try reading.log(of: stage)
  }
}

/// Lines on their way to a log.
private struct LossLogReading {
  let source: String
  let file: String
  private var metrics: [MetricsLine] = []
  private var steps: [LossLog.Step] = []
  private var epochs: [LossLog.Epoch] = []

  init(source: String, file: String) { (self.source, self.file) = (source, file) }

  /// A line of another program.
  private struct ForeignLine: Decodable {
    var step: Int?
    var loss: Double?
    var epoch: Double?
    var trainingLoss: Double?
    var validationLoss: Double?
    var accuracy: Double?

    enum CodingKeys: String, CodingKey {
      case step, loss, epoch
      case trainingLoss = "training_loss"
      case validationLoss = "eval_loss"
      case accuracy = "eval_accuracy"
    }
  }

  mutating func take(_ text: Data, line: Int) throws(LossLogError) {
    if let own = try? JSONDecoder.record.decode(MetricsLine.self, from: text) {
      metrics.append(own)
      return
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    guard let foreign = try? decoder.decode(ForeignLine.self, from: text) else {
      throw .line(
        file: file, line: line, found: String(decoding: text.prefix(60), as: UTF8.self))
    }
    if let loss = foreign.validationLoss, let epoch = foreign.epoch {
      epochs.append(
        LossLog.Epoch(
          epoch: Int(epoch.rounded()), trainingLoss: foreign.trainingLoss, validationLoss: loss,
          accuracy: foreign.accuracy))
    } else if let step = foreign.step, let loss = foreign.loss {
      if let last = steps.last, last.step >= step {
        throw .order(file: file, line: line, step: step, after: last.step)
      }
      steps.append(LossLog.Step(step: step, loss: loss))
    }
  }

  func log(of stage: String?) throws(LossLogError) -> LossLog {
    guard !metrics.isEmpty else {
      if let stage { throw .noStage(source: source, stage: stage, known: []) }
      guard !steps.isEmpty else { throw .empty(source: source) }
      return LossLog(source: source, steps: steps, epochs: epochs)
    }
    guard steps.isEmpty, epochs.isEmpty else { throw .mixed(file: file) }
    var known: [String] = []
    for line in metrics where !known.contains(line.stage) { known.append(line.stage) }
    guard let chosen = stage ?? (known.count == 1 ? known[0] : nil), known.contains(chosen) else {
      throw .noStage(source: source, stage: stage, known: known)
    }
    let lines = metrics.filter { $0.stage == chosen }
    let steps = lines.compactMap { line -> LossLog.Step? in
      guard line.event == .step, let loss = line.values["loss"] else { return nil }
      return LossLog.Step(step: line.step, loss: loss)
    }
    guard !steps.isEmpty else { throw .empty(source: source) }
    return LossLog(
      source: source, stage: chosen, steps: steps, epochs: Self.epochs(of: lines, steps))
  }

  private static func epochs(of lines: [MetricsLine], _ steps: [LossLog.Step]) -> [LossLog.Epoch] {
    lines.compactMap { line in
      guard line.event == .epoch, let loss = line.values["validation_loss"] else { return nil }
      let end = line.step / 500 * 500
      let window = steps.filter { $0.step > end - 500 && $0.step <= end }.map(\.loss)
      return LossLog.Epoch(
        epoch: line.epoch,
        trainingLoss: window.count == 500 ? window.reduce(0, +) / 500 : nil,
        validationLoss: loss, accuracy: line.values["accuracy"])
    }
  }
}

public enum LossLogError: Error, Equatable, CustomStringConvertible {
  case file(FileError)
  case line(file: String, line: Int, found: String)
  case order(file: String, line: Int, step: Int, after: Int)
  /// Lines of a run and of another program in one file.
  case mixed(file: String)
  case empty(source: String)
  /// The stage is not there, or none was named of several.
  case noStage(source: String, stage: String?, known: [String])
  case nothingInCommon(String, String)

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .line(let file, let line, let found):
      "\(file):\(line): expected a JSON object with step and loss, found \(found)"
    case .order(let file, let line, let step, let after):
      "\(file):\(line): step \(step) after step \(after); steps must ascend"
    case .mixed(let file):
      "\(file): holds lines of a run and of another program; keep each in a file of its own"
    case .empty(let source): "\(source): no step with a loss; a log has one a line"
    case .noStage(let source, let stage, let known):
      known.isEmpty
        ? "\(source): is not the log of a run, so it has no stages; leave --stage out"
        : "\(source): \(stage.map { "no stage \($0)" } ?? "several stages"); "
          + "name one with --stage: \(known.joined(separator: ", "))"
    case .nothingInCommon(let one, let other):
      "\(one) and \(other) have no step in common"
    }
  }
}
