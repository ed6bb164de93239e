// The squared error of a regression against PyTorch 2.4.0 in double precision: label_mse.h5.
import RetortTensorEngine
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Label MSE equals PyTorch's")
struct LabelMSEParityTests {
  private let tolerance = Tolerance(
    relative: 1e-6, absolute: 1e-7, because: "differences in double precision, gradients rounded")

  @Test("value and gradient")
  func parity() throws {
    let fixture = try Fixture("label_mse.h5")
    #expect(fixture.groups.count == 3)
    for group in fixture.groups {
      let outputs = try fixture.floats("\(group)/output")
      let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
      let output = scope.input(outputs, rows: outputs.count, columns: 1, differentiable: true)
      let sum = LabelMSE().sum(
        over: TermBatch(
          student: ObservedTensors(classLogits: output), teacher: ObservedTensors(),
          numbers: try fixture.floats("\(group)/label"),
          layout: SequenceLayout(offsets: (0...outputs.count).map { Int32($0) })),
        gradientScale: 1 / Double(outputs.count), in: scope)
      scope.backward()
      try ParityRecord.$subject.withValue("label_mse: value") {
        expectClose(
          [sum / Double(outputs.count)], [try fixture.number("loss", of: group)], tolerance, group)
      }
      try ParityRecord.$subject.withValue("label_mse: gradient") {
        expectClose(
          scope.gradientValues(of: output) ?? [],
          try fixture.floats("\(group)/output_gradient"), tolerance, "\(group) gradient")
      }
    }
  }
}
