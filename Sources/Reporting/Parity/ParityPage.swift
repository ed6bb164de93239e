// Results/parity.md: what was compared with PyTorch, and how far apart the two are.

struct ParityPage {
  static let title = "Parity with PyTorch"
  static let file = "parity.md"

  private let records: ParityRecords

  init(_ records: ParityRecords) { self.records = records }

  func text() -> String {
    var out = """
      \(PageMarkup.origin("records/parity/"))

      # \(Self.title)

      What this program computes beside what PyTorch 2.4.0 and transformers 4.44.2 compute, from one
      operation to a whole fine-tuning with dropout on. The references are fixtures and logs written by
      the pinned scripts in [`Tests/Peers`](../Tests/Peers/README.md); the differences are those of the
      recorded run of the tests.

      """
    let (own, foreign) = (
      records.comparisons.filter { $0.comparison.referenceStage != nil },
      records.comparisons.filter { $0.comparison.referenceStage == nil }
    )
    if !foreign.isEmpty { out += replays(foreign.map(\.comparison)) }
    if !own.isEmpty { out += ownPairs(own.map(\.comparison)) }
    if let ladder = records.ladder { out += rungs(ladder) }
    return out + """

      ## Again

      \(PageMarkup.code(Self.again, info: "sh"))
      \(own.isEmpty ? "" : "\n\(PageMarkup.code(Self.ownAgain, info: "sh"))\n")
      """
  }

  // MARK: Replays

  private func table(of comparisons: [LossComparison]) -> String {
    var table = MarkdownTable([
      .init("Training", .left), .init("Beside", .left), .init("Steps"),
      .init("Largest difference"), .init("at step"), .init("Largest relative"), .init("Mean"),
      .init("First beyond the tolerance (absolute)", .left),
    ])
    for comparison in comparisons {
      table.add([
        "`\(comparison.runTitle)`", "`\(comparison.reference)`", comparison.steps.grouped,
        Self.number(comparison.largest.magnitude), comparison.largest.step.grouped,
        Self.number(comparison.largestRelative.relative), Self.number(comparison.mean),
        comparison.firstBeyond.map {
          "step \($0.step.grouped), by \(Self.number($0.magnitude)) "
            + "(\(Self.number(comparison.tolerance)))"
        } ?? "none (\(Self.number(comparison.tolerance)))",
      ])
    }
    return table.text
  }

  private func course(of comparisons: [LossComparison]) -> String {
    var course = MarkdownTable(
      [.init("Training", .left)] + (1...10).map { .init("\($0)") })
    for comparison in comparisons {
      let cells = comparison.course.map { Self.number($0.magnitude) }
      course.add(
        ["`\(comparison.runTitle)`"] + cells + [String](repeating: "-", count: 10 - cells.count))
    }
    return "How the difference grows: the largest in each tenth of the steps.\n\n\(course.text)"
  }

  /// Trainings of this program beside each other.
  private func ownPairs(_ comparisons: [LossComparison]) -> String {
    """

    ## Runs of this program beside each other

    A stored teacher beside the live one: the same distillation with the teacher run beside the student, and with
    its last hidden states read from an activation store (`retort activations DEF --stage ID`), its decoder being
    computed again. A store of float32 has the live teacher's states as they were, one of binary16 has them
    rounded to 11 bits; the tolerance is only that of the comparison.

    \(table(of: comparisons))
    \(course(of: comparisons))
    """
  }

