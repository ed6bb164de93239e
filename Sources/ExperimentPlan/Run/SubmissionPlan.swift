// Whose answers the files of a submission to GLUE have.
import RetortEvaluation
import RetortFiles
import RetortFormatting
import RetortText

extension GLUESubmission {
  /// A file of the zip: the answers to a task's test set.
  public struct File: Sendable {
    /// `MNLI-m.tsv`
    public let name: String
    /// The task whose test set it is.
    public let task: GLUETask
    /// The task that is learned for it.
    public let learned: GLUETask

    fileprivate init(_ name: String, _ task: String, learned: String? = nil) {
      func known(_ name: String) -> GLUETask {
        guard let task = GLUETask.named("glue/\(name)") else {
          preconditionFailure("GLUE has no task \(name)")
        }
        return task
      }
      self.name = "\(name).tsv"
      self.task = known(task)
      self.learned = known(learned ?? task)
    }
  }

  /// All that a submission has.
  /// Source: jiant (nyu-mll), scripts/benchmarks/benchmarks.py, commit 8b13996.
  public static let files = [
    File("CoLA", "cola"), File("SST-2", "sst2"), File("MRPC", "mrpc"), File("STS-B", "stsb"),
    File("MNLI-m", "mnli"), File("MNLI-mm", "mnli_mismatched", learned: "mnli"),
    File("QNLI", "qnli"), File("QQP", "qqp"), File("RTE", "rte"), File("WNLI", "wnli"),
    File("AX", "ax", learned: "mnli"),
  ]
}

/// What answers each of the files, with the examples to be answered.
public struct SubmissionPlan: Sendable {
  /// What a task gets that no stage was fine-tuned on.
  public enum Filling: String, Sendable, CaseIterable {
    /// The largest class of its training set; of a regression the mean.
    case majority
  }

  /// A stage's model.
  public struct Model: Sendable, Equatable {
    public let stage: RunStage
    /// Its checkpoint.
    public let path: String
    /// Tokens at which texts were cut when it learned.
    public let sequenceLength: Int
  }

  public enum Answers: Sendable {
    case model(Model, LabelledSentences)
    /// The same answer for so many examples, as GLUE writes it, and why it is that one.
    case constant(String, count: Int, reason: String)
  }

  public struct Part: Sendable {
    public let file: GLUESubmission.File
    public let answers: Answers
  }

  /// One for each file, in the order of `GLUESubmission.files`.
  public let parts: [Part]
  /// What is to be said of the data files.
  public let remarks: [String]

  /// - Parameters:
  ///   - names: runs, which stand for all their own fine-tunings, and stages of runs, which come before those.
  ///   - trained: of the runs only the stages that fine-tuned this model or stage; nil for all.
  ///   - filling: for tasks without a stage; nil if every task must have one.
  ///   - allowsIncomplete: whether a test set may have other than GLUE's number of examples, which its server refuses.
  /// - Throws: everything that is missing or not clear.
  public init(
    _ names: [String], of trained: String? = nil, filling: Filling? = nil,
    allowsIncomplete: Bool = false, in locations: Locations
  ) throws(SubmissionError) {
    var making = SubmissionMaking(
      locations: locations, filling: filling, allowsIncomplete: allowsIncomplete)
    making.gather(names, of: trained)
    parts = making.parts()
    remarks = making.remarks
    guard making.problems.isEmpty else {
      throw SubmissionError(problems: making.problems.firstOccurrences)
    }
  }
}

/// What keeps a submission from being made, a line each.
public struct SubmissionError: Error, Sendable, Equatable, CustomStringConvertible {
  public let problems: [String]

  public var description: String { problems.joined(separator: "\n") }
}

private struct SubmissionMaking {
  let locations: Locations
  let filling: SubmissionPlan.Filling?
  let allowsIncomplete: Bool
  private(set) var problems: [String] = []
  private(set) var remarks: [String] = []
  private var candidates: [Candidate] = []

