// How sequences become optimizer steps.
import RetortOptions

public struct BatchingOptions: Sendable, Equatable {
  /// Sequences in one forward pass.
  public var batchSize: Int
  /// Forward passes summed into one optimizer step.
  public var accumulate: Int
  /// Batches are made of sequences of like length.
  public var groupByLength: Bool

  static let options = OptionList(
    BatchingOptions.init(batchSize:accumulate:groupByLength:),
    OptionField(
      "batch_size", \.batchSize, .integer(atLeast: 1, example: "16"),
      "Sequences in one forward pass."),
    OptionField(
      "accumulate", \.accumulate, .integer(atLeast: 1),
      "Forward passes whose gradients make one optimizer step. "
        + "Each loss term is the mean over all of them together."),
    OptionField(
      "group_by_length", \.groupByLength, .truth.described(example: "false"),
      "Whether batches are made of sequences of like length."))
}
