// One case of operations.h5: inputs, outputs and gradients of one operation, as PyTorch computed them.
import RetortTensorEngine
import RetortTestSupport
import Testing

struct OperationCase {
  let fixture: Fixture
  let group: String

  init(_ group: String) throws {
    fixture = try Fixture("operations.h5")
    self.group = group
  }

  func floats(_ name: String) throws -> [Float] { try fixture.floats("\(group)/\(name)") }
  func integers(_ name: String) throws -> [Int32] { try fixture.integers("\(group)/\(name)") }
  func number(_ name: String) throws -> Double { try fixture.number(name, of: group) }

  /// The rows and columns of an array; a vector is one row.
  func size(_ name: String) throws -> (rows: Int, columns: Int) {
    let shape = try #require(fixture.shape("\(group)/\(name)"), "\(group)/\(name)")
    return (shape.dropLast().reduce(1, *), shape[shape.count - 1])
  }

  func parameter(_ name: String, kind: ParameterKind = .weight) throws -> Parameter {
    let shape = try #require(fixture.shape("\(group)/\(name)"), "\(group)/\(name)")
    return Parameter(try floats(name), path: name, kind: kind, shape: shape)
  }

  /// An array as a differentiable input.
  func input(_ name: String, in scope: ComputeScope) throws -> Tensor {
    let (rows, columns) = try size(name)
    return scope.input(try floats(name), rows: rows, columns: columns, differentiable: true)
  }

  func constant(_ name: String, in scope: ComputeScope) throws -> Tensor {
    let (rows, columns) = try size(name)
    return scope.input(try floats(name), rows: rows, columns: columns)
  }

  /// Compares y, sends `upstream` back, and compares the gradients.
  func expect(
    _ y: Tensor, inputs: [String: Tensor] = [:], parameters: [Parameter] = [],
    in scope: ComputeScope, _ tolerance: Tolerance
  ) throws {
    let (rows, columns) = try size("y")
    #expect(y.rows == rows && y.columns == columns)
    expectClose(y.copyValues(), try floats("y"), tolerance, "\(group) y")
    scope.seedGradient(of: y, with: try floats("upstream"))
    scope.backward()
    try expectGradients(inputs: inputs, parameters: parameters, in: scope, tolerance)
  }

  func expectGradients(
    inputs: [String: Tensor] = [:], parameters: [Parameter] = [], in scope: ComputeScope,
    _ tolerance: Tolerance
  ) throws {
    for (name, tensor) in inputs {
      try expectGradient(scope.gradientValues(of: tensor) ?? [], of: name, tolerance)
    }
    for parameter in parameters {
      try expectGradient(parameter.gradientArray, of: parameter.path, tolerance)
    }
  }

  private func expectGradient(_ gradient: [Float], of name: String, _ tolerance: Tolerance) throws {
    let reference = try floats("\(name)_gradient")
    if reference.allSatisfy({ $0.magnitude < 1e-12 }) {
      // A single token attends to itself alone: nothing reaches its scores.
      expectZero(gradient, within: 1e-6, because: tolerance.reason, "\(group) ∂\(name)")
    } else {
      expectClose(gradient, reference, tolerance, "\(group) ∂\(name)")
    }
  }
}
