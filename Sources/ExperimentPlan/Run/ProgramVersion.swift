// Versions that files and records carry.

/// The program's version, in files and records.
public enum ProgramVersion {
  public static let current = "0.1.0"
}

/// Raised by hand whenever a change moves results: stages computed before are then not found again.
public enum Numerics {
  public static let version = 2
}
