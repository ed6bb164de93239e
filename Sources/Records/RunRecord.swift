// What one run of an experiment leaves behind: every number that a table or a plot shows.

/// A value; `text` is the file. Everything outside `measured`, but for where the definition was, is a function of definition, weights,
/// data, program and BLAS core type, so two runs of the same experiment, interrupted or not and at
/// any thread count, have the same `comparable()` text.
public struct RunRecord: Codable, Sendable, Equatable {
  public static let currentFormat = 1

  public var format: Int
  public var experiment: Experiment
  public var program: Program
  /// The models the run started from, in the order of the definition.
  public var weights: [Weights]
  /// The data sets and corpora it read.
  public var data: [DataSet]
  /// Those that trained a model, in the order in which they ran.
  public var stages: [Stage]
  /// Those that made a text, in the order in which they ran; nil where there was none, and in earlier records.
  public var texts: [MadeText]?
  /// What was expected, with what the run has found of it; nil where the definition has no hypothesis.
  public var hypothesis: Hypothesis?
  /// What its models were measured by besides their tasks; nil where the definition asks for nothing.
  public var measures: [Measure]?
  /// Of each stage whose teacher could be compared with a student trained without it; nil where there is none.
  public var teacherChecks: [TeacherCheck]?
  /// Clocks, memory and machine: what may differ between two equal runs.
  public var measured: Measured

  public init(
    experiment: Experiment, program: Program, weights: [Weights] = [], data: [DataSet] = [],
    stages: [Stage] = [], texts: [MadeText] = [], hypothesis: Hypothesis? = nil,
    measures: [Measure]? = nil,
    teacherChecks: [TeacherCheck]? = nil, measured: Measured
  ) {
    self.format = Self.currentFormat
    self.experiment = experiment
    self.program = program
    self.weights = weights
    self.data = data
    self.stages = stages
    self.texts = texts.isEmpty ? nil : texts
    self.hypothesis = hypothesis
    self.measures = measures
    self.teacherChecks = teacherChecks
    self.measured = measured
  }

  /// The experiment as it was defined.
  public struct Experiment: Codable, Sendable, Equatable {
    /// Also the name of the page under Results/; letters, digits, `-`, `_` and `.`.
    public var name: String
    /// The point of a sweep or ablation that this run is, such as `stages.sst2.seed=43`; nil for a
    /// definition that is run once.
    public var point: String?
    public var question: String
    /// Where the definition was, as given to the program: `Experiments/quickstart.yaml`, or `standard input`.
    public var file: String
    /// The `--set key.path=value` options, in order.
    public var overrides: [String]
    /// The resolved definition, line by line.
    public var definition: [String]
    /// SHA-256 of the resolved definition, in hexadecimal.
    public var digest: String
    /// What draws random numbers to its seed: `experiment`, a stage's id, and of what the run used
    /// `models.NAME`, `corpora.NAME` and `tasks.NAME`.
    public var seeds: [String: UInt64]
    /// Names of files under Experiments/references to lay beside the results.
    public var compareWith: [String]
    /// All points that the definition asks for, in the order in which they run; nil for one that is
    /// run once. Each record has them all, so that any one of them shows which are missing.
    public var variants: [Variant]?

    public init(
      name: String, point: String? = nil, question: String, file: String,
      overrides: [String] = [], definition: [String], digest: String,
      seeds: [String: UInt64], compareWith: [String] = [], variants: [Variant]? = nil
    ) {
      self.name = name
      self.point = point
      self.question = question
      self.file = file
      self.overrides = overrides
      self.definition = definition
      self.digest = digest
      self.seeds = seeds
      self.compareWith = compareWith
      self.variants = variants
    }
  }

  /// What computed it, as far as it bears on the bits.
  public struct Program: Codable, Sendable, Equatable {
    public var version: String
    /// Raised by hand whenever a change moves results.
    public var numericsVersion: Int
    /// OpenBLAS's kernel, such as `SkylakeX`: other kernels round differently.
    public var blasCore: String

    public init(version: String, numericsVersion: Int, blasCore: String) {
      self.version = version
      self.numericsVersion = numericsVersion
      self.blasCore = blasCore
    }
  }

