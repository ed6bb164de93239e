// A figure with what its interval, and its difference from another model's figure, are computed from.
import Foundation

/// A figure of one model on some examples. Figures of two models on the same examples differ by a paired difference: what
/// the examples themselves make of both cancels out.
///
/// A ratio  θ = Σ sᵢ / Σ nᵢ  over clusters i of examples (a sentence, with sᵢ summed over its nᵢ words) has the variance
///   v = m/(m-1) · Σ (sᵢ - θ nᵢ)² / (Σ nᵢ)²,  m clusters,
/// and the interval θ ± z √v. A share has Wilson's interval, with as many independent examples as have the variance of its
/// clusters. A jackknife leaves out one of g groups of examples at a time:  v = (g-1)/g · Σ (θⱼ - θ̄)², and z is that of
/// Student's distribution with g-1 degrees of freedom. The interval of a correlation is computed so on Fisher's scale, of artanh θ,
/// and taken back, so that it ends within -1 and 1. A bootstrap has the percentile interval of its samples.
/// - Source: W. G. Cochran, Sampling Techniques (1977), 6.3 (ratios); B. Efron, The Jackknife, the Bootstrap and Other
///   Resampling Plans (1982), 2-3.
public struct Estimate: Sendable, Equatable, Codable {
  public enum Method: String, Sendable, Codable {
    case ratio, share, jackknife, correlation, bootstrap
  }

  public let method: Method
  public let value: Double
  /// Of a ratio or share sᵢ, of a jackknife θⱼ, of a bootstrap the samples' values.
  public let parts: [Double]
  /// nᵢ of a ratio or share; nil for other methods.
  public let counts: [Double]?

  private init(_ method: Method, value: Double, parts: [Double], counts: [Double]? = nil) {
    (self.method, self.value, self.parts, self.counts) = (method, value, parts, counts)
  }

  /// - Parameters:
  ///   - sums: sᵢ, one a cluster.
  ///   - counts: nᵢ; not all 0.
  ///   - isShare: whether the sums count examples.
  public init(sums: [Double], counts: [Double], isShare: Bool = false) {
    precondition(sums.count == counts.count, "\(sums.count) sums of \(counts.count) clusters")
    self.init(
      isShare ? .share : .ratio, value: sums.reduce(0, +) / counts.reduce(0, +), parts: sums,
      counts: counts)
  }

  /// - Parameters:
  ///   - leftOut: the figure without each of the groups, which are the same for every model.
  ///   - isCorrelation: whether the figure is one, from -1 to 1.
  public init(value: Double, jackknife leftOut: [Double], isCorrelation: Bool = false) {
    self.init(isCorrelation ? .correlation : .jackknife, value: value, parts: leftOut)
  }

  /// - Parameter samples: the figure in each sample, which are the same for every model.
  public init(value: Double, bootstrap samples: [Double]) {
    self.init(.bootstrap, value: value, parts: samples)
  }

