import RetortRandomness
import RetortTransformers

/// One operation on inputs of the integer hash, in a scope of its own, and what came of it.
///
/// Arrays are named `<operation>/<array>`, as Tests/Peers/make_golden_numbers.py names them.
final class OperationProbe {
  let operation: CheckedOperation
  let scope: ComputeScope
  private(set) var measurements: [Measurement] = []

  /// Float32 sums of a few hundred terms; measured errors stay below a tenth of it.
  private let tolerance: Double

  init(_ operation: CheckedOperation, on engine: Engine, tolerance: Double = 1e-5) {
    self.operation = operation
    self.tolerance = tolerance
    scope = ComputeScope(engine: engine, recording: true)
  }

  // MARK: Inputs

  func hash(_ array: String) -> IntegerHash {
    IntegerHash(name: "\(operation.rawValue)/\(array)")
  }

  /// A differentiable input [rows, columns] in ±scale/2.
  func input(_ array: String, rows: Int, columns: Int, scale: Float = 1) -> Tensor {
    scope.input(
      hash(array).values(rows * columns, scale: scale), rows: rows, columns: columns,
      differentiable: true)
  }

  func parameter(_ array: String, _ kind: ParameterKind, _ shape: [Int]) -> Parameter {
    let parameter = Parameter(path: array, kind: kind, shape: shape)
    parameter.fill(with: hash(array), scale: kind == .normScale ? 0.5 : 1)
    return parameter
  }

  // MARK: Results

  func record(_ quantity: String, _ fingerprint: Fingerprint) {
    measurements.append(
      Measurement(
        operation: operation, quantity: quantity, fingerprint: fingerprint, tolerance: tolerance))
  }

  /// Records an output, then sends hashed gradients back from it.
  func finish(_ output: Tensor) {
    record("output", Fingerprint(of: output.copyValues()))
    scope.seedGradient(
      of: output, with: hash("upstream").values(output.rows * output.columns, scale: 1))
    scope.backward()
  }

  func recordGradients(
    inputs: KeyValuePairs<String, Tensor> = [:], parameters: KeyValuePairs<String, Parameter> = [:]
  ) {
    for (name, tensor) in inputs {
      record("∂\(name)", Fingerprint(of: scope.gradientValues(of: tensor) ?? []))
    }
    for (name, parameter) in parameters {
      record("∂\(name)", Fingerprint(of: parameter.gradientValues() ?? []))
    }
  }
}

extension Parameter {
  /// Hashed values in ±scale/2; around 1 for scales of normalisations.
  func fill(with hash: IntegerHash, scale: Float) {
    let base: Float = kind == .normScale ? 1 : 0
    for i in values.indices { values[i] = base + hash.unit(i) * scale }
  }
}

/// The batch of all checks: four sequences of unequal length, one of them a single token.
enum HashedBatch {
  static let layout = SequenceLayout(offsets: [0, 7, 8, 27, 60])
  /// T
  static let tokenCount = layout.tokenCount
}

/// Dropout masks from the integer hash, which PyTorch's side can compute as well.
struct HashedDropout: DropoutMaskSource {
  static let site = DropoutSite(index: 3, probability: 0.25)
  static let mode = ForwardMode.training(dropout: HashedDropout())

  func keepMask(
    of place: DropoutPlace, count: Int, dropping probability: Double,
    into words: UnsafeMutablePointer<UInt16>
  ) {
    let hash = IntegerHash(name: "dropout/site \(place.site)")
    let row = (place.sequence * place.headCount + place.head) * 64 + place.position
    for word in 0..<(count + 15) / 16 { words[word] = 0 }
    for unit in 0..<count
    where Double(hash.unit(row * 64 + unit)) >= probability - 0.5 {
      words[unit / 16] |= 1 << UInt16(unit % 16)
    }
  }
}
