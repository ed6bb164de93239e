// The pictures of an experiment: loss curves by stage, and the epochs beside the references.
import RetortEvaluation
import RetortRecords

struct ExperimentPlots {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  /// File name and what it shows, in the order of the page.
  struct Plot {
    var file: String
    var caption: String
    var svg: String
  }

  func epochs(stage id: String) -> Plot? {
    let section = EpochSection(runs, stage: id)
    let tunings = runs.tunings(id)
    guard tunings.contains(where: { $0.stage.epochs.count > 1 }) else { return nil }
    typealias Ours = (RunRecord.Epoch) -> Chart.Point?
    typealias Theirs = (Reference.Epoch, _ examples: Int) -> Chart.Point?
    let metric = ShownMetric.leading(of: tunings)
    let isDistillation = tunings.contains(where: \.stage.isDistillation)
    func panel(_ title: String, _ ours: Ours, _ theirs: Theirs) -> Chart.Panel {
      let own = tunings.map { tuning in
        Chart.Series(
          name: tunings.count == 1 ? "Retort" : "Retort, \(ExperimentRuns.label(tuning.record))",
          points: tuning.stage.epochs.compactMap(ours), marks: true)
      }
      let others = section.comparisons.filter { $0.runs.count == 1 }.map { comparison in
        Chart.Series(
          name: "\(comparison.runs[0].name): \(comparison.runs[0].model.shortModel)",
          points: comparison.runs[0].epochs.compactMap {
            theirs($0, comparison.runs[0].examples)
          }, isReference: true, marks: true)
      }
      return Chart.Panel(
        title: title, xTitle: section.unit.column,
        series: (own + others).filter { !$0.points.isEmpty },
        wholeX: true)
    }
    let chart = Chart(
      title: "\(runs.name): \(tunings.first?.stage.task ?? id), \(section.unit.title)",
      panels: [
        panel(
          isDistillation ? "Training Loss, mean of the epoch" : "Training Loss, last window",
          { row in
            (isDistillation ? row.epochTrainingLoss : row.trainingLoss).map {
              Chart.Point(x: Double(row.number), y: $0)
            }
          },
          { epoch, _ in
            epoch.trainingLoss.map { Chart.Point(x: Double(epoch.epoch), y: $0.value) }
          }),
        panel(
          "Validation Loss", { Chart.Point(x: Double($0.number), y: $0.validationLoss) },
          { epoch, _ in Chart.Point(x: Double(epoch.epoch), y: epoch.validationLoss.value) }),
        panel(
          metric.isAccuracy ? "Accuracy, with 95 % intervals" : metric.title,
          { row in
            if let correct = row.correct {
              return .accuracy(epoch: row.number, correct: correct, count: row.count)
            }
            guard let value = metric.value(of: row), !value.isNaN else { return nil }
            return Chart.Point(x: Double(row.number), y: value)
          },
          { .accuracy(epoch: $0.epoch, correct: $0.correct, count: $1) }),
      ], columns: 3)
    return Plot(
      file: "\(runs.name)-\(id.fileSafe)-epochs.svg",
      caption:
        "Training loss, validation loss and \(metric.isAccuracy ? "accuracy" : metric.title) by \(section.unit.rawValue)",
      svg: ChartDrawing.svg(chart))
  }

  /// The picture that stands for the experiment: epochs, else the distillation, else what there is.
  var emblem: Plot? {
    let tunings = runs.tuningIDs(main: true)
    if tunings.count == 1, let epochs = tunings.compactMap(epochs).first { return epochs }
    let losses = losses()
    let distillation = runs.first.stages.first { $0.isDistillation && $0.variant == "main" }
    return losses.first { $0.file == distillation.map { fileName($0.id) } } ?? losses.first
  }

  /// One picture per stage that learned from text, a panel for each loss term and a line for each run that
  /// computed it; one picture for all that learned a task together.
  func losses() -> [Plot] {
    let entries = runs.distinctStages.filter { $0.stage.curve.points.count > 1 }
    var plots: [Plot] = []
    func isTuning(_ entry: ExperimentRuns.Tuning) -> Bool {
      entry.stage.isEvaluated && !entry.stage.isDistillation
    }
    for entry in entries where !isTuning(entry) {
      let id = entry.stage.id
      guard !plots.contains(where: { $0.file == fileName(id) }) else { continue }
      plots.append(
        Plot(
          file: fileName(id), caption: "Loss of stage \(id) by step",
          svg: ChartDrawing.svg(terms(of: entries.filter { $0.stage.id == id }))))
    }
    let tunings = entries.filter(isTuning)
    if !tunings.isEmpty {
      plots.append(
        Plot(
          file: fileName("finetune"), caption: "Training loss of fine-tuning by step",
          svg: ChartDrawing.svg(fineTuning(tunings))))
    }
    return plots
  }

  /// One picture per stage that has a gradient breakdown by loss term.
  func gradients() -> [Plot] {
    var plots: [Plot] = []
    for breakdowns in runs.stageBreakdowns where breakdowns.points.count > 1 {
      let file = "\(runs.name)-\(breakdowns.label.fileSafe)-accounts.svg"
      guard !plots.contains(where: { $0.file == file }) else { continue }
      plots.append(
        Plot(
          file: file, caption: "The terms of the loss of \(breakdowns.label), by step",
          svg: ChartDrawing.svg(chart(of: breakdowns))))
    }
    return plots
  }

