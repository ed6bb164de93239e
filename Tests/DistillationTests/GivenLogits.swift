// A vocabulary term on logits that are given, by way of an identity as decoder.
import RetortTensorEngine
import RetortTestSupport

@testable import RetortDistillation

struct GivenLogits {
  /// [R, V] each.
  let student: [Float]
  let teacher: [Float]
  let wordCount: Int
  /// [R]
  let labels: [Int32]
  var rowCount: Int { student.count / wordCount }

  /// The term's mean over the rows and its gradient.
  /// - Parameter times: how often it is taken; each adds its gradient to what the others wrote.
  func mean(
    of term: some VocabularyTerm, times: Int = 1
  ) -> (values: [Double], gradient: [Float]) {
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let decoder = Parameter(path: "identity", kind: .weight, shape: [wordCount, wordCount])
    for i in 0..<wordCount { decoder.values[i * wordCount + i] = 1 }
    let bias = Parameter(path: "zero", kind: .bias, shape: [wordCount])
    let logits = scope.input(student, rows: rowCount, columns: wordCount, differentiable: true)
    let rows = VocabularyRows(labels: labels, teacherLogits: nil)
    let objective = WeightedObjective(
      term.objective(of: rows), gradientScale: 1 / Double(rowCount))
    let sums = scope.vocabularyHead(
      hidden: logits, decoder: decoder, bias: bias,
      teacher: TeacherVocabulary(
        hidden: scope.input(teacher, rows: rowCount, columns: wordCount), decoder: decoder,
        bias: bias), objectives: (0..<times).map { _ in objective })
    return (sums.map { $0 / Double(rowCount) }, scope.gradientValues(of: logits) ?? [])
  }
}
