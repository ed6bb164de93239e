// What `retort doctor` finds: the machine, what was chosen on it, and what is wrong.
import RetortFormatting

struct Diagnosis: Codable, Equatable {
  var program: String
  var processor: ProcessorState
  var blas: BLASState
  /// Nil where kernels cannot run.
  var selfCheck: SelfCheckState?
  var memory: MemoryState
  var hdf5: String
  var folders: [FolderState]
  /// Empty if all is well.
  var findings: [Finding]

  struct ProcessorState: Codable, Equatable {
    var name: String
    /// Logical processors this process may run on.
    var available: Int
    /// Processes that were running or waiting to, over the last minute.
    var load: Double
    /// Level of the instruction set that the kernels were built for.
    var kernelsBuiltFor: String
    /// Highest level that this processor offers; nil if none that kernels can be built for.
    var offers: String?
    /// Instructions that the kernels need and the processor lacks.
    var missing: [String]
  }

  struct BLASState: Codable, Equatable {
    var configuration: String
    /// Nil where kernels cannot run.
    var kernel: String?
    var chosenByUser: Bool
    var speeds: [ProductSpeed]
  }

  /// What is computed here against golden numbers.
  struct SelfCheckState: Codable, Equatable {
    /// Where the golden numbers come from.
    var source: String
    var operations: Int
    /// Outputs, gradients and moments compared.
    var quantities: Int
    var seconds: Double
    /// Empty if all is right.
    var failures: [Failure]

    struct Failure: Codable, Equatable {
      var operation: String
      /// A gradient is written with a ∂.
      var quantity: String
      /// Length of the array and its projection; nil if there is no golden number of it.
      var expected: Numbers?
      /// Nil if it was not computed.
      var found: Numbers?
    }

    struct Numbers: Codable, Equatable {
      var norm: Double
      var projection: Double
    }
  }

  struct MemoryState: Codable, Equatable {
    var totalBytes: Int
    var availableBytes: Int
  }

  struct FolderState: Codable, Equatable {
    /// The variable that names it.
    var variable: String
    /// Nil if the variable is not set and there is no default.
    var path: String?
    var state: String
  }

  struct Finding: Codable, Equatable {
    var problem: String
    var remedy: String
  }
}

/// A matrix product of a training step and how fast it ran.
struct ProductSpeed: Codable, Equatable {
  /// [rows, inner] · [columns, inner]ᵀ
  var rows: Int
  var columns: Int
  var inner: Int
  var threads: Int
  /// 10⁹ floating-point operations a second, of the median run.
  var gigaflops: Double
}

extension Diagnosis {
  /// Slow or small is a finding; a machine that computes wrong or not at all is a failure.
  var isFailure: Bool { !processor.missing.isEmpty || selfCheck?.failures.isEmpty == false }

  /// The diagnosis for people.
  var text: String {
    var lines = ["retort \(program)", ""]
    func add(_ name: String, _ value: String) {
      lines.append(name.padded(to: 12) + value)
    }
    add("processor", processor.name.isEmpty ? "unknown" : processor.name)
    add("", "\(processor.available) available, load \(processor.load.fixed(2))")
    add(
      "kernels",
      "built for \(processor.kernelsBuiltFor), processor offers \(processor.offers ?? "less")")
    add("memory", "\(memory.availableBytes.memoryText) free of \(memory.totalBytes.memoryText)")
    add("HDF5", hdf5)
    add("BLAS", blas.configuration)
    if let kernel = blas.kernel {
      add("", "kernel \(kernel)" + (blas.chosenByUser ? ", set by OPENBLAS_CORETYPE" : ""))
    }
    if let selfCheck {
      let wrong = selfCheck.failures.count
      add(
        "self-check",
        "\(selfCheck.quantities) outputs and gradients of \(selfCheck.operations) operations "
          + (wrong == 0 ? "as in \(selfCheck.source)" : "compared, \(wrong) wrong"))
    }
    for folder in folders {
      lines.append("\(folder.variable)  \(folder.path ?? "not set")  \(folder.state)")
    }
    if !blas.speeds.isEmpty {
      lines += ["", "GFLOP/s of a training step's products", ""]
      let threads = Set(blas.speeds.map(\.threads)).sorted()
      lines.append(
        "rows x inner x columns".padded(to: 26)
          + threads.map { "\($0) thread\($0 == 1 ? "" : "s")".leftPadded(to: 12) }.joined())
      var seen: [[Int]] = []
      for speed in blas.speeds where !seen.contains(speed.shape) {
        seen.append(speed.shape)
        let values = threads.map { count in
          blas.speeds.first { $0.shape == speed.shape && $0.threads == count }
            .map { $0.gigaflops.fixed(0) } ?? "-"
        }
        lines.append(
          "\(speed.rows) x \(speed.inner) x \(speed.columns)".padded(to: 26)
            + values.map { $0.leftPadded(to: 12) }.joined())
      }
    }
    lines.append("")
    if findings.isEmpty { lines.append("nothing wrong found") }
    for finding in findings {
      lines.append("wrong: \(finding.problem)")
      lines.append("   do: \(finding.remedy)")
    }
    return lines.joined(separator: "\n")
  }
}

extension ProductSpeed {
  fileprivate var shape: [Int] { [rows, inner, columns] }
}
