// Several teachers of one training, and how their answers become one.
import Foundation
import RetortTensorEngine
import RetortText

/// Teachers by their names. A term of the loss names one of them, or several whose logits are combined.
public final class TeacherGroup: TeacherSource {
  private let sources: [String: any TeacherSource]

  public init(_ sources: [String: any TeacherSource]) { self.sources = sources }

  /// One teacher as it is, or several in a group.
  /// - Parameters:
  ///   - teachers: one without a name, or several with names.
  ///   - make: the source of one.
  public static func of<Teacher>(
    _ teachers: [(name: String?, Teacher)],
    _ make: (_ name: String?, Teacher) throws -> any TeacherSource
  ) rethrows -> any TeacherSource {
    let sources = try teachers.map { ($0.name, try make($0.name, $0.1)) }
    precondition(!sources.isEmpty, "a group without teachers")
    if sources.count == 1, sources[0].0 == nil { return sources[0].1 }
    return TeacherGroup(
      Dictionary(uniqueKeysWithValues: sources.map { ($0.0 ?? "", $0.1) }))
  }

  /// Nothing can be said of several at once.
  public var dimensions: ModelDimensions { ModelDimensions() }

  public func named(_ name: String) -> any TeacherSource {
    guard let source = sources[name] else { preconditionFailure("no teacher is called \(name)") }
    return source
  }

  public func check(covers steps: Int) throws {
    for source in sources.values { try source.check(covers: steps) }
  }

  public func targets(
    for batch: PackedBatch, layout: SequenceLayout, at place: BatchPlace, request: TeacherRequest
  ) throws -> TeacherTargets {
    preconditionFailure("each term of the loss says which of several teachers it reads")
  }
}

/// How the logits of several teachers become those of one.
public enum TeacherCombination: String, Sendable, CaseIterable {
  /// The mean of their softened distributions. A divergence from it has the gradient of the mean of the divergences from
  /// each of them.
  case probabilities
  /// The mean of their logits, which is the geometric mean of their distributions.
  case logits

  /// The same for rows that stream through a vocabulary head.
  func ofVocabulary(temperature: Double) -> LogitCombination {
    switch self {
    case .probabilities: .probabilities(temperature: temperature)
    case .logits: .logits
    }
  }

  /// Of class logits, which are few: in doubles, all rows at once.
  /// - Parameters:
  ///   - logits: [N, K] of each teacher, in row order.
  ///   - columns: K.
  ///   - temperature: T.
  /// - Returns: [N, K] whose softmax at T is the combined distribution.
  public func combined(_ logits: [[Float]], columns: Int, temperature: Double) -> [Float] {
    precondition(
      !logits.isEmpty && columns > 0 && logits.allSatisfy { $0.count == logits[0].count },
      "logits of teachers that differ in their number")
    let count = Double(logits.count)
    switch self {
    case .logits:
      return logits[0].indices.map { place in
        Float(logits.reduce(0) { $0 + Double($1[place]) } / count)
      }
    case .probabilities:
      var combined = [Float](repeating: 0, count: logits[0].count)
      for row in stride(from: 0, to: combined.count, by: columns) {
        let logProbabilities = logits.map { Self.logSoftmax($0[row..<row + columns], temperature) }
        for column in 0..<columns {
          let mean = Self.logSum(logProbabilities.map { $0[column] }) - log(count)
          combined[row + column] = Float(temperature * mean)
        }
      }
      return combined
    }
  }

  private static func logSoftmax(_ logits: ArraySlice<Float>, _ temperature: Double) -> [Double] {
    let scaled = logits.map { Double($0) / temperature }
    let sum = logSum(scaled)
    return scaled.map { $0 - sum }
  }

  /// ln Σ eˣ
  private static func logSum(_ x: [Double]) -> Double {
    let highest = x.max() ?? 0
    return highest + log(x.reduce(0) { $0 + exp($1 - highest) })
  }
}
