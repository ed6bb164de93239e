// An objective of another package, tested by itself on a row that it makes: by what is public alone.
import Glibc
import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite("A row of one's own") struct VocabularyRowTests {
  @Test("an objective's value and gradient are those of the formula, stored or added")
  func masked() {
    let logits: [Float] = [0.5, -1, 2, 0.25, 1]
    let total = logits.reduce(0) { $0 + exp(Double($1)) }
    let expected = logits.indices.map {
      Float(3 * (exp(Double(logits[$0])) / total - ($0 == 2 ? 1 : 0)))
    }
    let objective = MaskedLanguageObjective(labels: [-1, 2])
    let tolerance = Tolerance(relative: 1e-5, absolute: 1e-6, because: "float32 exponentials")
    for adds in [false, true] {
      // Logits [5], gradient [5], scratch [2, 5].
      let memory = UnsafeMutablePointer<Float>.allocate(capacity: 20)
      defer { memory.deallocate() }
      memory.initialize(repeating: 10, count: 20)
      for i in 0..<5 { memory[i] = logits[i] }
      let value = objective.evaluate(
        VocabularyRow(
          index: 1, count: 5, student: memory, teacher: nil, gradient: memory + 5, gradientScale: 3,
          adds: adds, scratch: memory + 10))
      expectClose([value], [log(total) - 2], tolerance)
      expectClose((0..<5).map { memory[5 + $0] }, expected.map { adds ? $0 + 10 : $0 }, tolerance)
    }
  }
}
