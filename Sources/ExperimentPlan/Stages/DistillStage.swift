// Training a student on text to match its teacher's outputs.
import RetortOptions

struct DistillStage: StageWork {
  var teacher: String
  var student: String
  var outputs: TeacherOutputs
  var loss: LossOptions
  var text: CorpusOptions
  /// Steps from one breakdown of the loss to the next; nil for none.
  var breakdownSteps: Int?

  static let kind = StageKind.distill
  static let about = "Trains a student on text to match a teacher's outputs."
  static let standard = PretrainStage.standard + "targets: live\n"
  static let oneOf = CorpusOptions.oneOf
  static let trainedRole = "student"
  static let options = OptionList(
    DistillStage.init(teacher:student:outputs:loss:text:breakdownSteps:),
    OptionField(
      "teacher", \.teacher, DefinitionNames.modelOrStage(example: "teacher"),
      "The teacher: a model, or the stage that made it. It is not trained."),
    OptionField(
      "student", \.student, DefinitionNames.modelOrStage(example: "student"),
      "The model that is trained, or the stage that made it."),
    OptionField(
      "targets", \.outputs, TeacherOutputs.type.ofContents,
      "Where the teacher's outputs come from. live: run the teacher during training; {store: FILE}: read outputs "
        + "saved by `retort activations DEF --stage ID`."),
    OptionField(
      "loss", \.loss, LossOptions.distillation,
      "Weighted terms of the loss. A recipe's terms stay unless they are written with weight 0."),
    OptionField(\.text, CorpusOptions.options),
    BreakdownOption.field(\.breakdownSteps))

  var inputs: [StageInputName] {
    [
      StageInputName(role: "teacher", name: teacher),
      StageInputName(role: "student", name: student),
    ]
  }
  var corpus: CorpusOptions? { text }
  var storePath: String? { if case .store(let path) = outputs { path } else { nil } }

  var statedLoss: LossOptions? { loss }
  var distillation: Distillation? {
    var live = self
    live.outputs = .live
    var withoutTeacher = live
    withoutTeacher.loss = loss.withoutTeacher
    // Of a single term there is nothing to break down.
    if withoutTeacher.loss.objective?.terms.count ?? 0 < 2 { withoutTeacher.breakdownSteps = nil }
    return Distillation(
      teacher: teacher, student: student, loss: loss, live: live, withoutTeacher: withoutTeacher)
  }

  var digestEntries: [(String, CanonicalValue)] {
    var computed = self
    computed.loss = loss.digested(alwaysWritten: LossOptions.writtenInDistillation)
    return computed.canonicalEntries
  }

  /// Where no term looks at the teacher, its weights change nothing.
  func reads(role: String) -> Bool { role != "teacher" || loss.readsTeacher }

  func training(_ model: String) -> DistillStage {
    var other = self
    other.student = model
    return other
  }

  func shape(after shape: ModelShape) -> ModelShape { shape }

  func check(_ stage: StageDefinition, in checks: inout DefinitionChecks) {
    let path = "stages.\(stage.id)"
    let shapes = (teacher: checks.shape(of: teacher), student: checks.shape(of: student))
    if teacher == student {
      checks.report("\(path).student", "is the teacher itself", advice: "name another model")
    }
    loss.check(
      teacher: ("teacher", teacher, shapes.teacher), student: ("student", student, shapes.student),
      at: path, in: &checks)
    if let a = shapes.teacher.vocabularySize, let b = shapes.student.vocabularySize, a != b {
      checks.report(
        "\(path).student", expected: "the teacher's vocabulary of \(a)", found: "one of \(b)",
        advice: "teacher and student read the same token ids")
    }
    checks.checkFreeze(stage, shapes.student)
    checks.checkLength(stage, [(teacher, shapes.teacher), (student, shapes.student)])
  }

  var title: String { "distil \(teacher) into \(student)" }
  var formula: [String] { loss.formula }
  var details: [String] {
    (storePath.map { ["teacher's outputs: read from \($0)"] } ?? []) + text.details
      + BreakdownOption.details(breakdownSteps)
  }
}

/// Where the teacher's outputs come from.
enum TeacherOutputs: Sendable, Equatable {
  /// The teacher runs during the training.
  case live
  /// An activation store written by `retort activations DEF --stage ID`.
  case store(path: String)

  private enum Way: String, CaseIterable, Sendable { case live }

  static let type: OptionType<TeacherOutputs> = {
    let stored = OptionType<TeacherOutputs>.oneKey([
      OptionAlternative(
        "store", .text("the path of an activation store", example: "teacher.h5"),
        "An activation store; relative to the definition.", make: { .store(path: $0) },
        take: { if case .store(let path) = $0 { path } else { nil } })
    ])
    let live = OptionType<Way>.choice
    return OptionType(
      schema: .any([live.schema, stored.schema]), words: "live, or {store: path}", example: "live",
      read: { node, key, map in
        node.entries == nil
          ? live.read(node, key, map).map { _ in .live }
          : stored.read(node, key, map)
      },
      write: { if case .live = $0 { .text("live") } else { stored.write($0) } })
  }()
}