  init(locations: Locations, filling: SubmissionPlan.Filling?, allowsIncomplete: Bool) {
    self.locations = locations
    self.filling = filling
    self.allowsIncomplete = allowsIncomplete
  }

  /// A stage that was fine-tuned on a task of GLUE.
  struct Candidate {
    let stage: RunStage
    let task: GLUETask
    let trained: String
    let sequenceLength: Int
    /// Whether it was named itself, not its run.
    let isNamed: Bool
  }

  private mutating func attempt<Value>(_ work: () throws -> Value) -> Value? {
    do {
      return try work()
    } catch let error as LocationError {
      problems += error.problems
    } catch {
      problems.append("\(error)")
    }
    return nil
  }

  // MARK: Stages

  mutating func gather(_ names: [String], of trained: String?) {
    for name in names.firstOccurrences {
      if let stage = RunStage(name) {
        addNamed(stage)
      } else {
        addAll(of: name, trained)
      }
    }
  }

  private mutating func addNamed(_ stage: RunStage) {
    guard let planned = attempt({ try stage.planned() }) else { return }
    guard let candidate = Candidate(stage, planned, isNamed: true) else {
      problems.append(
        "\(stage): expected a stage that was fine-tuned on a task of GLUE, found one that does "
          + "'\(planned.stage.work.title)'")
      return
    }
    candidates.append(candidate)
  }

  private mutating func addAll(of run: String, _ trained: String?) {
    guard let ids = attempt({ try RunStages(run: run).entries.map(\.id) }),
      let plan = attempt({ try RunStage.plan(ofRun: run) })
    else { return }
    let found = plan.stages.filter { $0.role == .main && ids.contains($0.id) }
      .compactMap { Candidate(RunStage(run: run, stage: $0.id), $0, isNamed: false) }
    guard !found.isEmpty else {
      problems.append(
        "\(run): expected a stage that was fine-tuned on a task of GLUE, found none among "
          + ids.joined(separator: ", "))
      return
    }
    let chosen = found.filter { trained == nil || $0.trained == trained }
    if let trained, chosen.isEmpty {
      problems.append(
        "\(run): no stage fine-tuned '\(trained)' on a task of GLUE; there is "
          + found.map(\.trained).firstOccurrences.joined(separator: ", "))
    }
    candidates += chosen
  }

  // MARK: Files

  /// What can be made of them; problems say what is wrong with the others.
  mutating func parts() -> [SubmissionPlan.Part] {
    // Where a run could not be read, the tasks that it had are not known.
    let isKnown = problems.isEmpty
    let locations = locations
    var models: [String: SubmissionPlan.Model] = [:]
    var constants: [String: Constant] = [:]
    for learned in GLUESubmission.files.map(\.learned).firstOccurrences {
      let stages = candidates(for: learned.folder)
      if stages.count > 1 {
        reportSeveral(stages, for: learned.folder)
      } else if let candidate = stages.first {
        models[learned.folder] = attempt { try candidate.stage.modelPath(in: locations) }.map {
          SubmissionPlan.Model(
            stage: candidate.stage, path: $0, sequenceLength: candidate.sequenceLength)
        }
      } else if isKnown, filling == nil {
        problems.append(
          "\(learned.folder): no stage was fine-tuned on \(learned); name a run that has one, or fill what is missing with "
            + "--fill-missing \(SubmissionPlan.Filling.majority.rawValue)")
      } else if isKnown {
        constants[learned.folder] = constant(of: learned)
      }
    }
    return GLUESubmission.files.compactMap { file in
      if let model = models[file.learned.folder] {
        return testSet(of: file.task).map { .init(file: file, answers: .model(model, $0)) }
      }
      return constants[file.learned.folder].map { constant in
        .init(
          file: file,
          answers: .constant(
            constant.answer, count: testCount(of: file.task), reason: constant.reason))
      }
    }
  }

