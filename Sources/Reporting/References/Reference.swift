// Published or separately measured numbers, with their sources; never mixed with ours.
import RetortOptions

/// One file of Experiments/references.
public struct Reference: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case report, paper, measurement
    case publicRuns = "public_runs"
    /// What a program does and what its settings are by default.
    case program
  }

  /// The file's name without `.yaml`, which `compare_with` uses.
  public var id: String
  public var title: String
  public var kind: Kind
  public var sources: [String]
  public var runs: [Run]
  public var tables: [Table]
  public var claims: [Claim]
  public var contradictions: [Contradiction]
  public var notes: [String]

  /// A published figure: its own characters, so that it is shown as it was printed, and its value.
  public struct Figure: Sendable, Equatable {
    public var text: String
    public var value: Double
  }

  /// A training run with a row for each epoch.
  public struct Run: Sendable, Equatable {
    public var id: String
    /// Short, for the head of a column.
    public var name: String
    /// Says which weights.
    public var model: String
    /// The name on the hub of the weights it started from: a run from other weights is no repetition.
    public var weights: String?
    public var parameters: Int?
    public var task: String
    /// Examples that the accuracy was measured on.
    public var examples: Int
    public var settings: String
    /// As a record states it, `3 epochs`: the learning rate falls over the whole of it.
    public var budget: String?
    /// How far a right repetition may lie from it, where the source has an opinion.
    public var tolerance: [EpochFigure: Double]
    public var machine: String?
    public var seconds: Double?
    public var timeNote: String?
    public var epochs: [Epoch]
    public var curve: Curve?
  }

  public struct Epoch: Sendable, Equatable {
    public var epoch: Int
    public var step: Int
    /// The last logged window, as the Trainer prints it.
    public var trainingLoss: Figure?
    public var epochTrainingLoss: Figure?
    public var validationLoss: Figure
    public var accuracy: Figure
    /// Stated, or the nearest whole number of examples.
    public var correct: Int
  }

  /// Mean training losses of consecutive windows.
  public struct Curve: Sendable, Equatable {
    public var window: Int
    public var losses: [Double]
  }

  /// A table as printed: the first column names the row.
  public struct Table: Sendable, Equatable {
    public var id: String
    public var title: String
    public var columns: [String]
    public var rows: [[String]]
  }

  public struct Claim: Sendable, Equatable {
    public var id: String
    public var text: String
    public var value: Double
  }

  /// Two statements of one source that cannot both be true, or mislead when read alone.
  public struct Contradiction: Sendable, Equatable {
    public var place: String
    public var says: String
    public var against: String
    public var judgement: String
  }
}

public enum ReferenceError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  /// Every mistake in a file, in its order.
  case invalid(DefinitionError)
  /// A name in `compare_with` for which there is no file.
  case unknown(id: String, folder: String, known: [String])

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): return "\(path): \(reason)"
    case .invalid(let error): return error.description
    case .unknown(let id, let folder, let known):
      return "no reference \"\(id)\" in \(folder); there are: "
        + (known.isEmpty ? "none" : known.joined(separator: ", "))
    }
  }
}
