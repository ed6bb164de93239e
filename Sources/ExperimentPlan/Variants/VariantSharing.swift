// Which stages each variant of a definition computes, and which it shares with earlier ones.
import RetortFormatting
import RetortOptions
import RetortTransformers

/// Told from the definitions alone: nothing is read.
public struct VariantSharing: Sendable {
  public struct Row: Sendable, Equatable {
    /// The variant's name.
    public let title: String
    /// Stages that no earlier variant computes.
    public let computed: [PlanStep]
    /// Stages that an earlier one does.
    public let shared: [String]
  }

  /// One per variant, in the order in which they run.
  public let rows: [Row]

  public init(_ variants: [DefinitionVariant]) {
    let plans = variants.map { ResolvedPlan($0.definition) }
    let facts = DigestFacts.standingIn(for: plans)
    var known: Set<String> = []
    var rows: [Row] = []
    for (variant, plan) in zip(variants, plans) {
      let digests = try? PlanDigests(plan, facts, steps: plan.steps)
      var computed: [PlanStep] = []
      var shared: [String] = []
      for planned in plan.steps {
        if let digest = digests?.stages[planned.id], !known.insert(digest).inserted {
          shared.append(planned.id)
        } else {
          computed.append(planned)
        }
      }
      rows.append(Row(title: variant.title, computed: computed, shared: shared))
    }
    self.rows = rows
  }

  /// A numbered line for each variant, none for a single one.
  /// - Parameter taskSizes: training examples of tasks whose files are at hand.
  func lines(taskSizes: [TaskSource: DataSize]) -> [String] {
    guard rows.count > 1 else { return [] }
    return ["Variants, in the order in which they run"]
      + rows.enumerated().map { index, row in
        let computed = row.computed.map { step in
          step.training.map { "\($0.id) (\(Self.extent(of: $0.stage, taskSizes)))" } ?? step.id
        }
        var parts = [
          computed.isEmpty ? "nothing to compute" : "computes \(computed.joined(separator: ", "))"
        ]
        if !row.shared.isEmpty { parts.append("shares \(row.shared.joined(separator: ", "))") }
        return "  \(index + 1). \(row.title): \(parts.joined(separator: "; "))"
      }
  }

  /// Steps where the size of the data is known, else the limit.
  private static func extent(
    of stage: StageDefinition, _ taskSizes: [TaskSource: DataSize]
  ) -> String {
    guard let task = stage.work.task, let size = taskSizes[task] ?? task.generatedSize,
      let counts = StepCounts(stage.training, data: size)
    else { return stage.training.limit.words }
    return "\(counts.total.grouped) steps"
  }
}

extension TaskSource {
  /// How its examples are read, in place of a digest: equal tasks have equal ones.
  fileprivate var reading: String {
    withWholes.map { task in
      switch task {
      case .builtIn, .generated: task.name
      case .files, .part: CanonicalText.write(task.canonicalContent, sorted: true)
      }
    }.joined(separator: "\n")
  }
}

extension CorpusSource {
  /// How its text is read, in place of a digest.
  fileprivate var reading: String {
    switch self {
    case .named, .path, .generated, .stage: name
    case .column: CanonicalText.write(canonicalContent, sorted: true)
    case .sentences(let source):
      source.texts.map(\.reading).joined(separator: "\n")
        + CanonicalText.write(canonicalContent, sorted: true)
    }
  }
}

extension DigestFacts {
  /// Uses names instead of file contents: equal names count as equal, so that plans can be compared before any file
  /// is looked for. Digests made of them name nothing in the cache.
  static func standingIn(for plans: [ResolvedPlan]) -> DigestFacts {
    var facts = DigestFacts(numericsVersion: 0, blasCore: "none")
    for plan in plans {
      for (address, _) in plan.folders(neededBy: plan.steps) {
        facts.folders[address] = FolderDigests(
          configuration: "\(address)", vocabulary: "\(address)", weights: "\(address)",
          tokenizer: .uncased)
      }
      for corpus in plan.corpora(neededBy: plan.steps) {
        facts.corpora[corpus] = generatedDigest(of: corpus) ?? corpus.reading
      }
      for step in plan.steps {
        if let path = step.training?.stage.work.storePath { facts.stores[path] = path }
        if let task = step.work.taskRead {
          facts.tasks[task] = generatedDigest(of: task) ?? task.reading
        }
      }
    }
    return facts
  }
}
