// The measures of a run, taken when their models are there.
import RetortDistillation
import RetortEvaluation
import RetortFiles
import RetortFormatting
import RetortOptions
import RetortRecords
import RetortTransformers

/// Takes measures, each of a model once, and makes their part of the record.
final class MeasureRunner {
  let plan: ResolvedPlan
  private let digests: PlanDigests
  private let data: PreparedData
  private let models: ModelMaking
  private let engine: Engine
  private let cache: MeasureCache
  private let watcher: MeasureWatcher
  /// Hears what is measured.
  private let note: (String) -> Void
  /// Of this run, by the cache's digest.
  private var known: [String: [MeasuredFigure]] = [:]

  init(
    plan: ResolvedPlan, digests: PlanDigests, data: PreparedData, models: ModelMaking,
    engine: Engine, observer: (any RunObserver)?, note: @escaping (String) -> Void
  ) {
    self.plan = plan
    self.digests = digests
    self.data = data
    self.models = models
    self.engine = engine
    self.note = note
    cache = MeasureCache(data.locations)
    watcher = MeasureWatcher(observer)
  }

  /// Refuses texts that a measure cannot be taken on, before anything is trained for it.
  func check(_ measures: [PlannedMeasure]) throws {
    for planned in measures {
      let sequences = try data.sequences(of: planned.measure.sample, planned.text)
      do throws(MeasureError) {
        try planned.measure.check(sequences: sequences.source.count)
      } catch { throw error.naming("measures.\(planned.name)") }
    }
  }

  /// The figures of some models of a measure, in their order.
  /// - Parameter inputs: of the measure's; all if nil.
  func figures(
    _ planned: PlannedMeasure, of inputs: [MeasuredInput]? = nil
  ) throws -> [[MeasuredFigure]] {
    let inputs = inputs ?? planned.of
    let sequences = try data.sequences(of: planned.measure.sample, planned.text)
    let digests = try inputs.map { try digest(planned, sequences, of: $0) }
    let missing = zip(inputs, digests).filter { figures($1) == nil }.map(\.0)
    if !missing.isEmpty {
      note(
        "\(planned.name): \(type(of: planned.measure).title) of \(missing.map(\.name).listed) on "
          + "\(sequences.source.count.grouped) sequences")
      var start = ContinuousClock.now
      let execution = try execution(planned)
      try planned.measure.run(of: missing, in: execution) { input, figures in
        try keep(figures, of: planned, digest(planned, sequences, of: input))
        note(
          "\(planned.name): \(input.name): \(figures.map(\.words).joined(separator: ", ")); "
            + ((.now - start) / .seconds(1) as Double).durationText)
        start = .now
      }
    }
    return digests.map { figures($0) ?? [] }
  }

  /// Those of the text itself.
  private func figuresOfText(_ planned: PlannedMeasure) throws -> [MeasuredFigure] {
    let sequences = try data.sequences(of: planned.measure.sample, planned.text)
    let digest = try digest(planned, sequences, of: nil)
    if let figures = figures(digest) { return figures }
    let figures = try planned.measure.figuresOfText(in: execution(planned))
    try keep(figures, of: planned, digest)
    return figures
  }

  private func execution(_ planned: PlannedMeasure) throws -> MeasureExecution {
    try MeasureExecution(
      planned, data: data, models: models, engine: engine, observer: watcher)
  }

  // MARK: Forecast

  /// What a measure will take for each of its models, from a few sequences of one of them. Nil where other variants have all
  /// that is not in the cache.
  /// - Parameter counted: the cache's digests of what was foretold before.
  func forecast(
    _ planned: PlannedMeasure, after counted: inout Set<String>
  ) throws -> RunForecast.Measure? {
    try check([planned])
    let sequences = try data.sequences(of: planned.measure.sample, planned.text)
    let open = try planned.of.map { (input: $0, digest: try digest(planned, sequences, of: $0)) }
      .filter { figures($0.digest) == nil }
    let missing = open.filter { counted.insert($0.digest).inserted }.map(\.input)
    if missing.isEmpty, !open.isEmpty { return nil }
    let tokens = try planned.measure.tokenCount(of: sequences, planned.text, in: data)
    var seconds = 0.0
    if let first = missing.first {
      let execution = try MeasureExecution(
        planned, data: data, models: models, engine: engine, observer: watcher,
        first: Self.probedSequences)
      let start = ContinuousClock.now
      try planned.measure.run(of: [first], in: execution) { _, _ in }
      let probed = try planned.measure.tokenCount(
        of: execution.sequences, planned.text, in: data)
      // Of a task that is learned from as well, as many examples of both sets.
      let share =
        probed > execution.sequences.tokenCount
        ? 2 * execution.sequences.tokenCount : execution.sequences.tokenCount
      let perToken = ((.now - start) / .seconds(1)) / Double(max(1, share))
      seconds = perToken * Double(tokens * missing.count)
    }
    return RunForecast.Measure(
      name: planned.name, models: planned.of.count, sequences: sequences.source.count,
      tokens: tokens, seconds: seconds, isCached: missing.isEmpty)
  }