  private func chart(of breakdowns: StageBreakdowns) -> Chart {
    func series(
      _ name: String, _ value: (StageBreakdowns.Point) -> Double?
    ) -> Chart.Series {
      Chart.Series(
        name: name,
        points: breakdowns.points.compactMap { point in
          value(point).map { Chart.Point(x: Double(point.step), y: $0) }
        })
    }
    func panel(_ title: String, fromZeroY: Bool, _ series: [Chart.Series]) -> Chart.Panel {
      Chart.Panel(
        title: title, xTitle: "Step", series: series, fromZeroX: true, fromZeroY: fromZeroY)
    }
    let terms = Array(breakdowns.terms.enumerated())
    var panels = [
      panel(
        "Weighted loss", fromZeroY: true,
        terms.map { index, term in
          series(term.name) { $0.values[index] * breakdowns.weight(of: index, at: $0) }
        }),
      panel(
        "Weighted gradient norm", fromZeroY: true,
        terms.map { index, term in
          series(term.name) { $0.gradientNorms[index] * breakdowns.weight(of: index, at: $0) }
        }),
    ]
    if !breakdowns.pairs.isEmpty {
      panels.append(
        panel(
          "Cosine of two gradients", fromZeroY: false,
          breakdowns.pairs.enumerated().map { index, pair in
            series("\(terms[pair.0].element.name) and \(terms[pair.1].element.name)") {
              $0.gradientCosines[index]
            }
          }))
    }
    for name in breakdowns.measurementNames {
      let isEntropy = name == RunRecord.GradientBreakdowns.teacherEntropy
      panels.append(
        panel(
          isEntropy ? "Teacher's entropy, nats" : name, fromZeroY: isEntropy,
          [series(isEntropy ? "teacher" : name) { $0.measurements[name] }]))
    }
    return Chart(
      title: "\(runs.name): what the terms of \(breakdowns.label) ask for", panels: panels,
      columns: 2)
  }

  private func fileName(_ stage: String) -> String { "\(runs.name)-\(stage.fileSafe)-loss.svg" }

  /// - Parameter entries: a stage as each run computed it; at least one.
  private func terms(of entries: [ExperimentRuns.Tuning]) -> Chart {
    let stage = entries[0].stage
    let names = RunRecord.LossCurve.termNames(of: entries.map(\.stage.curve))
    var panels: [Chart.Panel] = []
    func add(_ title: String, _ value: (RunRecord.LossCurve.Point) -> Double?) {
      let series = entries.map { entry in
        Chart.Series(
          name: runs.label(of: entry),
          points: entry.stage.curve.points.compactMap { point in
            value(point).map { Chart.Point(x: Double(point.step), y: $0) }
          })
      }
      panels.append(
        Chart.Panel(
          title: title, xTitle: "Step", series: series.filter { !$0.points.isEmpty },
          fromZeroX: true))
    }
    for name in names { add("\(name), unweighted") { $0.terms[name] } }
    if names.count > 1 { add("weighted sum") { $0.total } }
    return Chart(
      title: "\(runs.name): loss of \(stage.id), mean of \(stage.curve.window.grouped) steps",
      panels: panels, columns: min(2, max(1, panels.count)))
  }

  private func fineTuning(_ tunings: [ExperimentRuns.Tuning]) -> Chart {
    var series = tunings.map { tuning in
      Chart.Series(
        name: runs.label(of: tuning),
        points: tuning.stage.curve.points.map { Chart.Point(x: Double($0.step), y: $0.total) })
    }
    let task = tunings.first?.stage.task
    for reference in runs.references where reference.kind == .measurement {
      for run in reference.runs where run.task == task {
        guard let curve = run.curve else { continue }
        series.append(
          Chart.Series(
            name: "\(run.name): \(run.model.shortModel)",
            points: curve.losses.enumerated().map {
              Chart.Point(x: Double(($0 + 1) * curve.window), y: $1)
            }, isReference: true))
      }
    }
    let window = tunings.first?.stage.curve.window ?? 0
    let isRegression = tunings.first?.stage.keptEvaluation.map { $0.correct == nil } ?? false
    return Chart(
      title: "\(runs.name): training loss of fine-tuning, mean of \(window.grouped) steps",
      panels: [
        Chart.Panel(
          title: isRegression ? "Mean squared error" : "Cross-entropy, nats", xTitle: "Step",
          series: series, fromZeroX: true)
      ], columns: 1)
  }
}

extension Chart.Point {
  /// Nil without examples.
  fileprivate static func accuracy(epoch: Int, correct: Int, count: Int) -> Chart.Point? {
    guard count > 0 else { return nil }
    let interval = WilsonInterval(correct: correct, count: count)
    return Chart.Point(
      x: Double(epoch), y: Double(correct) / Double(count), low: interval.low, high: interval.high)
  }
}

extension String {
  /// A model's name without what stands in brackets after it.
  fileprivate var shortModel: String {
    split(separator: "(").first.map { $0.trimmed } ?? self
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
