// How often a stage breaks its gradient down by loss term.
import RetortOptions

enum BreakdownOption {
  /// `account_every`: optimizer steps from one breakdown to the next; nil for none.
  static func field<Root>(
    _ path: any KeyPath<Root, Int?> & Sendable
  ) -> OptionField<Root, Int?> {
    OptionField(
      optional: "account_every", path,
      .map(
        OptionList(
          { $0 },
          OptionField(
            "steps", \.self, .integer(atLeast: 1, example: "50"),
            "Optimizer steps between breakdowns."))),
      "Logs each loss term's gradient norm and the cosines between the terms' gradients. "
        + "The training is the same to the bit.")
  }

  /// What `explain` says of it.
  static func details(_ steps: Int?) -> [String] {
    steps.map {
      [
        "every \($0 == 1 ? "step" : "\($0) steps") each term's gradient norm, and the cosines between the gradients"
      ]
    } ?? []
  }
}
