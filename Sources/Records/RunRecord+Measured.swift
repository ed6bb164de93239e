// What a clock, a memory meter or the machine says: the part that differs between equal runs.

extension RunRecord {
  public struct Measured: Codable, Sendable, Equatable {
    public var machine: Machine
    /// The command as given, without folders of this machine.
    public var command: String
    /// Stage id to its measurements.
    public var stages: [String: StageMeasurement]
    public var timings: [Timing]

    public init(
      machine: Machine, command: String, stages: [String: StageMeasurement] = [:],
      timings: [Timing] = []
    ) {
      self.machine = machine
      self.command = command
      self.stages = stages
      self.timings = timings
    }
  }

  /// The computer, without any name by which it could be found.
  public struct Machine: Codable, Sendable, Equatable {
    /// As /proc/cpuinfo names it.
    public var processor: String
    /// Logical processors that the program may use.
    public var processors: Int
    /// Threads it computed with.
    public var threads: Int
    /// `x86-64-v4`
    public var instructions: String
    public var memoryBytes: Int
    /// `Debian GNU/Linux 12`
    public var system: String

    public init(
      processor: String, processors: Int, threads: Int, instructions: String, memoryBytes: Int,
      system: String
    ) {
      self.processor = processor
      self.processors = processors
      self.threads = threads
      self.instructions = instructions
      self.memoryBytes = memoryBytes
      self.system = system
    }
  }

  /// Summed over every time the stage was resumed; of a stage from the cache, those of the run
  /// that computed it.
  public struct StageMeasurement: Codable, Sendable, Equatable {
    public var wallSeconds: Double
    public var tokensPerSecond: Double
    public var peakMemoryBytes: Int
    public var fromCache: Bool
    public var resumes: Int
    /// Training and evaluating, per epoch; empty without epochs.
    public var epochSeconds: [Double]
    /// Of those, evaluating.
    public var evaluationSeconds: Double

    public init(
      wallSeconds: Double, tokensPerSecond: Double, peakMemoryBytes: Int, fromCache: Bool = false,
      resumes: Int = 0, epochSeconds: [Double] = [], evaluationSeconds: Double = 0
    ) {
      self.wallSeconds = wallSeconds
      self.tokensPerSecond = tokensPerSecond
      self.peakMemoryBytes = peakMemoryBytes
      self.fromCache = fromCache
      self.resumes = resumes
      self.epochSeconds = epochSeconds
      self.evaluationSeconds = evaluationSeconds
    }
  }

  /// Steps of one kind under the clock, such as those of a full-size pair.
  public struct Timing: Codable, Sendable, Equatable {
    public var name: String
    /// Sizes and conditions in words: `BERT-base to DistilBERT, batch 8 x 128 tokens`.
    public var conditions: String
    public var steps: Int
    public var medianSeconds: Double
    public var minimumSeconds: Double
    public var maximumSeconds: Double
    public var tokensPerStep: Double
    public var peakMemoryBytes: Int

    public init(
      name: String, conditions: String, steps: Int, medianSeconds: Double,
      minimumSeconds: Double, maximumSeconds: Double, tokensPerStep: Double, peakMemoryBytes: Int
    ) {
      self.name = name
      self.conditions = conditions
      self.steps = steps
      self.medianSeconds = medianSeconds
      self.minimumSeconds = minimumSeconds
      self.maximumSeconds = maximumSeconds
      self.tokensPerStep = tokensPerStep
      self.peakMemoryBytes = peakMemoryBytes
    }
  }
}

extension RunRecord.Machine {
  /// What was computed with: `2 threads of AMD EPYC`.
  public var threadText: String { "\(threads) thread\(threads == 1 ? "" : "s") of \(processor)" }
}
