// All runs of one experiment, and the references its definition asks for.
import RetortRecords

struct ExperimentRuns {
  let name: String
  /// At least one, in the order in which the definition's points run; a run without one first.
  let records: [RunRecord]
  let references: [Reference]

  init(name: String, records: [RunRecord], references: [Reference]) {
    precondition(!records.isEmpty, "an experiment without a record")
    self.name = name
    let points = records.flatMap { $0.experiment.variants ?? [] }.map(\.point)
    func place(_ record: RunRecord) -> (Int, String) {
      guard let point = record.experiment.point else { return (-1, "") }
      return (points.firstIndex(of: point) ?? 0, point)
    }
    // The run of a definition from before it had a sweep does not count beside the point that repeats it.
    self.records = records.filter { record in
      record.experiment.point != nil || !records.contains { $0.isPoint(repeating: record) }
    }.sorted { place($0) < place($1) }
    self.references = references
  }

  /// What all runs have in common is read from the first.
  var first: RunRecord { records[0] }

  /// A fine-tuning of one run.
  struct Tuning {
    var record: RunRecord
    var stage: RunRecord.Stage
  }

  /// Ids of the fine-tuning stages with epochs, of the definition itself or of its baselines.
  func tuningIDs(main: Bool) -> [String] {
    var seen: Set<String> = []
    return records.flatMap(\.stages).compactMap { stage in
      guard !stage.epochs.isEmpty, (stage.variant == "main") == main,
        seen.insert(stage.id).inserted
      else { return nil }
      return stage.id
    }
  }

  /// Those of the definition itself that no other learned or went on from.
  var ownTuningIDs: [String] {
    let all = tuningIDs(main: true)
    return all.filter { id in
      !records.contains { record in
        record.stages.contains { $0.id == id && record.isSource($0) }
      }
    }
  }

  func tunings(_ id: String) -> [Tuning] {
    records.compactMap { record in
      record.stages.first { $0.id == id }.map { Tuning(record: record, stage: $0) }
    }
  }

  /// Each stage once, though several runs share it, with the run that computed it.
  var distinctStages: [Tuning] {
    var places: [String: Int] = [:]
    var stages: [Tuning] = []
    for record in records {
      for stage in record.stages {
        let key = "\(stage.id) \(stage.digest)"
        guard let place = places[key] else {
          places[key] = stages.count
          stages.append(Tuning(record: record, stage: stage))
          continue
        }
        let known = stages[place].record.measured.stages[stage.id]
        if known?.fromCache ?? true, record.measured.stages[stage.id]?.fromCache == false {
          stages[place].record = record
        }
      }
    }
    return stages
  }

  /// What a run is called in a table of several.
  static func label(_ record: RunRecord) -> String {
    record.experiment.point ?? record.experiment.seeds.seedText
  }

  /// A stage's name, with the run's where several runs have a stage of this id.
  func label(of entry: Tuning) -> String {
    let same = distinctStages.count { $0.stage.id == entry.stage.id }
    return same == 1 ? entry.stage.id : "\(entry.stage.id) (\(Self.label(entry.record)))"
  }

  /// `seed 42`, or `seeds 42, 43, 44`.
  var seedText: String {
    let seeds = Set(records.flatMap { $0.stages.map(\.seed) }).sorted()
    guard !seeds.isEmpty else { return first.experiment.seeds.seedText }
    return (seeds.count == 1 ? "seed " : "seeds ") + seeds.map(String.init).joined(separator: ", ")
  }
}

extension RunRecord {
  func dataSet(_ name: String) -> DataSet? { data.first { $0.name == name } }

  /// Whether this is a point of a sweep, and the same run as the pointless `other`.
  func isPoint(repeating other: RunRecord) -> Bool {
    guard experiment.point != nil else { return false }
    let digests = Dictionary(stages.map { ($0.id, $0.digest) }, uniquingKeysWith: { $1 })
    return experiment.digest == other.experiment.digest
      || !other.stages.isEmpty && other.stages.allSatisfy { digests[$0.id] == $0.digest }
  }

  var hasDistillation: Bool { stages.contains { $0.isDistillation && $0.variant == "main" } }
}

extension RunRecord.Stage {
  /// Whether it learned from a teacher on text, without labels: it has not read the training set of the task that it is
  /// evaluated on, if it is evaluated.
  var isDistillation: Bool {
    !teachers.isEmpty && !(task.map { data.contains("\($0) train") } ?? false)
  }

  /// The task's name, from the name of the split it was evaluated on: `glue/sst2 dev`.
  var task: String? {
    evaluations.first.map { RunRecord.taskName(ofData: $0.data) }
  }
}

extension RunRecord {
  /// `glue/sst2` of `glue/sst2 dev`
  static func taskName(ofData data: String) -> String {
    data.split(separator: " ").first.map(String.init) ?? data
  }
}

extension [String: UInt64] {
  fileprivate var seedText: String {
    sorted { $0.key < $1.key }.map { "\($0.key) seed \($0.value)" }.joined(separator: ", ")
  }
}
