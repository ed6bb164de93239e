// Where a trained classifier comes from.
import RetortOptions

enum ClassifierStart: String, Sendable, CaseIterable {
  /// Kept as it is stored with the model.
  case stored
  /// Drawn from the stage's seed.
  case new

  private enum Kind: String, CaseIterable, Sendable { case classification }
  private enum Like: String, CaseIterable, Sendable { case teacher }

  private struct Head: Sendable {
    var kind: Kind
    var like = Like.teacher
    var start: ClassifierStart
  }

  /// `{ kind: classification, init: stored }`
  static let type: OptionType<ClassifierStart> = {
    let head = OptionType<Head>.map(
      OptionList(
        { Head(kind: $0, start: $1) },
        OptionField("kind", \.kind, .choice, "The kind of head: classification."),
        OptionField("init", \.start, .choice, "Kept as it is stored, or drawn from the seed.")))
    return OptionType(
      schema: head.schema, example: "{ kind: classification, init: stored }",
      read: { node, key, map in head.read(node, key, map)?.start },
      write: { head.write(Head(kind: .classification, start: $0)) })
  }()

  /// `{ kind: classification, like: teacher, init: new }`
  static let likeTeacher: OptionType<ClassifierStart> = {
    let head = OptionType<Head>.map(
      OptionList(
        Head.init(kind:like:start:),
        OptionField("kind", \.kind, .choice, "The kind of head: classification."),
        OptionField(
          "like", \.like, .choice, alwaysWritten: .teacher, "Whose classes it has: the teacher's."),
        OptionField("init", \.start, .choice, "Kept as it is stored, or drawn from the seed.")))
    return OptionType(
      schema: head.schema, example: "{ kind: classification, like: teacher, init: new }",
      read: { node, key, map in head.read(node, key, map)?.start },
      write: { head.write(Head(kind: .classification, start: $0)) })
  }()
}
