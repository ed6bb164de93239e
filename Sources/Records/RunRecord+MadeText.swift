// One finished stage of a run that made a text.

extension RunRecord {
  /// A text of sentences and copies of them.
  public struct MadeText: Codable, Sendable, Equatable {
    public var id: String
    public var kind: StageKind
    /// What it does: `augment the training sentences of glue/sst2 (tinybert)`.
    public var title: String
    /// Role to the model or stage that filled it; empty where no model is asked.
    public var inputs: [String: String]
    /// The stage cache's digest.
    public var digest: String
    /// Texts and tasks that were read.
    public var data: [String]
    public var seed: UInt64
    public var counts: Counts
    /// SHA-256 of the text, in hexadecimal.
    public var textDigest: String

    public init(
      id: String, kind: StageKind, title: String, inputs: [String: String], digest: String,
      data: [String], seed: UInt64, counts: Counts, textDigest: String
    ) {
      self.id = id
      self.kind = kind
      self.title = title
      self.inputs = inputs
      self.digest = digest
      self.data = data
      self.seed = seed
      self.counts = counts
      self.textDigest = textDigest
    }

    public struct Counts: Codable, Sendable, Equatable {
      /// Sentences that were read.
      public var sentences: Int
      /// Of these, sentences without a word that could be replaced.
      public var untouched: Int
      /// Copies that were made, duplicates counted.
      public var copies: Int
      /// Copies equal to their sentence or to an earlier copy of it, which were dropped.
      public var duplicates: Int
      /// Words of the other copies that are others than in the sentence.
      public var replaced: Int
      /// Words that could not be replaced because the model has too few positions.
      public var beyond: Int
      /// Lines of the text.
      public var lines: Int

      public init(
        sentences: Int, untouched: Int, copies: Int, duplicates: Int, replaced: Int, beyond: Int,
        lines: Int
      ) {
        self.sentences = sentences
        self.untouched = untouched
        self.copies = copies
        self.duplicates = duplicates
        self.replaced = replaced
        self.beyond = beyond
        self.lines = lines
      }
    }
  }
}

/// A text's part of the record on its own, as the stage cache keeps it with the text.
public struct TextRecord: StrictRecord, Sendable, Equatable {
  public var format: Int
  public var text: RunRecord.MadeText
  public var measured: RunRecord.StageMeasurement
  /// The run that computed it.
  public var experiment: String

  public init(
    text: RunRecord.MadeText, measured: RunRecord.StageMeasurement, experiment: String
  ) {
    format = RunRecord.currentFormat
    self.text = text
    self.measured = measured
    self.experiment = experiment
  }

  /// Laid out and read as strictly as a run record.
  public func fileText() throws(RecordError) -> String {
    try RecordText.tree(of: self, source: "record of stage \(text.id)").document
  }
}
