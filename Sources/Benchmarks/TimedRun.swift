// What every benchmark of whole steps or batches says of itself.

/// One timed run: what was run, on what, and how long each step took.
public struct TimedRun: Encodable, Sendable, Equatable {
  /// Such as `fine-tuning`.
  public var job: String
  public var settings = "retort"
  /// The model's name or path, as it was asked for.
  public var model: String
  /// `random`, or `stored`.
  public var weights: String
  /// Where the sentences come from.
  public var data: String
  public var threads: Int
  public var batchSize: Int
  /// Measured: sentences or sequences, real tokens with [CLS] and [SEP], steps or batches.
  public var sentences: Int
  public var tokens: Int
  public var steps: Int
  /// Steps before those that were measured.
  public var warmup: Int
  /// Of each measured step.
  public var seconds: [Double]
  public var sentencesOfSteps: [Int]
  public var tokensOfSteps: [Int]
  /// Of all measured sentences together: the mean, so that identical sentences are compared whole.
  public var secondsPerThousandSentences: Double
  public var p50Seconds: Double
  public var p95Seconds: Double
  /// The most memory that the process has held, up to the last measured step.
  public var peakResidentBytes: Int
  public var surroundings: Surroundings

  /// - Parameters:
  ///   - steps: sentences, tokens and seconds of each measured step.
  ///   - versions: of the program, beside those of the libraries it computes with.
  public init(
    job: String, model: String, weights: String, data: String, threads: Int, batchSize: Int,
    warmup: Int, steps: [(sentences: Int, tokens: Int, seconds: Double)],
    peakResidentBytes: Int, versions: [String: String]
  ) {
    let sample = Sample(steps.map(\.seconds))
    self.job = job
    self.model = model
    self.weights = weights
    self.data = data
    self.threads = threads
    self.batchSize = batchSize
    self.warmup = warmup
    self.steps = steps.count
    seconds = sample.seconds
    sentencesOfSteps = steps.map(\.sentences)
    tokensOfSteps = steps.map(\.tokens)
    sentences = sentencesOfSteps.reduce(0, +)
    tokens = tokensOfSteps.reduce(0, +)
    secondsPerThousandSentences = sample.total / Double(sentences) * 1000
    p50Seconds = sample.median
    p95Seconds = sample.quantile(0.95)
    self.peakResidentBytes = peakResidentBytes
    surroundings = Surroundings(versions: versions)
  }

  enum CodingKeys: CodingKey {
    case job, settings, model, weights, data, threads, batchSize, sentences, tokens, steps, warmup
    case seconds, sentencesOfSteps, tokensOfSteps, secondsPerThousandSentences
    case p50Seconds, p95Seconds, peakResidentBytes
  }

  /// With the surroundings beside the rest.
  public func encode(to encoder: any Encoder) throws {
    try surroundings.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(job, forKey: .job)
    try values.encode(settings, forKey: .settings)
    try values.encode(model, forKey: .model)
    try values.encode(weights, forKey: .weights)
    try values.encode(data, forKey: .data)
    try values.encode(threads, forKey: .threads)
    try values.encode(batchSize, forKey: .batchSize)
    try values.encode(sentences, forKey: .sentences)
    try values.encode(tokens, forKey: .tokens)
    try values.encode(steps, forKey: .steps)
    try values.encode(warmup, forKey: .warmup)
    try values.encode(seconds, forKey: .seconds)
    try values.encode(sentencesOfSteps, forKey: .sentencesOfSteps)
    try values.encode(tokensOfSteps, forKey: .tokensOfSteps)
    try values.encode(secondsPerThousandSentences, forKey: .secondsPerThousandSentences)
    try values.encode(p50Seconds, forKey: .p50Seconds)
    try values.encode(p95Seconds, forKey: .p95Seconds)
    try values.encode(peakResidentBytes, forKey: .peakResidentBytes)
  }
}
