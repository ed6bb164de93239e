// The key `targets` of stages that learn from a teacher.
import RetortOptions

/// Where the teacher's outputs come from.
enum TeacherOutputs: Sendable, Equatable {
  /// The teacher runs during the training.
  case live
  /// An activation store written by `retort activations DEF --stage ID`.
  case store(path: String)

  var storePath: String? { if case .store(let path) = self { path } else { nil } }

  static let type = OptionType<TeacherOutputs>.named(
    [("live", .live)],
    or: [
      OptionAlternative(
        "store", .text("the path of an activation store", example: "teacher.h5"),
        "An activation store; relative to the definition.", make: { .store(path: $0) },
        take: { if case .store(let path) = $0 { path } else { nil } })
    ])

  static let about =
    "Where the teacher's outputs come from. live: the teacher is run for the training; {store: FILE}: read outputs "
    + "saved by `retort activations DEF --stage ID`."
}
