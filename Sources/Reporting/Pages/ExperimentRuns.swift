// All runs of one experiment, and the references its definition asks for.

struct ExperimentRuns {
  let name: String
  /// At least one; sorted by the point of the sweep, the run without one first.
  let records: [RunRecord]
  let references: [Reference]

  init(name: String, records: [RunRecord], references: [Reference]) {
    precondition(!records.isEmpty, "an experiment without a record")
    self.name = name
    self.records = records.sorted { ($0.experiment.point ?? "") < ($1.experiment.point ?? "") }
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
      guard stage.kind == .finetune, !stage.epochs.isEmpty, (stage.variant == "main") == main,
        seen.insert(stage.id).inserted
      else { return nil }
      return stage.id
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

  /// `seed 42`, or `seeds 42, 43, 44`.
  var seedText: String {
    let seeds = Set(records.flatMap { $0.stages.map(\.seed) }).sorted()
    guard !seeds.isEmpty else { return first.experiment.seeds.seedText }
    return (seeds.count == 1 ? "seed " : "seeds ") + seeds.map(String.init).joined(separator: ", ")
  }
}

extension RunRecord {
  func dataSet(_ name: String) -> DataSet? { data.first { $0.name == name } }

  var hasDistillation: Bool { stages.contains { $0.kind == .distill && $0.variant == "main" } }

  /// What a row of the comparison is called.
  func title(of stage: Stage) -> String {
    switch stage.variant {
    case "main": hasDistillation ? "distilled student" : "fine-tuned model"
    case "teacher": "teacher"
    case "no_distillation": "student, not distilled"
    case "mlm_only": "student, masked LM only"
    default: stage.variant.replacing("_", with: " ")
    }
  }
}

extension RunRecord.Stage {
  /// The row of the epoch whose weights were kept.
  var keptEpoch: RunRecord.Epoch? {
    guard let best else { return nil }
    return epochs.first { $0.epoch == best.kept }
  }

  /// The evaluation of the kept weights.
  public var keptEvaluation: RunRecord.Evaluation? {
    guard let best else { return evaluations.last }
    return evaluations.first { $0.epoch == best.kept }
  }

  /// The task's name, from the name of the split it was evaluated on: `glue/sst2 dev`.
  var task: String? {
    evaluations.first?.data.split(separator: " ").first.map(String.init)
  }
}

extension [String: UInt64] {
  fileprivate var seedText: String {
    sorted { $0.key < $1.key }.map { "\($0.key) seed \($0.value)" }.joined(separator: ", ")
  }
}
