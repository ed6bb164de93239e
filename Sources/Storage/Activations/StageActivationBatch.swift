// A batch of a distillation stage as its models see it.

/// What a store keeps of a batch in addition to the teacher's outputs: enough to make sure that a training reads the same one.
/// Written, its memory is the writer's caller's until `append` returns; read, it is the file's.
public struct StageActivationBatch {
  public let place: BatchPlace
  /// [T], as the models see them, after masking.
  public let tokenIDs: UnsafeBufferPointer<Int32>
  /// [T], -1 where not masked.
  public let labels: UnsafeBufferPointer<Int32>
  /// [N + 1], where each sequence begins, from 0.
  public let offsets: [Int32]
  /// [N], place of each sequence in the data.
  public let examples: [Int]

  public init(
    place: BatchPlace, tokenIDs: UnsafeBufferPointer<Int32>, labels: UnsafeBufferPointer<Int32>,
    offsets: [Int32], examples: [Int]
  ) {
    self.place = place
    self.tokenIDs = tokenIDs
    self.labels = labels
    self.offsets = offsets
    self.examples = examples
  }
}
