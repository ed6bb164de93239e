// Times single operations beside what the machine can do.
import RetortRandomness
import RetortTensorEngine

/// What a benchmark of single operations found.
public struct OperationResult: Encodable, Sendable {
  /// One operation in one phase.
  public struct Line: Codable, Sendable, Equatable {
    /// What was done, such as `query, key and value`.
    public var name: String
    public var phase: String
    /// Of the median call.
    public var seconds: Double
    public var p95Seconds: Double
    public var flops: Int
    public var bytes: Int
    /// 10⁹ floating-point operations a second; 0 where there are no products.
    public var gflops: Double
    public var bytesPerSecond: Double
    /// Share of the ceiling that is nearer: what the operation could do at the most where it is bound by its products
    /// or by the memory it must touch. Above 1 where its operands are in a cache, which is faster than memory.
    public var shareOfCeiling: Double
  }

  public var rows: Int
  public var hidden: Int
  public var threads: Int
  public var lines: [Line]
  /// Of one thread, and of those in use.
  public var ceilings: [StepResult.Ceilings]
  public var surroundings: Surroundings

  enum CodingKeys: CodingKey { case rows, hidden, threads, lines, ceilings }

  public func encode(to encoder: any Encoder) throws {
    try surroundings.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(rows, forKey: .rows)
    try values.encode(hidden, forKey: .hidden)
    try values.encode(threads, forKey: .threads)
    try values.encode(lines, forKey: .lines)
    try values.encode(ceilings, forKey: .ceilings)
  }
}

/// The operations of a Transformer's step, one by one, each forward and backward.
public enum OperationBenchmark {
  /// - Parameters:
  ///   - rows: T, tokens; they are cut into sequences of 13.
  ///   - hidden: C, a multiple of 64; feed-forward layers are four times as wide.
  ///   - versions: of the program.
  public static func run(
    rows: Int, hidden: Int, versions: [String: String], engine: Engine
  ) -> OperationResult {
    let ceilings = MachineCeilings(measuredOn: engine)
    // One thread's beside them: what two do is not always twice what one does.
    let alone =
      engine.threadCount == 1
      ? [] : [StepResult.Ceilings(MachineCeilings(measuredOn: Engine(threadCount: 1)))]
    let shapes = OperationShapes(rows: rows, hidden: hidden, engine: engine)
    var lines: [OperationResult.Line] = []
    for (name, operations, work) in shapes.cases {
      lines += measure(name, operations, work, ceilings: ceilings, engine: engine)
    }
    return OperationResult(
      rows: rows, hidden: hidden, threads: engine.threadCount, lines: lines,
      ceilings: alone + [StepResult.Ceilings(ceilings)],
      surroundings: Surroundings(versions: versions))
  }

  /// The median of as many calls as fit in a quarter of a second, at least seven, after two.
  private static func measure(
    _ name: String, _ operations: Set<OperationCost.Operation>, _ work: () -> Void,
    ceilings: MachineCeilings, engine: Engine
  ) -> [OperationResult.Line] {
    var samples: [OperationCost.Phase: Sample] = [:]
    var costs: [OperationCost.Phase: (flops: Int, bytes: Int)] = [:]
    engine.meter.measuresTime = true
    defer { engine.meter.measuresTime = false }
    let start = ContinuousClock.now
    var call = 0
    while call < 9 || ContinuousClock.now - start < .milliseconds(250) {
      engine.meter.clear()
      work()
      defer { call += 1 }
      guard call >= 2 else { continue }
      let totals = engine.meter.totals.filter { operations.contains($0.operation) }
      for (phase, parts) in Dictionary(grouping: totals, by: \.phase) {
        samples[phase, default: Sample()].seconds.append(parts.reduce(0) { $0 + $1.seconds })
        costs[phase] = (
          parts.reduce(0) { $0 + $1.flops }, parts.reduce(0) { $0 + $1.bytes }
        )
      }
    }
    return OperationCost.Phase.allCases.compactMap { phase in
      guard let sample = samples[phase], let cost = costs[phase] else { return nil }
      let seconds = sample.median
      let least = max(
        Double(cost.flops) / ceilings.flopsPerSecond, Double(cost.bytes) / ceilings.bytesPerSecond)
      return OperationResult.Line(
        name: name, phase: phase.name, seconds: seconds, p95Seconds: sample.quantile(0.95),
        flops: cost.flops, bytes: cost.bytes, gflops: Double(cost.flops) / seconds / 1e9,
        bytesPerSecond: Double(cost.bytes) / seconds, shareOfCeiling: least / seconds)
    }
  }
}

