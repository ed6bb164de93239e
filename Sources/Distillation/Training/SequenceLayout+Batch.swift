// Where the sequences of a batch lie, for the engine.
import RetortText
import RetortTransformers

extension SequenceLayout {
  public init(_ batch: PackedBatch) {
    self.init(offsets: batch.offsets, secondStarts: batch.secondStarts)
  }
}