  /// - Throws: for numbers that no estimate can have.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try values.decode(Method.self, forKey: .method),
      value: try values.decode(Double.self, forKey: .value),
      parts: try values.decode([Double].self, forKey: .parts),
      counts: try values.decodeIfPresent([Double].self, forKey: .counts))
    guard isFinite, method.isOfClusters ? counts?.count == parts.count : counts == nil else {
      throw DecodingError.dataCorruptedError(
        forKey: .parts, in: values, debugDescription: "parts and counts of an estimate that differ")
    }
  }

  /// Whether a difference from another figure can be taken: both are of the same examples.
  public func isPaired(with other: Estimate) -> Bool {
    method == other.method && parts.count == other.parts.count
  }

  /// How many examples there are, of a ratio or share.
  public var count: Double? { counts?.reduce(0, +) }

  /// Whether every number is finite.
  public var isFinite: Bool {
    value.isFinite && parts.allSatisfy(\.isFinite) && counts?.allSatisfy(\.isFinite) ?? true
  }

  /// At 95 %; nil where there is one group alone, or one cluster that has any examples.
  public var interval: ConfidenceInterval? {
    switch method {
    case .ratio: return interval(around: value, clusterVariance(of: residuals))
    case .share:
      guard let count, count > 0 else { return nil }
      let variance = residuals.reduce(0) { $0 + $1 * $1 }
      let independent =
        variance > 0 ? min(count, value * (1 - value) / variance) : count
      let wilson = WilsonInterval(share: value, of: independent)
      return ConfidenceInterval(low: wilson.low, high: wilson.high)
    case .jackknife:
      return interval(around: value, Self.jackknifeVariance(of: parts), Self.student(parts.count))
    case .correlation:
      let transformed = interval(
        around: Self.fisher(value), Self.jackknifeVariance(of: parts.map(Self.fisher)),
        Self.student(parts.count))
      return transformed.map { ConfidenceInterval(low: tanh($0.low), high: tanh($0.high)) }
    case .bootstrap: return ConfidenceInterval(samples: parts)
    }
  }

  /// artanh of a correlation; of one that is 1 or -1 that of the number next to it.
  private static func fisher(_ correlation: Double) -> Double {
    let most = (1.0).nextDown
    return atanh(min(most, max(-most, correlation)))
  }

  /// This figure less that of another model on the same examples, with its interval at 95 %.
  /// - Parameter other: of the same method, clusters, groups or samples.
  public func difference(from other: Estimate) -> (value: Double, interval: ConfidenceInterval?) {
    precondition(
      isPaired(with: other),
      "figures of different examples: \(parts.count) and \(other.parts.count) parts")
    let difference = value - other.value
    let apart = zip(method.isOfClusters ? residuals : parts, other.pairedParts).map { $0 - $1 }
    switch method {
    case .ratio, .share:
      return (difference, interval(around: difference, clusterVariance(of: apart)))
    case .jackknife, .correlation:
      let variance = Self.jackknifeVariance(of: apart)
      return (difference, interval(around: difference, variance, Self.student(apart.count)))
    case .bootstrap: return (difference, ConfidenceInterval(samples: apart))
    }
  }

  private var pairedParts: [Double] { method.isOfClusters ? residuals : parts }

  /// (sᵢ - θ nᵢ) / Σ nᵢ
  private var residuals: [Double] {
    guard let counts, let count else { return [] }
    return zip(parts, counts).map { ($0 - value * $1) / count }
  }

  /// Nil where a single cluster has all the examples: it cannot differ from itself.
  private func clusterVariance(of residuals: [Double]) -> Double? {
    let m = Double(residuals.count)
    guard counts?.count(where: { $0 > 0 }) ?? 0 > 1 else { return nil }
    return m / (m - 1) * residuals.reduce(0) { $0 + $1 * $1 }
  }

  private static func jackknifeVariance(of values: [Double]) -> Double? {
    let g = Double(values.count)
    guard g > 1 else { return nil }
    let mean = values.reduce(0, +) / g
    return (g - 1) / g * values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }

  /// The 97.5 % point of Student's distribution with g-1 degrees of freedom, within 0.001 from 11 groups on.
  /// - Source: Abramowitz, Stegun 1964, 26.7.5.
  private static func student(_ groups: Int) -> Double {
    let (z, n) = (WilsonInterval.z95, Double(max(1, groups - 1)))
    let (z3, z5) = (z * z * z, z * z * z * z * z)
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n)
  }

  private func interval(
    around value: Double, _ variance: Double?, _ z: Double = WilsonInterval.z95
  ) -> ConfidenceInterval? {
    variance.map {
      let half = z * $0.squareRoot()
      return ConfidenceInterval(low: value - half, high: value + half)
    }
  }
}

extension Estimate.Method {
  fileprivate var isOfClusters: Bool { self == .ratio || self == .share }
}

/// Sums over clusters of examples, gathered one example after the other. However many there are, neighbours share a cluster
/// so that there are at most 4,096.
public struct ClusteredSums: Sendable {
  public static let mostClusters = 4_096

  private var sums: [Double]
  private var counts: [Double]
  private let examplesPerCluster: Int

  /// - Parameter exampleCount: how many examples there will be.
  public init(exampleCount: Int) {
    examplesPerCluster = max(1, (exampleCount + Self.mostClusters - 1) / Self.mostClusters)
    let clusters = (exampleCount + examplesPerCluster - 1) / examplesPerCluster
    sums = [Double](repeating: 0, count: clusters)
    counts = sums
  }

  /// - Parameter count: how many words, or other parts of the example, the sum is over.
  public mutating func add(_ sum: Double, over count: Int = 1, toExample example: Int) {
    sums[example / examplesPerCluster] += sum
    counts[example / examplesPerCluster] += Double(count)
  }

  /// Nil where nothing was counted.
  public func estimate(isShare: Bool = false) -> Estimate? {
    counts.contains { $0 > 0 } ? Estimate(sums: sums, counts: counts, isShare: isShare) : nil
  }
}
