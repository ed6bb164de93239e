// A run's record: everything its tables and plots will show.
import Foundation
import RetortDistillation
import RetortEvaluation
import RetortFiles
import RetortOptions
import RetortProcessor
import RetortRecords
import RetortStorage
import RetortText
import RetortTransformers

struct RecordMaking {
  let plan: ResolvedPlan
  /// Of all of them, the one that was run.
  let variant: DefinitionVariant
  let variants: [DefinitionVariant]
  let request: RunRequest
  let facts: DigestFacts
  let digests: PlanDigests
  let data: PreparedData
  let models: ModelMaking
  let engine: Engine

  func record(
    of results: [StageRecord], texts: [TextRecord], steps: [PlanStep],
    hypothesis: RunRecord.Hypothesis?,
    measures: [RunRecord.Measure], teacherChecks: [RunRecord.TeacherCheck],
    timings: [RunRecord.Timing]
  ) throws -> RunRecord {
    let definition = plan.definition
    let text = definition.canonicalText
    return RunRecord(
      experiment: RunRecord.Experiment(
        name: definition.name, point: variant.point?.point, question: definition.question ?? "",
        file: Locations.isStandardInput(request.definitionPath)
          ? "standard input" : request.definitionPath,
        overrides: request.overrides,
        definition: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init),
        digest: SHA256.hexDigest(of: text), seeds: seeds(of: steps),
        compareWith: definition.compareWith,
        variants: variant.point.map { _ in variants.compactMap(\.point) }),
      program: RunRecord.Program(
        version: ProgramVersion.current, numericsVersion: Numerics.version,
        blasCore: BLASKernel.coreName),
      weights: try weights(of: steps), data: try dataSets(of: steps.compactMap(\.training)),
      stages: results.map(\.stage), texts: texts.map(\.text), hypothesis: hypothesis,
      measures: measures.isEmpty ? nil : measures,
      teacherChecks: teacherChecks.isEmpty ? nil : teacherChecks,
      measured: RunRecord.Measured(
        machine: machine(), command: request.command,
        stages: Dictionary(
          results.map { ($0.stage.id, $0.measured) } + texts.map { ($0.text.id, $0.measured) },
          uniquingKeysWith: { $1 }),
        timings: timings))
  }

  // MARK: Seeds

  /// Of everything that draws random numbers, so that no two points of a sweep over seeds look alike.
  private func seeds(of steps: [PlanStep]) -> [String: UInt64] {
    var seeds = ["experiment": plan.definition.seed]
    for name in plan.modelNames(neededBy: steps) {
      guard let model = plan.model(named: name), model.drawsWeights else { continue }
      seeds["models.\(name)"] = model.seed
    }
    for corpus in plan.corpora(neededBy: steps).flatMap(\.origins) {
      if case .generated(let name, _, _, let seed) = corpus { seeds["corpora.\(name)"] = seed }
    }
    for step in steps {
      seeds[step.id] =
        switch step {
        case .training(let planned): planned.stage.training.seed
        case .text(let planned): planned.stage.work.seed
        }
      seeds["\(step.id).sentences.hold_out"] = step.work.sentences?.rule.holdOut?.seed
      for task in step.work.taskRead?.withWholes ?? [] {
        if case .generated(let name, _, _, _, _, let seed) = task { seeds["tasks.\(name)"] = seed }
        if case .files(let task) = task, let split = task.split {
          seeds["tasks.\(task.name)"] = split.seed
        }
        seeds["tasks.\(task.name).labels"] = task.selection?.labels?.seed
        seeds["tasks.\(task.name).hold_out"] = task.selection?.holdOut?.seed
      }
    }
    return seeds
  }

  // MARK: Weights

  private func weights(of steps: [PlanStep]) throws -> [RunRecord.Weights] {
    try plan.modelNames(neededBy: steps).compactMap { name in
      guard let definition = plan.model(named: name) else { return nil }
      let model = try models.make(.model(name))
      let configuration = model.configuration
      let remark = try weightsRemark(definition.source.address)
      let isRandomFile = remark?.hasPrefix("random") ?? false
      return RunRecord.Weights(
        name: name, origin: isRandomFile ? .random : definition.source.origin,
        source: definition.sourceText(shape: { plan.shape(of: $0, look: data.locations.look) })
          + (remark.map { ", \($0)" } ?? ""),
        drawnFor: isRandomFile ? .file : definition.source.drawnFor,
        sizesOf: definition.source.sizesOf,
        digest: definition.source.address.flatMap { facts.folders[$0]?.weights },
        architecture: "\(configuration.family), \(configuration.layerCount) layers, "
          + "hidden \(configuration.hiddenSize), \(configuration.headCount) heads, "
          + "\(configuration.vocabularySize) words",
        parameters: model.parameterCounts)
    }
  }

  /// What a weight file says of itself under `weights` in its metadata, such as `random, seed 42`: weights that
  /// were never learned must not be taken for published ones because of the folder they lie in.
  private func weightsRemark(_ address: ModelAddress?) throws -> String? {
    guard let address, let model = try? data.locations.locate(address), !model.isCheckpoint else {
      return nil
    }
    guard let form = try model.weightForm() else { return nil }
    return try FolderWeights(folder: model.path, form: form).metadata["weights"]
  }

  // MARK: Data

  private func dataSets(of stages: [PlannedStage]) throws -> [RunRecord.DataSet] {
    var sets: [RunRecord.DataSet] = []
    func add(_ set: RunRecord.DataSet) {
      if !sets.contains(where: { $0.name == set.name }) { sets.append(set) }
    }
    for planned in stages {
      let length = planned.stage.training.sequenceLength
      if let text = planned.stage.work.corpus { add(try corpus(text, length)) }
      if let source = planned.stage.work.evaluated {
        let task = try data.task(source)
        let learns = planned.stage.work.task != nil
        for (part, name, split) in task.parts
        where learns ? part != .test || source.hasTest : split == "dev" {
          let sentences = task[part]
          let sequences = try data.sequences(of: source, part, maximumLength: length)
          let labels = sentences.labels?.map { Int($0) }
          add(
            RunRecord.DataSet(
              name: "\(name) \(split)", digest: sentences.digest, examples: sentences.count,
              tokens: sequences.sequences.tokenCount,
              balance: Dictionary(
                (labels ?? []).map { (task.classNames[$0], 1) }, uniquingKeysWith: +),
              labels: split == "dev" ? labels.map { LabelSequence($0) } : nil,
              numbers: split == "dev" ? sentences.numbers : nil,
              metrics: split == "dev" ? source.judgingMetrics : nil,
              selection: split == "train" ? task.accounts.selection : nil))
        }
      }
    }
    for measure in plan.measures(with: stages) {
      let (text, length) = (measure.text, measure.text.sequenceLength)
      if let options = text.corpus { add(try corpus(options, length)) }
      for source in measure.measure.tasks {
        let task = try data.task(source)
        let sequences = try data.sequences(of: source, .dev, maximumLength: length)
        let labels = task.dev.labels?.map { Int($0) }
        add(
          RunRecord.DataSet(
            name: "\(task.name) dev", digest: task.dev.digest, examples: task.dev.count,
            tokens: sequences.sequences.tokenCount,
            balance: Dictionary(
              (labels ?? []).map { (task.classNames[$0], 1) }, uniquingKeysWith: +),
            labels: labels.map { LabelSequence($0) }, numbers: task.dev.numbers,
            metrics: source.judgingMetrics))
      }
    }
    return sets
  }

  private func corpus(
    _ options: CorpusOptions, _ sequenceLength: Int
  ) throws -> RunRecord.DataSet {
    let corpus = try data.corpus(options, sequenceLength: sequenceLength)
    return RunRecord.DataSet(
      name: options.name, digest: corpus.digest,
      examples: corpus.sequenceCount, tokens: corpus.tokenCount,
      selection: try options.sentences.map { source in
        let counts = try data.sentenceFiles(of: source).counts
        return RunRecord.Selection(
          examples: counts.sentences, balance: [:], steps: [counts.words(source.rule)])
      })
  }

  // MARK: Machine

  private func machine() -> RunRecord.Machine {
    RunRecord.Machine(
      processor: ProcessorFeatures.current().modelName,
      processors: Processor.availableCount, threads: engine.threadCount,
      instructions: "\(Processor.kernelLevel)",
      memoryBytes: Int(ProcessInfo.processInfo.physicalMemory), system: Self.system)
  }

  private static var system: String {
    let text = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
    return line.map { $0.dropFirst(12).trimmingCharacters(in: ["\""]) } ?? "Linux"
  }
}