  /// The stages for a task: those that were named, if any were, else those of the runs.
  private func candidates(for folder: String) -> [Candidate] {
    let all = candidates.filter { $0.task.folder == folder }
    let named = all.filter(\.isNamed)
    return (named.isEmpty ? all : named).reduce(into: []) { stages, candidate in
      if !stages.contains(where: { $0.stage == candidate.stage }) { stages.append(candidate) }
    }
  }

  private mutating func reportSeveral(_ stages: [Candidate], for folder: String) {
    let models = stages.map(\.trained).firstOccurrences
    let isChosenByModel = models.count == stages.count && !stages.contains(where: \.isNamed)
    problems.append(
      "\(folder): expected one stage, found \(stages.map { "\($0.stage)" }.joined(separator: ", ")); name one of them"
        + (isChosenByModel
          ? ", or choose by the model that was fine-tuned: --of \(models.joined(separator: " or --of "))"
          : ""))
  }

  private mutating func testSet(of task: GLUETask) -> LabelledSentences? {
    let locations = locations
    let read = attempt {
      let path = try locations.locate(task, [.test])[0]
      return (path, try task.read(.test, path: path))
    }
    guard let (path, sentences) = read else { return nil }
    remarks += sentences.remarks
    check(sentences.count, of: task, path: path)
    return sentences
  }

  private mutating func check(_ count: Int, of task: GLUETask, path: String) {
    guard !allowsIncomplete, let expected = task.files[.test]?.count, count != expected else {
      return
    }
    problems.append(
      "\(path): expected the \(expected.grouped) examples of GLUE's test set, found \(count.grouped), which its server "
        + "refuses; get the whole file, or add --allow-incomplete to try the rest out")
  }

  // MARK: Filling

  private struct Constant {
    let answer: String
    let reason: String
  }

  /// What is written for a task without a model, counted in its training set.
  private mutating func constant(of learned: GLUETask) -> Constant? {
    let path: String
    let training: LabelledSentences
    do {
      path = try locations.locate(learned, [.train])[0]
      training = try learned.read(.train, path: path)
    } catch {
      let lines = (error as? LocationError)?.problems ?? ["\(error)"]
      problems += lines.map {
        "\(learned.folder): the answer to fill it with is counted in its training set: \($0)"
      }
      return nil
    }
    if let numbers = training.numbers {
      let mean = numbers.reduce(0.0) { $0 + Double($1) } / Double(numbers.count)
      return Constant(
        answer: mean.fixed(3), reason: "the mean of the \(numbers.count.grouped) scores in \(path)")
    }
    let always = Answers.always(theLargestOf: (training.labels ?? []).map { Int($0) })
    let largest = always.predictions[0]
    return Constant(
      answer: learned.writtenLabels[largest],
      reason:
        "\(learned.classNames[largest]), \(always.correct.grouped) of the \(always.count.grouped) labels in \(path)"
    )
  }

  /// Of a test set that is not at hand it is known how many examples it has.
  private mutating func testCount(of task: GLUETask) -> Int {
    let path = try? locations.locate(task, [.test])[0]
    let read = path.flatMap { try? task.read(.test, path: $0) }
    if let path, let read { check(read.count, of: task, path: path) }
    guard let count = read?.count ?? task.files[.test]?.count else {
      preconditionFailure("\(task) without a test set")
    }
    return count
  }
}

extension SubmissionMaking.Candidate {
  /// Nil for a stage that was not fine-tuned on a task of GLUE or a part of one.
  fileprivate init?(_ stage: RunStage, _ planned: PlannedStage, isNamed: Bool) {
    guard case .builtIn(let named)? = planned.task?.root, let task = GLUETask.named(named.task.name)
    else { return nil }
    self.init(
      stage: stage, task: task, trained: planned.stage.work.trained,
      sequenceLength: planned.stage.training.sequenceLength, isNamed: isNamed)
  }
}
