// Training a student on text to match its teacher's outputs.
import RetortDistillation
import RetortEvaluation
import RetortOptions
import RetortRecords

struct DistillStage: TrainingWork {
  var teachers: TeacherNames
  var student: String
  /// Of a student that learns the teacher's classes; nil for any other.
  var head: ClassifierStart?
  var outputs: TeacherOutputs
  var loss: LossOptions
  var text: CorpusOptions
  /// Of a student with a classifier; nil for one that is not evaluated.
  var validation: ValidationOptions?
  /// Steps from one breakdown of the loss to the next; nil for none.
  var breakdownSteps: Int?

  static let kind = StageKind.distill
  static let about = "Trains a student on text to match a teacher's outputs."
  static let standard = PretrainStage.standard + "targets: live\n"
  static let oneOf = CorpusOptions.oneOf
  static let trainedRole = "student"
  static let options = OptionList(
    DistillStage.init(teachers:student:head:outputs:loss:text:validation:breakdownSteps:),
    TeacherNames.field(
      \.statedTeachers,
      about: "The teacher: a model, or the stage that made it. It is not trained.",
      isRequired: true),
    OptionField(
      "student", \.student, DefinitionNames.modelOrStage(example: "student"),
      "The model that is trained, or the stage that made it."),
    OptionField(
      optional: "head", \.head, ClassifierStart.likeTeacher,
      "The student's classifier, for a loss of class logits. It answers in the teacher's classes; the teacher is a finetune "
        + "stage, or a model with a stored classifier."),
    OptionField(
      "targets", \.outputs, TeacherOutputs.type.ofContents, TeacherOutputs.about),
    OptionField(
      "loss", \.loss, LossOptions.distillation,
      "Weighted terms of the loss. Under a map a recipe's terms stay unless they are written with weight 0; a list takes "
        + "their place."),
    OptionField(\.text, CorpusOptions.options),
    OptionField(
      optional: "validate_on", \.validation, ValidationOptions.type,
      "A labelled task that the student's classifier is evaluated on. The student learns nothing from it."
    ),
    BreakdownOption.field(\.breakdownSteps))

  /// - Parameter teachers: nil after a report.
  init(
    teachers: TeacherNames?, student: String, head: ClassifierStart?, outputs: TeacherOutputs,
    loss: LossOptions, text: CorpusOptions, validation: ValidationOptions?, breakdownSteps: Int?
  ) {
    self.teachers = teachers ?? TeacherNames("")
    self.student = student
    self.head = head
    self.outputs = outputs
    self.loss = loss
    self.text = text
    self.validation = validation
    self.breakdownSteps = breakdownSteps
  }

  private var statedTeachers: TeacherNames? { teachers }

  var inputs: [StageInputName] {
    teachers.inputs + [StageInputName(role: "student", name: student)]
  }
  var corpus: CorpusOptions? { text }
  var evaluated: TaskSource? { validation?.task }
  var metrics: [any Metric.Type] {
    validation.map { $0.keep.metrics(besides: $0.task.metrics, of: $0.task.kind) } ?? []
  }
  var storePath: String? { outputs.storePath }

  var withLiveTeacher: DistillStage {
    var live = self
    live.outputs = .live
    return live
  }

  var statedLoss: LossOptions? { loss }
  var distillation: Distillation? {
    let live = withLiveTeacher
    var withoutTeacher = live
    withoutTeacher.loss = loss.withoutTeacher
    // Of a single term there is nothing to break down.
    if withoutTeacher.loss.objective?.terms.count ?? 0 < 2 { withoutTeacher.breakdownSteps = nil }
    return Distillation(
      teachers: teachers, student: student, loss: loss, live: live, withoutTeacher: withoutTeacher)
  }

  var digestEntries: [(String, CanonicalValue)] {
    var computed = self
    computed.loss = loss.digested(alwaysWritten: LossOptions.writtenInDistillation)
    return computed.canonicalEntries
  }

  /// Where no term looks at a teacher, its weights change nothing.
  func reads(role: String) -> Bool { teachers.isRead(role: role, by: loss) }

  func training(_ model: String) -> DistillStage {
    var other = self
    other.student = model
    return other
  }

  func shape(after shape: ModelShape, _ input: (String) -> ModelShape) -> ModelShape {
    guard head != nil else { return shape }
    var shape = shape
    shape.hasMaskedLMHead = false
    shape.classifier = input(teachers.models[0]).classifier.map {
      ClassifierShape(classes: $0.classes, hiddenSize: shape.hiddenSize)
    }
    return shape
  }

  /// A teacher's classes, and a stored classifier of the student, are taken as they are.
  var answering: [String] {
    head == nil ? [] : teachers.models + (head == .stored ? [student] : [])
  }

  var classifierOrigin: RunRecord.ClassifierOrigin? {
    head.map { $0 == .stored ? .stored : .new }
  }

  func check(_ stage: StageDefinition, in checks: inout DefinitionChecks) {
    let path = "stages.\(stage.id)"
    let studentShape = checks.shape(of: student)
    checkTerms(at: path, in: &checks)
    checkHead(studentShape, at: path, in: &checks)
    checkValidation(at: path, in: &checks)
    if teachers.models.contains(student) {
      checks.report(
        "\(path).student", "is the teacher itself",
        advice: "name another model, or a copy: one with init_from and all of its layers")
    }
    var taught = studentShape
    if head != nil { taught.classifier = shape(after: studentShape, checks.shape(of:)).classifier }
    loss.check(teachers: teachers, student: ("student", student, taught), at: path, in: &checks)
    for teacher in teachers.models {
      if let a = checks.shape(of: teacher).vocabularySize, let b = studentShape.vocabularySize,
        a != b
      {
        checks.report(
          "\(path).student", expected: "the teacher's vocabulary of \(a)", found: "one of \(b)",
          advice: "teacher and student read the same token ids")
      }
    }
    loss.checkTraining(stage, studentShape, in: &checks)
    checks.checkFreeze(stage, studentShape)
    checks.checkLength(
      stage, (teachers.models + [student]).map { ($0, checks.shape(of: $0)) })
  }

  var title: String { "distil \(teachers.words) into \(student)" }
  var formula: [String] { loss.formula }
  var details: [String] {
    (storePath.map { ["teacher's outputs: read from \($0)"] } ?? []) + text.details
      + [validation?.words].compactMap { $0 }
      + BreakdownOption.details(breakdownSteps)
  }
}