  private static let again = """
    make parity            # the tests, and their differences into records/parity/ladder.json
    retort run Experiments/sst2-minilm-replay.yaml --set name=sst2-minilm-replay-300 \\
      --set 'stages.sst2.limit={steps: 300}'
    retort compare Runs/sst2-minilm-replay-300 \\
      --with Experiments/references/trainer-minilm-sst2/steps-300.jsonl \\
      --record Results/records/parity/replay-300.json
    retort run Experiments/sst2-minilm-replay.yaml
    retort compare Runs/sst2-minilm-replay \\
      --with Experiments/references/trainer-minilm-sst2/epochs.jsonl \\
      --record Results/records/parity/replay-epochs.json
    retort run Experiments/glue-minilm.yaml
    for task in cola mrpc; do
      retort compare "Runs/glue-minilm@seed=42" --stage $task \\
        --with Experiments/references/trainer-minilm-glue/$task.jsonl \\
        --record Results/records/parity/replay-$task.json
    done
    # STS-B differs by more than the tolerance, as the table says: compare writes the record and ends with 1.
    retort compare "Runs/glue-minilm@seed=42" --stage stsb \\
      --with Experiments/references/trainer-minilm-glue/stsb.jsonl \\
      --record Results/records/parity/replay-stsb.json || true
    retort run Experiments/glue-minilm.yaml --set 'sweep.seed=[42]' --set name=glue-minilm-stsb-2e-5 \\
      --set stages.stsb.learning_rate=2.0e-5 --stage stsb
    retort compare "Runs/glue-minilm-stsb-2e-5@seed=42" \\
      --with Experiments/references/trainer-minilm-glue/stsb-2e-5.jsonl \\
      --record Results/records/parity/replay-stsb-2e-5.json || true
    retort run Experiments/imdb-minilm.yaml --set name=imdb-minilm-300 \\
      --set 'stages.imdb.limit={steps: 300}'
    retort compare Runs/imdb-minilm-300 \\
      --with Experiments/references/trainer-minilm-imdb/steps-300.jsonl \\
      --record Results/records/parity/replay-imdb-300.json
    retort report
    """

  private static let ownAgain = """
    set -- Experiments/minilm-l3-from-l6.yaml --stage distil --set 'stages.distil.limit={steps: 100}'
    retort run "$@" --set name=l3-live
    for type in f32 f16; do
      retort activations "$@" --dtype $type --out l3-$type.h5
      retort run "$@" --set name=l3-stored-$type --set "stages.distil.targets={store: l3-$type.h5}"
      retort compare Runs/l3-stored-$type --with Runs/l3-live --stage distil \
        --record Results/records/parity/stored-$type.json || true
    done
    """

  private func replays(_ comparisons: [LossComparison]) -> String {
    var out = """

      ## Step by step

      The loss of each training step of Hugging Face's `Trainer` itself, dropout on, and of this program's
      replay of it: the same sentences in the same order, the same units dropped, the same first
      classifier (`random: torch-2.4-cpu`). Both compute in float32 and sum in orders of their own;
      nothing else tells the two apart.

      \(table(of: comparisons))
      \(course(of: comparisons))
      """
    for comparison in comparisons {
      if let note = comparison.note { out += "\n`\(comparison.runTitle)`: \(note)\n" }
    }
    for comparison in comparisons
    where !comparison.epochs.isEmpty && !comparison.referenceEpochs.isEmpty {
      out += "\n" + epochs(of: comparison)
    }
    return out
  }

  private func epochs(of comparison: LossComparison) -> String {
    let all = comparison.epochs + comparison.referenceEpochs
    var table = MarkdownTable(
      [
        .init(comparison.numberTitle), .init("By", .left), .init("Training loss"),
        .init("Validation loss"),
      ] + LossLog.Epoch.measuredColumns(of: all).map { .init($0) })
    func add(_ name: String, _ epoch: LossLog.Epoch) {
      table.add(
        [
          "\(epoch.number)", name, epoch.trainingLoss.map { $0.fixed(4) } ?? "No log",
          epoch.validationLoss.fixed(4),
        ] + epoch.measuredCells(among: all))
    }
    for epoch in comparison.epochs {
      add("Retort", epoch)
      for other in comparison.referenceEpochs where other.isBeside(epoch) {
        add("PyTorch", other)
      }
    }
    return """
      The epochs of `\(comparison.runTitle)`, in the Trainer's own columns (training loss: mean over the last
      whole window of 500 steps):

      \(table.text)
      """
  }

  // MARK: The ladder

