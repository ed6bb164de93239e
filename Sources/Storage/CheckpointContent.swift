// What goes into a checkpoint.

/// Everything a checkpoint holds, for writing. Tensors are borrowed: their memory must stay valid and
/// unchanged until `Checkpoint.write` returns.
public struct CheckpointContent {
  /// `/model`: the parameters.
  public var model: [StoredTensor] = []
  /// `/objective`: parameters of the loss's own, such as a projection; no group where there are none.
  public var objective: [StoredTensor] = []
  /// `/optimizer/<name>`: one tensor a parameter, such as `first_moment` and `second_moment`.
  public var optimizer: [String: [StoredTensor]] = [:]
  /// `/progress`: stage, epoch, step, cursor, running sums, best so far.
  public var progress: [String: StoredValue] = [:]
  /// `/random`: the places of the random streams.
  public var random: [String: StoredValue] = [:]
  /// `/files`: whole files that make the checkpoint sufficient for itself: vocabulary, configuration.
  public var files: [String: [UInt8]] = [:]
  /// Attributes of the file: see `CheckpointAttribute` for the usual ones.
  public var attributes: [String: StoredValue] = [:]

  public init() {}

  public subscript(_ attribute: CheckpointAttribute) -> StoredValue? {
    get { attributes[attribute.rawValue] }
    set { attributes[attribute.rawValue] = newValue }
  }
}

/// The attributes that checkpoints usually carry. The format's version is kept by the file itself.
public enum CheckpointAttribute: String, Sendable, CaseIterable {
  /// The resolved experiment definition, as text.
  case definition
  case stage
  case dataDigest = "data_digest"
  case vocabularyDigest = "vocabulary_digest"
  /// Digest of the checkpoint this one came from.
  case parentDigest = "parent_digest"
  case programVersion = "program_version"
  /// The BLAS kernel's name: bits are compared only on the same one.
  case coreType = "core_type"
  case host
}
