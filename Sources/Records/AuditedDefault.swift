// A default of the program beside its counterpart in Hugging Face's programs.

/// What holds where a definition says nothing, or what a training does that no setting says.
public struct AuditedDefault: Sendable, Equatable {
  /// Where Hugging Face's side stands.
  public struct Counterpart: Sendable, Equatable {
    /// A file of Experiments/references.
    public var reference: String
    /// A table in it whose first column is names and whose second is values.
    public var table: String
    public var name: String

    public init(reference: String, table: String, name: String) {
      self.reference = reference
      self.table = table
      self.name = name
    }
  }

  /// A test that fails where the difference is no longer there.
  public struct HoldingTest: Sendable, Equatable {
    /// `Tests/TextTests/EpochOrderTests.swift`
    public var file: String
    /// Its title, or its function's name where it has none.
    public var title: String

    public init(file: String, title: String) { (self.file, self.title) = (file, title) }
  }

  /// The part of the page it belongs to.
  public var section: String
  /// As a definition calls it.
  public var setting: String
  /// As a definition writes it.
  public var value: String
  /// The value in the counterpart's own words: 1e-8 and 1.0e-08 agree by themselves, `adamw` and
  /// `adamw_torch` do not.
  public var inTheirWords: String
  public var counterpart: Counterpart
  /// Why ours is another one; nil where it is to be the same.
  public var reason: String?
  /// The test that holds a difference in behaviour.
  public var heldBy: HoldingTest?

  public init(
    section: String, setting: String, value: String, inTheirWords: String? = nil,
    counterpart: Counterpart, reason: String? = nil, heldBy: HoldingTest? = nil
  ) {
    self.section = section
    self.setting = setting
    self.value = value
    self.inTheirWords = inTheirWords ?? value
    self.counterpart = counterpart
    self.reason = reason
    self.heldBy = heldBy
  }
}