  /// Enough of them to see how long one takes.
  private static let probedSequences = 64

  // MARK: Kept figures

  private func figures(_ digest: String) -> [MeasuredFigure]? {
    if let figures = known[digest] { return figures }
    known[digest] = cache.lookUp(digest)
    return known[digest]
  }

  private func keep(
    _ figures: [MeasuredFigure], of planned: PlannedMeasure, _ digest: String
  ) throws {
    for figure in figures where !figure.estimate.isFinite {
      throw MeasureError.notFinite(figure: "\(planned.name): \(figure.name)")
    }
    try cache.keep(figures, digest)
    known[digest] = figures
  }

  /// Of everything that bears on the figures of one model.
  /// - Parameter input: nil for those of the text itself.
  private func digest(
    _ planned: PlannedMeasure, _ sequences: MeasuredSequences, of input: MeasuredInput?
  ) throws -> String {
    let measure = planned.measure
    func digest(_ input: MeasuredInput?) throws -> CanonicalValue {
      guard let input else { return .text("") }
      guard let digest = digests.of(input.input) else { throw MissingDigest(what: input.name) }
      return .text(digest)
    }
    var learned = ""
    if let text = planned.text.learned {
      learned = try data.corpus(text.corpus, sequenceLength: text.sequenceLength).digest
    }
    return SHA256.hexDigest(
      of: CanonicalText.write(
        .map([
          ("measure", .text(type(of: measure).kind)),
          ("version", .integer(type(of: measure).version)),
          ("numerics", .integer(Numerics.version)), ("blas", .text(BLASKernel.coreName)),
          ("options", .map(measure.digestEntries)),
          ("conditions", .list(measure.conditions(of: planned.text).map { .text($0) })),
          ("sequences", .text(sequences.digest)), ("learned", .text(learned)),
          ("data", .list(try measure.digests(of: planned.text, in: data).map { .text($0) })),
          ("model", try digest(input)), ("with", try digest(planned.with)),
        ]), sorted: true))
  }

  // MARK: In the record

  /// Every measure of the run.
  func records(of measures: [PlannedMeasure]) throws -> [RunRecord.Measure] {
    try measures.map { planned in
      let all = try figures(planned)
      let ofText = try figuresOfText(planned)
      return RunRecord.Measure(
        name: planned.name, kind: type(of: planned.measure).kind,
        title: type(of: planned.measure).title, data: planned.text.name,
        examples: try data.sequences(of: planned.measure.sample, planned.text).source.count,
        conditions: planned.measure.conditions(of: planned.text), with: planned.with?.name,
        ofText: ofText.isEmpty
          ? nil : ofText.map { RunRecord.Measure.Figure($0, comparedWith: nil) },
        models: zip(planned.of, all).enumerated().map { place, entry in
          let (input, figures) = entry
          return RunRecord.Measure.Model(
            name: input.name,
            figures: figures.map { figure in
              // A model of another width may lack figures that the first one has, or have more.
              RunRecord.Measure.Figure(
                figure,
                comparedWith: place == 0
                  ? nil
                  : all[0].first {
                    $0.name == figure.name && $0.estimate.isPaired(with: figure.estimate)
                  })
            })
        })
    }
  }
}

extension Measure {
  /// What it takes besides its text and its models, which count by their contents.
  fileprivate var digestEntries: [(String, CanonicalValue)] {
    let named = Set(["of", "with", "text", "task", "sequence_length", "count"])
    return Self.options.writeAll(self).filter { !named.contains($0.0) }
  }
}

extension MeasuredFigure {
  /// "masked-LM loss 6.2834 (6.2512 to 6.3156)"
  var words: String {
    "\(name) \(estimate.value.fixed(4))"
      + (estimate.interval.map { " (\($0.low.fixed(4)) to \($0.high.fixed(4)))" } ?? "")
  }
}

extension RunRecord.Measure.Figure {
  fileprivate init(_ figure: MeasuredFigure, comparedWith first: MeasuredFigure?) {
    let interval = figure.estimate.interval
    let difference = first.map { figure.estimate.difference(from: $0.estimate) }
    self.init(
      name: figure.name, value: figure.estimate.value, low: interval?.low, high: interval?.high,
      difference: difference.map {
        .init(value: $0.value, low: $0.interval?.low, high: $0.interval?.high)
      })
  }
}

/// Passes the wish to stop on to a measure.
private final class MeasureWatcher: RecordingObserver {
  private weak var observer: (any RunObserver)?

  init(_ observer: (any RunObserver)?) { self.observer = observer }

  func recorded(_ progress: RecordingProgress) {}
  var stopIsRequested: Bool { observer?.stopIsRequested ?? false }
}