extension TaskSource {
  /// The names of its metrics; nil where it is accuracy alone.
  fileprivate var judgingMetrics: [String]? {
    let names = metrics.map { $0.name }
    return names == [Accuracy.name] ? nil : names
  }
}

extension ModelSource {
  fileprivate var origin: RunRecord.Weights.Origin {
    switch self {
    case .folder(.hub): .published
    case .folder(.path): .folder
    case .randomWeights, .scratch, .randomStudent: .random
    case .layers: .copied
    }
  }
}

extension ModelSource {
  /// What its random values are drawn for; nil where it has none.
  fileprivate var drawnFor: RunRecord.Weights.DrawnFor? {
    switch self {
    case .scratch: .definition
    case .randomWeights: .sizes
    case .randomStudent: .student
    case .folder, .layers: nil
    }
  }

  /// Whose sizes its random values have.
  fileprivate var sizesOf: String? {
    switch self {
    case .randomWeights(let address): "\(address)"
    case .randomStudent(let student): student.of
    case .scratch, .folder, .layers: nil
    }
  }
}

extension ModelDefinition {
  /// Whether any of its numbers are drawn from its seed.
  fileprivate var drawsWeights: Bool {
    if maskedLMHead == .new { return true }
    switch source {
    case .randomWeights, .scratch, .randomStudent: return true
    case .folder, .layers: return false
    }
  }

  /// Where the weights are from, in words.
  /// - Parameter shape: of a model or stage.
  fileprivate func sourceText(shape: (String) -> ModelShape) -> String {
    switch source {
    case .folder(.path(let path)):
      RunStage(path) != nil
        ? "stage \(path)" : "\(path.hasSuffix(".h5") ? "checkpoint" : "folder") \(path)"
    case .folder(let address): "\(address)"
    case .randomWeights(let address): "random, seed \(seed), sizes of \(address)"
    case .scratch: "random, seed \(seed)"
    case .layers(let student):
      "\(student.of), layers \(student.layers.map(String.init).joined(separator: " "))"
        + (student.tokenType.map { ", token type \($0 == .fold ? "folded" : "dropped")" } ?? "")
        + (student.width.map { ", \($0.words(of: shape(student.of).configuration))" } ?? "")
    case .randomStudent(let student): "random, seed \(seed), sizes of a student of \(student.of)"
    }
  }
}

extension [SelectionAccount] {
  /// Nil where nothing was selected.
  fileprivate var selection: RunRecord.Selection? {
    guard let first else { return nil }
    return RunRecord.Selection(
      examples: first.before.examples,
      balance: Dictionary(
        first.before.classes.map { ($0.name, $0.count) }, uniquingKeysWith: +),
      steps: flatMap(\.lines))
  }
}