/// Tensors and parameters of the operations, made once.
private final class OperationShapes {
  private let rows: Int
  private let hidden: Int
  private let engine: Engine
  private let scope: ComputeScope
  private let layout: SequenceLayout
  /// Sequences of 128.
  private let longLayout: SequenceLayout
  private let ids: [Int32]
  private let projections: [Parameter]
  private let square, expansion, contraction, words, positions, scale, shift: Parameter
  private let hiddenValues, innerValues: [Float]
  private let mode: ForwardMode = .training(
    dropout: CounterDropout(seed: 42, step: 0, microBatch: 0))

  private static let vocabularySize = 30_522
  private static let sequenceLength = 13
  private static let headSize = 64

  init(rows: Int, hidden: Int, engine: Engine) {
    self.rows = rows
    self.hidden = hidden
    self.engine = engine
    scope = ComputeScope(engine: engine, recording: true)
    var offsets = Array(stride(from: Int32(0), to: Int32(rows), by: Self.sequenceLength))
    offsets.append(Int32(rows))
    layout = SequenceLayout(offsets: offsets)
    longLayout = SequenceLayout(
      offsets: Array(stride(from: Int32(0), to: Int32(rows), by: 128)) + [Int32(rows)])
    var stream = RandomStream(seed: 42, name: .synthesis, place: (0, 0))
    func values(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float(stream.standardNormal()) * 0.05 }
    }
    func parameter(_ path: String, _ kind: ParameterKind, _ shape: [Int]) -> Parameter {
      let parameter = Parameter(path: path, kind: kind, shape: shape)
      _ = parameter.values.update(fromContentsOf: values(parameter.count))
      return parameter
    }
    ids = (0..<rows).map { _ in Int32(stream.integer(below: UInt32(Self.vocabularySize))) }
    projections = Parameter.contiguous(
      ["query", "key", "value"].map { ($0, .weight, [hidden, hidden]) })
    for projection in projections {
      _ = projection.values.update(fromContentsOf: values(projection.count))
    }
    square = parameter("output", .weight, [hidden, hidden])
    expansion = parameter("expansion", .weight, [4 * hidden, hidden])
    contraction = parameter("contraction", .weight, [hidden, 4 * hidden])
    words = parameter("words", .embedding, [Self.vocabularySize, hidden])
    positions = parameter("positions", .embedding, [512, hidden])
    scale = parameter("scale", .normScale, [hidden])
    shift = parameter("shift", .normShift, [hidden])
    hiddenValues = values(rows * hidden)
    innerValues = values(rows * 4 * hidden)
  }

  /// What to time: the name of each, the operations that it is made of, and how it is done once.
  var cases: [(String, Set<OperationCost.Operation>, () -> Void)] {
    [
      (
        "query, key and value", [.linear],
        { self.project(self.hiddenValues, ParameterSpan(contiguous: self.projections)) }
      ),
      ("output", [.linear], { self.project(self.hiddenValues, ParameterSpan(self.square)) }),
      (
        "expansion with GELU", [.linear, .gelu],
        { self.project(self.hiddenValues, ParameterSpan(self.expansion), .gelu) }
      ),
      (
        "contraction", [.linear],
        { self.project(self.innerValues, ParameterSpan(self.contraction)) }
      ),
      ("attention", [.attention], attend),
      ("attention relations", [.losses], relate),
      ("layer norm of a sum", [.layerNorm], normalize),
      ("embedding", [.embedding], embed),
      ("vocabulary head", [.vocabularyHead], readVocabulary),
      ("masked language loss", [.vocabularyObjectives], readVocabulary),
      ("gradient norm", [.gradientNorm], update),
      ("AdamW", [.adamW], update),
    ]
  }

  private func input(_ values: [Float], columns: Int) -> Tensor {
    scope.reset()
    return scope.input(values, rows: rows, columns: columns, differentiable: true)
  }

  private func backward(from tensor: Tensor) {
    scope.seedGradient(
      of: tensor, with: [Float](repeating: 0.5, count: tensor.rows * tensor.columns))
    scope.backward()
    for parameter in projections + [square, expansion, contraction, words, positions, scale, shift]
    {
      parameter.clearGradient()
    }
  }

  private func project(
    _ values: [Float], _ weight: ParameterSpan, _ activation: LinearActivation = .identity
  ) {
    backward(
      from: scope.linear(
        input(values, columns: weight.columns), weight: weight, bias: nil, activation: activation)
    )
  }

  private func attend() {
    let queries = input(hiddenValues, columns: hidden)
    let (keys, values) = (
      scope.input(hiddenValues, rows: rows, columns: hidden, differentiable: true),
      scope.input(hiddenValues, rows: rows, columns: hidden, differentiable: true)
    )
    backward(
      from: scope.attention(
        queries: TensorColumns(queries), keys: TensorColumns(keys), values: TensorColumns(values),
        layout: layout, selection: layout.allRows, headCount: hidden / Self.headSize,
        headSize: Self.headSize, site: DropoutSite(index: 0, probability: 0.1), mode: mode))
  }

  /// MiniLMv2's loss of one pair of blocks on sequences of 128: queries, keys and values each with themselves, in relation
  /// heads of 8 columns (48 of 384).
  private func relate() {
    let student =
      [input(hiddenValues, columns: hidden)]
      + (0..<2).map { _ in
        scope.input(hiddenValues, rows: rows, columns: hidden, differentiable: true)
      }
    let teacher = scope.input(
      hiddenValues.map { 2 * $0 }, rows: rows, columns: hidden)
    func factors(_ tensor: Tensor) -> ScoreFactors {
      ScoreFactors(
        TensorColumns(tensor), TensorColumns(tensor), size: hidden, headCount: hidden / 8)
    }
    let comparison = ScoreComparison(of: .probabilities, by: .divergence, heads: .each)
    let scales = [Double](repeating: 1, count: longLayout.sequenceCount)
    for tensor in student {
      _ = scope.attentionScoreLoss(
        student: factors(tensor), teacher: factors(teacher), comparison: comparison,
        layout: longLayout, gradientScales: scales)
    }
  }

  private func normalize() {
    let x = input(hiddenValues, columns: hidden)
    let residual = scope.input(hiddenValues, rows: rows, columns: hidden, differentiable: true)
    backward(
      from: scope.layerNorm(
        x, adding: residual, scale: scale, shift: shift, epsilon: 1e-12,
        site: DropoutSite(index: 1, probability: 0.1), placement: layout.placement, mode: mode))
  }

  private func embed() {
    scope.reset()
    backward(
      from: scope.embedding(
        tokenIDs: ids, layout: layout, words: words, positions: positions, tokenTypes: nil,
        paddingID: 0))
  }

  private func readVocabulary() {
    fillVocabularyGradient()
    words.clearGradient()
    vocabularyBias.clearGradient()
  }

  private func fillVocabularyGradient() {
    let x = input(hiddenValues, columns: hidden)
    _ = scope.vocabularyHead(
      hidden: x, decoder: words, bias: vocabularyBias,
      objectives: [
        WeightedObjective(
          MaskedLanguageObjective(labels: ids), gradientScale: 1 / Double(rows))
      ])
  }

  private lazy var vocabularyBias = Parameter(
    path: "bias", kind: .bias, shape: [Self.vocabularySize])

  /// Of the word embeddings, the largest parameter, whose gradient is dense.
  private lazy var moments: (AlignedBuffer, AlignedBuffer) = {
    fillVocabularyGradient()
    return (AlignedBuffer(count: words.count), AlignedBuffer(count: words.count))
  }()

  private func update() {
    let (first, second) = moments
    _ = engine.gradientNorm(of: [words])
    engine.adamW([
      AdamWUpdate(
        parameter: words, firstMoment: first, secondMoment: second,
        step: AdamWStep(
          decay: 1, firstRate: 0.1, secondDecay: 0.999, secondRate: 0.001, secondCorrection: 0.03,
          epsilon: 1e-8, negativeStepSize: -2e-5, gradientScale: 1))
    ])
  }
}
