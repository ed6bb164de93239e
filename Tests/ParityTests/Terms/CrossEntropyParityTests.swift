// Label smoothing and weights of classes against PyTorch 2.4.0 and transformers in double precision: cross_entropy.h5.
import RetortTensorEngine
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Cross-entropy with smoothing and weights equals PyTorch's")
struct CrossEntropyParityTests {
  private let tolerance = Tolerance(
    relative: 1e-6, absolute: 1e-7, because: "differences in double precision, gradients rounded")

  private func term(_ fixture: Fixture, _ group: String) throws -> CrossEntropy {
    CrossEntropy(
      labelSmoothing: try fixture.number("label_smoothing", of: group),
      classWeights: fixture.has("\(group)/weights")
        ? try fixture.doubles("\(group)/weights") : nil)
  }

  /// The weighted mean and its gradient, over the rows in batches of some size, as a step with accumulation has them.
  private func mean(
    of term: CrossEntropy, _ fixture: Fixture, _ group: String, batch size: Int
  ) throws -> (value: Double, gradient: [Float]) {
    let labels = try fixture.integers("\(group)/labels")
    let logits = try fixture.floats("\(group)/logits")
    let columns = logits.count / labels.count
    let counts = RowCounts(
      labels.map { .init(length: 1, maskedCount: 0, innerCount: 0, label: Int($0)) })
    let scale = counts.gradientScale(over: term.rows, weight: 1)
    var (sum, gradient) = (0.0, [Float]())
    for first in stride(from: 0, to: labels.count, by: size) {
      let rows = first..<min(first + size, labels.count)
      let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
      let input = scope.input(
        Array(logits[rows.lowerBound * columns..<rows.upperBound * columns]), rows: rows.count,
        columns: columns, differentiable: true)
      sum += term.sum(
        over: TermBatch(
          student: ObservedTensors(classLogits: input), teacher: ObservedTensors(),
          classes: Array(labels[rows]),
          layout: SequenceLayout(offsets: (0...rows.count).map { Int32($0) })),
        gradientScale: scale, in: scope)
      scope.backward()
      gradient += scope.gradientValues(of: input) ?? []
    }
    return (counts.mean(over: term.rows, of: sum), gradient)
  }

  @Test("value and gradient, whole and in micro-batches", arguments: [100, 2])
  func parity(_ size: Int) throws {
    let fixture = try Fixture("cross_entropy.h5")
    let groups = fixture.groups.filter { !$0.hasPrefix("balanced") }
    #expect(groups.count == 20)
    for group in groups {
      let (value, gradient) = try mean(of: term(fixture, group), fixture, group, batch: size)
      let classes = fixture.shape("\(group)/logits")?.last ?? 0
      let title = "cross_entropy: \(group.prefix { $0 != "_" }), \(classes) classes"
      try ParityRecord.$subject.withValue("\(title): value") {
        expectClose([value], [try fixture.number("loss", of: group)], tolerance, group)
      }
      try ParityRecord.$subject.withValue("\(title): gradient") {
        expectClose(
          gradient.map(Double.init), try fixture.doubles("\(group)/logits_gradient"), tolerance,
          "\(group) gradient")
      }
    }
  }

  @Test("without smoothing and weights, and with weights of 1, the bits are those of before")
  func sameBits() throws {
    let fixture = try Fixture("cross_entropy.h5")
    for group in fixture.groups where group.hasPrefix("plain") {
      let plain = try mean(of: CrossEntropy(), fixture, group, batch: 100)
      let columns = try #require(fixture.shape("\(group)/logits")?.last)
      let weighted = try mean(
        of: CrossEntropy(classWeights: [Double](repeating: 1, count: columns)), fixture, group,
        batch: 100)
      #expect(plain.value == weighted.value)
      #expect(plain.gradient.map(\.bitPattern) == weighted.gradient.map(\.bitPattern))
    }
  }
}
