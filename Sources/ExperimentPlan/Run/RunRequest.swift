// What the caller of a run asks for, apart from the definition.

/// What is asked of a runner.
public struct RunRequest: Sendable {
  /// The definition's file.
  public var definitionPath: String
  /// `key.path=value` texts.
  public var overrides: [String]
  /// Folder of run folders.
  public var runs: String
  public var resumes: Bool
  /// Only these stages and what they need; nil for all.
  public var stages: [String]?
  /// Whether each stage's last checkpoint, with the optimizer's moments, stays in the run folder.
  public var keepsCheckpoints: Bool
  /// The command as given, for the record.
  public var command: String
  /// What to type to go on after an interruption; nil where nobody types.
  public var resumingCommand: String?

  public init(
    definitionPath: String, overrides: [String] = [], runs: String = "Runs", resumes: Bool = false,
    stages: [String]? = nil, keepsCheckpoints: Bool = false, command: String,
    resumingCommand: String? = nil
  ) {
    self.definitionPath = definitionPath
    self.overrides = overrides
    self.runs = runs
    self.resumes = resumes
    self.stages = stages
    self.keepsCheckpoints = keepsCheckpoints
    self.command = command
    self.resumingCommand = resumingCommand
  }
}
