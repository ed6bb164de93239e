// A vocabulary term on logits that are given, by way of an identity as decoder.
import RetortTensorEngine
import RetortTestSupport

@testable import RetortDistillation

struct GivenLogits {
  /// [R, V] each.
  let student: [Float]
  let teacher: [Float]
  /// Further teachers, [R, V] each, and what the term is given of all of them.
  var others: [[Float]] = []
  var logits = TeacherLogits.of(0)
  let wordCount: Int
  /// [R]
  let labels: [Int32]
  var rowCount: Int { student.count / wordCount }

  /// The term's mean over the rows and its gradient.
  /// - Parameter times: how often it is taken; each adds its gradient to what the others wrote.
  func mean(
    of term: some VocabularyTerm, times: Int = 1
  ) -> (values: [Double], gradient: [Float]) {
    mean(of: term, times: times, over: Double(rowCount), rowWeights: nil)
  }

  /// The mean that the term is over sequences, as a training takes it.
  /// - Parameters:
  ///   - lengths: [N], of the sequences that the rows are of.
  ///   - words: [R], the word that was masked, -1 where none was.
  func mean(
    of term: some VocabularyTerm, lengths: [Int32], words: [Int32]
  ) -> (value: Double, gradient: [Float]) {
    let offsets = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let counts = RowCounts(
      lengths.indices.map { n in
        let rows = Int(offsets[n])..<Int(offsets[n + 1])
        return .init(
          length: rows.count, maskedCount: words[rows].count { $0 >= 0 }, innerCount: rows.count - 2
        )
      })
    let (values, gradient) = mean(
      of: term, times: 1, over: counts.of(term.rows),
      rowWeights: term.rows.weights(layout: SequenceLayout(offsets: offsets), words: words))
    return (values[0], gradient)
  }

  private func mean(
    of term: some VocabularyTerm, times: Int, over count: Double, rowWeights: [Double]?
  ) -> (values: [Double], gradient: [Float]) {
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let decoder = Parameter(path: "identity", kind: .weight, shape: [wordCount, wordCount])
    for i in 0..<wordCount { decoder.values[i * wordCount + i] = 1 }
    let bias = Parameter(path: "zero", kind: .bias, shape: [wordCount])
    let logits = scope.input(student, rows: rowCount, columns: wordCount, differentiable: true)
    let rows = VocabularyRows(labels: labels, teacherLogits: nil)
    let objective = WeightedObjective(
      term.objective(of: rows), gradientScale: 1 / count, rowWeights: rowWeights,
      teacher: self.logits)
    let sums = scope.vocabularyHead(
      hidden: logits, decoder: decoder, bias: bias,
      teachers: ([teacher] + others).map {
        TeacherVocabulary(
          hidden: scope.input($0, rows: rowCount, columns: wordCount), decoder: decoder, bias: bias)
      }, objectives: (0..<times).map { _ in objective })
    return (sums.map { $0 / count }, scope.gradientValues(of: logits) ?? [])
  }
}
