// The self-check's result for the user: numbers, findings, remedies.
import RetortProcessor
import RetortSelfCheck

struct SelfCheckResult {
  let state: Diagnosis.SelfCheckState
  private let discrepancies: [Discrepancy]

  /// Computes and compares.
  init(engine: Engine, golden: GoldenNumbers) {
    let start = ContinuousClock.now
    let measurements = SelfCheck.measure(on: engine)
    discrepancies = golden.discrepancies(in: measurements)
    state = Diagnosis.SelfCheckState(
      source: GoldenNumbers.source, operations: Set(measurements.map(\.operation)).count,
      quantities: measurements.count, seconds: (ContinuousClock.now - start) / .seconds(1),
      failures: discrepancies.map {
        .init(
          operation: $0.operation.rawValue, quantity: $0.quantity,
          expected: $0.expected.map(Diagnosis.SelfCheckState.Numbers.init),
          found: $0.found.map(Diagnosis.SelfCheckState.Numbers.init))
      })
  }

  /// One finding an operation, unless what its check is computed with is wrong already: of whole models only
  /// where every single operation is right.
  /// - Parameters:
  ///   - kernel: OpenBLAS's, in use.
  ///   - level: what our own kernels were built for.
  func findings(kernel: String, level: KernelLevel) -> [Diagnosis.Finding] {
    let wrong = Set(discrepancies.map(\.operation))
    let culprits = CheckedOperation.allCases.filter {
      wrong.contains($0) && $0.restsOn.isDisjoint(with: wrong)
    }
    return culprits.map { operation in
      let found = discrepancies.filter { $0.operation == operation }
      let listed = found.prefix(3).map(\.description).joined(separator: "; ")
      let more = found.count > 3 ? "; and \(found.count - 3) more" : ""
      return Diagnosis.Finding(
        problem: "\(operation.rawValue) is computed wrong here: \(listed)\(more)",
        remedy: remedy(operation, kernel: kernel, level: level))
    }
  }

  private func remedy(
    _ operation: CheckedOperation, kernel: String, level: KernelLevel
  ) -> String {
    let rebuild =
      level == .v3
      ? "rebuild with another Swift toolchain"
      : "rebuild with RETORT_CPU=\(KernelLevel.v3.rawValue) swift build -c release"
    guard operation.multipliesMatrices else {
      return "trust no result of this build (kernels for \(level.rawValue)): \(rebuild), "
        + "and look again"
    }
    let other = kernel == "Haswell" ? "Sandybridge" : "Haswell"
    return "trust no result with OpenBLAS's kernel \(kernel): see whether another one is right, "
      + "OPENBLAS_CORETYPE=\(other) retort doctor, and install another libopenblas if so; else "
      + rebuild
  }
}

extension Diagnosis.SelfCheckState.Numbers {
  init(_ fingerprint: Fingerprint) {
    self.init(norm: fingerprint.norm, projection: fingerprint.projection)
  }
}
