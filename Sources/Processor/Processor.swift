// Whether the kernels this program was built with can run here.

public enum Processor {
  /// The level the compute kernels of this program were built for.
  public static var kernelLevel: KernelLevel {
    #if RETORT_KERNELS_V4
      .v4
    #else
      .v3
    #endif
  }

  /// To be called before the first kernel runs: a processor that lacks an instruction would end the
  /// program with SIGILL and say nothing.
  public static func requireKernelLevel() throws(UnsupportedProcessor) {
    try require(kernelLevel, of: .current())
  }

  static func require(
    _ level: KernelLevel, of processor: ProcessorFeatures
  ) throws(UnsupportedProcessor) {
    let missing = processor.missing(for: level)
    guard missing.isEmpty else {
      throw UnsupportedProcessor(level: level, processor: processor, missing: missing)
    }
  }
}

/// The program was built for instructions that this processor does not have.
public struct UnsupportedProcessor: Error, Equatable, Sendable, CustomStringConvertible {
  public let level: KernelLevel
  public let processor: ProcessorFeatures
  public let missing: [String]

  public var description: String {
    let name = processor.modelName.isEmpty ? "this processor" : processor.modelName
    let remedy =
      switch processor.highestLevel {
      case .some(let best): "rebuild with RETORT_CPU=\(best.rawValue) swift build -c release"
      case .none: "it needs at least \(KernelLevel.v3.rawValue)"
      }
    return "built for \(level.rawValue), but \(name) lacks \(missing.joined(separator: ", ")); "
      + remedy
  }
}
