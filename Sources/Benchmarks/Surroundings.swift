// What a measurement was taken on.
import RetortProcessor
import RetortTensorEngine

/// Versions and processor: times mean nothing without them.
public struct Surroundings: Sendable, Codable, Equatable {
  public var versions: [String: String]
  public var processor: String

  /// - Parameter versions: of the program, to which those of the libraries it computes with are added.
  public init(versions: [String: String]) {
    self.versions = versions.merging(
      ["openblas": BLASKernel.configuration, "blas_kernel": BLASKernel.coreName],
      uniquingKeysWith: { own, _ in own })
    processor = ProcessorFeatures.current().modelName
  }
}
