// The answer to the question whether a teacher is better at what it teaches than a student without it.
import RetortEvaluation
import RetortFormatting
import RetortRecords

/// A figure of a teacher, compared with that of a student trained without it.
struct TeacherAnswer {
  let question: TeacherQuestion
  let untaught: String
  let teachers: Estimate
  let alone: Estimate
  /// What the untaught model is, in words.
  private var student: String {
    untaught.contains(".")
      ? "the student trained without it (\(untaught))"
      : "the student before it is trained (\(untaught))"
  }

  var record: RunRecord.TeacherCheck {
    RunRecord.TeacherCheck(
      stage: question.stage, teacher: question.teacher, untaught: untaught, finding: finding)
  }

  /// "the held-out masked-LM loss of the teacher (teacher_mlm), 7.53 (7.50 to 7.56), is above that of the student trained without it
  /// (distil.mlm_only), 6.28 (6.25 to 6.31): its soft targets cannot be expected to help"
  var finding: String {
    let difference = teachers.difference(from: alone).interval
    let (isAbove, isBelow) = (difference.map { $0.low > 0 }, difference.map { $0.high < 0 })
    let isWorse: Bool?
    let figure: String
    switch question.subject {
    case .words:
      figure = "held-out masked-LM loss"
      isWorse = isAbove == true ? true : isBelow == true ? false : nil
    case .classes(let task):
      figure = "accuracy on \(task.name)"
      isWorse = isAbove == true ? false : isBelow == true ? true : nil
    }
    let relation =
      isAbove == true
      ? "is above" : isBelow == true ? "is below" : "cannot be told apart from"
    let follows =
      switch isWorse {
      case true?: "its soft targets cannot be expected to help"
      case false?:
        untaught.contains(".")
          ? "its soft targets can say more than the student learns without them"
          : "it is better than the student before training"
      case nil: "little can be expected of its soft targets"
      }
    return
      "the \(figure) of the teacher (\(question.teacher)), \(text(teachers)), \(relation) that of \(student), "
      + "\(text(alone)): \(follows)"
  }

  private func text(_ estimate: Estimate) -> String {
    "\(estimate.value.fixed(4))"
      + (estimate.interval.map { " (\($0.low.fixed(4)) to \($0.high.fixed(4)))" } ?? "")
  }
}

extension MeasureRunner {
  /// What can be said before a stage is trained, of its teachers.
  /// - Parameters:
  ///   - planned: the stage.
  ///   - finished: stages that are there.
  ///   - results: theirs.
  func answers(
    before planned: PlannedStage, finished: [PlannedStage], results: [StageRecord],
    examples: (TaskSource) throws -> [Int]?
  ) throws -> [TeacherAnswer] {
    try plan.teacherQuestions.filter { $0.stage == planned.id }.compactMap { question in
      switch question.subject {
      case .words(let name):
        guard let measure = plan.measures(with: finished).first(where: { $0.name == name }),
          let teacher = measure.of.first(where: { $0.name == question.teacher }),
          let untaught = question.untaught.lazy.compactMap({ name in
            measure.of.first { $0.name == name }
          }).first
        else { return nil }
        let figures = try figures(measure, of: [teacher, untaught]).map { figures in
          figures.first { $0.name == MaskedLMMeasure.loss.title }?.estimate
        }
        guard let teachers = figures[0], let alone = figures[1] else { return nil }
        return TeacherAnswer(
          question: question, untaught: untaught.name, teachers: teachers, alone: alone)
      case .classes(let task):
        /// Right or wrong, example by example.
        func correctness(_ id: String) throws -> Estimate? {
          let stage = results.first { $0.stage.id == id }?.stage
          guard plan.stage(id: id)?.evaluated == task,
            let predicted = stage?.keptEvaluation?.predictions?.labels,
            let labels = try examples(task), labels.count == predicted.count, !labels.isEmpty
          else { return nil }
          return Estimate(
            sums: zip(predicted, labels).map { $0 == $1 ? 1 : 0 },
            counts: labels.map { _ in 1 }, isShare: true)
        }
        guard let teachers = try correctness(question.teacher) else { return nil }
        for id in question.untaught {
          guard let alone = try correctness(id) else { continue }
          return TeacherAnswer(
            question: question, untaught: id, teachers: teachers, alone: alone)
        }
        return nil
      }
    }
  }
}