  /// A model that the run started from.
  public struct Weights: Codable, Sendable, Equatable {
    public enum Origin: String, Codable, Sendable {
      /// Read from published files, by their address on the hub.
      case published
      /// Read from a folder or a file of the user's.
      case folder
      /// Drawn from a seeded generator: nothing learned is in them.
      case random
      /// Copied from another model of this run.
      case copied
    }

    /// What a model of random values is.
    public enum DrawnFor: String, Codable, Sendable {
      /// A model of the definition's own sizes.
      case definition
      /// A model of another one's sizes.
      case sizes
      /// A student of a teacher's sizes.
      case student
      /// Weights that a file has, and says are random.
      case file
    }

    /// The model's name in the definition: `teacher`, `student`.
    public var name: String
    public var origin: Origin
    /// `sentence-transformers/all-MiniLM-L6-v2`, or `teacher, layers 0 2 5, token type folded`.
    public var source: String
    /// What random values were drawn for; nil for other origins and in earlier records.
    public var drawnFor: DrawnFor?
    /// Whose sizes random values have: an address, or the name of a model or stage of this run; nil for sizes that the
    /// definition writes, for other origins and in earlier records.
    public var sizesOf: String?
    /// Digest of the weight file; nil for weights that were never a file.
    public var digest: String?
    /// `bert` or `distilbert`, layers, hidden size and the like in a few words.
    public var architecture: String
    public var parameters: ParameterCounts

    public init(
      name: String, origin: Origin, source: String, drawnFor: DrawnFor? = nil,
      sizesOf: String? = nil, digest: String?, architecture: String, parameters: ParameterCounts
    ) {
      self.name = name
      self.origin = origin
      self.source = source
      self.drawnFor = drawnFor
      self.sizesOf = sizesOf
      self.digest = digest
      self.architecture = architecture
      self.parameters = parameters
    }
  }

  /// How many numbers a model consists of; a tied matrix counts once.
  public struct ParameterCounts: Codable, Sendable, Equatable {
    /// Embeddings and blocks, without any head.
    public var encoder: Int
    public var head: Int
    public var total: Int { encoder + head }

    public init(encoder: Int, head: Int) {
      self.encoder = encoder
      self.head = head
    }
  }

  /// Text that was read: one split of a task, or a corpus.
  public struct DataSet: Codable, Sendable, Equatable {
    /// `glue/sst2 train`, `movie_reviews`.
    public var name: String
    public var digest: String
    /// Sentences, or sequences of a corpus.
    public var examples: Int
    public var tokens: Int
    /// Label name to number of examples; empty without labels.
    public var balance: [String: Int]
    /// The right label of every example, for splits that predictions are compared with.
    public var labels: LabelSequence?
    /// The same of a regression; nil for other tasks.
    public var numbers: [Float]?
    /// What models are judged by on this split, by the names that definitions use, the leading one first; nil where it
    /// is accuracy alone, for other splits, and in earlier records.
    public var metrics: [String]?
    /// How a training set was made smaller, or sentences were taken from texts; nil where nothing was left out, and in
    /// earlier records.
    public var selection: Selection?

    public init(
      name: String, digest: String, examples: Int, tokens: Int, balance: [String: Int] = [:],
      labels: LabelSequence? = nil, numbers: [Float]? = nil, metrics: [String]? = nil,
      selection: Selection? = nil
    ) {
      self.name = name
      self.digest = digest
      self.examples = examples
      self.tokens = tokens
      self.balance = balance
      self.labels = labels
      self.numbers = numbers
      self.metrics = metrics
      self.selection = selection
    }
  }

  /// What there was before examples or sentences were left out, held out or sampled, and what was done.
  public struct Selection: Codable, Sendable, Equatable {
    public var examples: Int
    /// Label name to number of examples; empty without classes.
    public var balance: [String: Int]
    /// One line each.
    public var steps: [String]

    public init(examples: Int, balance: [String: Int], steps: [String]) {
      self.examples = examples
      self.balance = balance
      self.steps = steps
    }
  }
}