  /// A rung: the suite's file, what is compared, and what with.
  private static let order: [(suite: String, title: String, source: String)] = [
    ("Operation", "Operations", "torch, float64, padded and masked (`operations.h5`)"),
    ("LargeOperation", "Operations at full size", "torch, float64 (`operations.h5`)"),
    ("Objective", "Objectives", "torch, float64 (`operations.h5`)"),
    (
      "Divergence", "Soft targets",
      "torch, float64, and TextBrewer, torchdistill, trl (`divergences.h5`)"
    ),
    (
      "SoftTarget", "Soft targets", "torch, float64, and TextBrewer (`soft_targets.h5`)"
    ),
    ("CrossEntropy", "Labels", "torch and transformers, float64 (`cross_entropy.h5`)"),
    ("LabelMSE", "Labels", "torch, float64 (`label_mse.h5`)"),
    (
      "HiddenTerms", "States, Gram matrices, sentences",
      "torch, float64, padded and masked, and TextBrewer (`hidden_terms.h5`)"
    ),
    (
      "AttentionTerms", "Attention and relations",
      "torch, float64, and TextBrewer, bertdistiller, minilmv2.bb (`attention_terms.h5`, `minilmv2.h5`)"
    ),
    (
      "AttentionModel", "Attention and relations",
      "transformers, float64, and minilmv2.bb (`attention_terms.h5`, `minilmv2.h5`)"
    ),
    ("Block", "Blocks", "transformers' blocks, float64 (`blocks.h5`)"),
    ("Pair", "Pairs of texts", "transformers, float64 (`pairs.h5`)"),
    ("TinyModel", "Whole models, small", "transformers, float64 (`tiny_models.h5`)"),
    (
      "PublishedModel", "Whole models, published size",
      "transformers, float32 (`published_models.h5`)"
    ),
    ("Optimizer", "AdamW, clipping, schedule", "torch's AdamW, float32 (`adamw.h5`)"),
    (
      "Trajectory", "Fifty steps of training", "transformers and torch, float64 (`trajectories.h5`)"
    ),
    (
      "TermTrajectory", "Fifty steps on terms",
      "transformers and torch, float64 (`term_trajectories.h5`)"
    ),
    ("NarrowStudent", "Narrower students", "torch, float64 (`narrow_students.h5`)"),
    ("Measure", "Measures", "torch, scipy and scikit-learn, float64 (`measures.h5`)"),
    ("TrainerReplay", "A replay with dropout", "Hugging Face's Trainer, float32 (`trainer.h5`)"),
  ]

  private func rungs(_ ladder: ParityLadder) -> String {
    var table = MarkdownTable([
      .init("Rung", .left), .init("Compared", .left), .init("Values"),
      .init("Largest difference"), .init("Largest relative"), .init("Tolerance", .left),
      .init("Used"), .init("Why that tolerance", .left), .init("Source of truth", .left),
    ])
    let known = Self.order.map(\.suite)
    let others = Set(ladder.rows.map(\.suite)).subtracting(known).sorted()
    for rung in Self.order + others.map({ ($0, $0, "-") }) {
      for row in ladder.rows where row.suite == rung.suite {
        table.add([
          rung.title, row.test, row.values.grouped, Self.number(row.largestAbsolute),
          Self.number(row.largestRelative), Self.tolerance(row),
          row.toleranceAbsolute + row.toleranceRelative > 0
            ? (100 * row.largestShare).fixed(0) + " %" : "-",
          row.reason, rung.source,
        ])
      }
    }
    return """

      ## The ladder

      Every comparison of the parity tests, on OpenBLAS's kernel \(ladder.kernel). A relative difference
      is one beside the largest value of its array; a comparison has a row for each reason of a
      tolerance, which is the widest of the row, absolute + relative; used is the largest part that any difference took of what it was allowed.

      \(table.text)
      """
  }

  private static func tolerance(_ row: ParityLadder.Row) -> String {
    let parts = [
      row.toleranceAbsolute > 0 ? number(row.toleranceAbsolute) : nil,
      row.toleranceRelative > 0 ? "\(number(row.toleranceRelative)) relative" : nil,
    ].compactMap { $0 }
    return parts.isEmpty ? "equal" : parts.joined(separator: " + ")
  }

  private static func number(_ value: Double) -> String { value.significant(2) }
}

extension LossComparison {
  /// The run with its stage, as commands take it.
  fileprivate var runTitle: String { stage.map { "\(run)#\($0)" } ?? run }
}
