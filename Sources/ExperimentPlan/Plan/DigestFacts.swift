// The inputs of a plan's digests, other than the plan.
import RetortTransformers

/// Digests of a published folder's files, in hexadecimal.
public struct FolderDigests: Sendable, Equatable {
  public var configuration: String
  public var vocabulary: String
  /// Nil where only the sizes are used.
  public var weights: String?
  /// How the folder says that text is cut.
  public var tokenizer: TokenizerSettings

  public init(
    configuration: String, vocabulary: String, weights: String?, tokenizer: TokenizerSettings
  ) {
    self.configuration = configuration
    self.vocabulary = vocabulary
    self.weights = weights
    self.tokenizer = tokenizer
  }
}

/// The inputs of a plan's digests, other than the plan.
public struct DigestFacts: Sendable, Equatable {
  /// Raised by hand whenever a change of the program moves results.
  public var numericsVersion: Int
  /// OpenBLAS's kernel: other kernels round differently.
  public var blasCore: String
  public var folders: [ModelAddress: FolderDigests]
  public var corpora: [CorpusSource: String]
  public var tasks: [TaskSource: String]
  /// Activation stores by path.
  public var stores: [String: String]

  public init(
    numericsVersion: Int, blasCore: String, folders: [ModelAddress: FolderDigests] = [:],
    corpora: [CorpusSource: String] = [:], tasks: [TaskSource: String] = [:],
    stores: [String: String] = [:]
  ) {
    self.numericsVersion = numericsVersion
    self.blasCore = blasCore
    self.folders = folders
    self.corpora = corpora
    self.tasks = tasks
    self.stores = stores
  }
}
