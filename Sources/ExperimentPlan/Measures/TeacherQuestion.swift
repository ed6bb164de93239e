// Is a teacher better at what it teaches than a student without it? Asked before the student is trained.
import RetortDistillation

/// The models that answer the question for one teacher of one stage.
struct TeacherQuestion: Sendable, Equatable {
  enum Subject: Sendable, Equatable {
    /// Masked words, by the measure of that name.
    case words(measure: String)
    /// Classes, by the accuracy on this task.
    case classes(TaskSource)
  }

  let stage: String
  let teacher: String
  /// Those that have no teacher, the most telling first: baselines, which are trained as long, and the student as it begins.
  let untaught: [String]
  let subject: Subject

  /// All that a definition's stages can be asked.
  /// - Parameter stages: of the plan, baselines among them.
  static func all(
    in definition: ResolvedDefinition, stages: [(id: String, task: TaskSource?)]
  ) -> [TeacherQuestion] {
    definition.stages.flatMap { stage -> [TeacherQuestion] in
      guard let distillation = stage.work.distillation else { return [] }
      let terms = distillation.loss.terms.filter(\.counts).map(\.term.readsOfTeacher)
      func questions(_ untaught: [String], _ subject: Subject) -> [TeacherQuestion] {
        guard !untaught.isEmpty else { return [] }
        return distillation.teachers.models.map {
          TeacherQuestion(stage: stage.id, teacher: $0, untaught: untaught, subject: subject)
        }
      }
      var found: [TeacherQuestion] = []
      if terms.contains(where: { $0.vocabularyLogits != nil }) {
        let alone = "\(stage.id).\(Baseline.mlmOnly.rawValue)"
        for stated in definition.measures where stated.measure is MaskedLMMeasure {
          let names = stated.measure.of
          found += questions(
            [alone, distillation.student].filter(names.contains), .words(measure: stated.name)
          ).filter { names.contains($0.teacher) }
        }
      }
      if terms.contains(where: \.classLogits), let task = stage.work.evaluated {
        let tuned = definition.stages.filter { $0.work.trained == stage.id }
          .map { "\($0.id).\(Baseline.noDistillation.rawValue)" }
        let alone = stages.filter { tuned.contains($0.id) && $0.task == task }.map(\.id)
        found += questions(alone, .classes(task))
      }
      return found
    }
  }
}

extension ResolvedPlan {
  /// What its stages can be asked.
  var teacherQuestions: [TeacherQuestion] {
    TeacherQuestion.all(in: definition, stages: stages.map { ($0.id, $0.task) })
  }

  /// The stages in an order in which baselines that tell whether a teacher is worth listening to come before its student, where
  /// all that they need is there: what is computed stays the same.
  var stepsWithAnswersFirst: [PlanStep] {
    var ordered = steps
    for question in teacherQuestions {
      for id in question.untaught {
        guard let from = ordered.firstIndex(where: { $0.id == id }),
          let to = ordered.firstIndex(where: { $0.id == question.stage }), to < from,
          requirements(of: ordered[from]).allSatisfy({ needed in
            ordered[..<to].contains { $0.id == needed }
          })
        else { continue }
        ordered.insert(ordered.remove(at: from), at: to)
      }
    }
    return ordered
  }
}
