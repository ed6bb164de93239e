// CKA and cosine against their formulas, and what they do not depend on.
import Foundation
import RetortFiles
import RetortStorage
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Similarity of layers")
struct LayerSimilarityTests {
  private let folder: TemporaryFolder
  private let engine = Engine(threadCount: 2)
  /// More tokens than are in memory at a time.
  private static let lengths = [1500, 900, 3]
  private static let tokens = 2403

  init() throws { folder = try TemporaryFolder() }

  /// A store of layers [T, width], in the order of their numbers from 0.
  private func store(
    _ layers: [[Float]], width: Int, lengths: [Int] = lengths, firstToken: Int32 = 7
  ) throws -> ExampleActivationStore {
    let path = folder.file("\(UUID().uuidString).h5")
    let writer = try ExampleActivationWriter(
      path: path,
      layout: ExampleActivationLayout(
        ModelOutputs(
          layers.indices.map { .init(.hiddenState("\($0)"), width: width, precision: .f32) })),
      source: ["text": "t"])
    var start = 0
    for length in lengths {
      let ids = (0..<length).map { Int32($0) + firstToken }
      try ids.withUnsafeBufferPointer { ids in
        let rows = layers.map { Array($0[start * width..<(start + length) * width]) }
        try withPointers(rows) { pointers in
          let values = pointers.enumerated().map { (ModelOutput.hiddenState("\($0)"), $1) }
          try writer.append(
            tokenIDs: ids, offsets: [0, Int32(length)],
            outputs: [OutputValues(Dictionary(uniqueKeysWithValues: values))])
        }
      }
      start += length
    }
    try writer.finish()
    return try ExampleActivationStore(path: path)
  }

  private func withPointers<Result>(
    _ arrays: [[Float]], _ found: [UnsafeBufferPointer<Float>] = [],
    _ body: ([UnsafeBufferPointer<Float>]) throws -> Result
  ) throws -> Result {
    guard let first = arrays.first else { return try body(found) }
    return try first.withUnsafeBufferPointer {
      try withPointers(Array(arrays.dropFirst()), found + [$0], body)
    }
  }

  private static func random(_ width: Int, seed: Int) -> [Float] {
    var inputs = RandomInputs(seed)
    // A mean that is not zero: it must not count.
    return inputs.normal(tokens * width, mean: 3)
  }

  /// The formula in double precision, with nothing else in mind.
  private static func alignment(_ x: [Float], _ a: Int, _ y: [Float], _ b: Int) -> Double {
    func centred(_ values: [Float], _ width: Int) -> [[Double]] {
      (0..<width).map { column in
        let column = (0..<tokens).map { Double(values[$0 * width + column]) }
        let mean = column.reduce(0, +) / Double(tokens)
        return column.map { $0 - mean }
      }
    }
    func squaredNorm(_ x: [[Double]], _ y: [[Double]]) -> Double {
      x.reduce(0) { total, p in
        total
          + y.reduce(0) { inner, q in
            let product = zip(p, q).reduce(0) { $0 + $1.0 * $1.1 }
            return inner + product * product
          }
      }
    }
    let (p, q) = (centred(x, a), centred(y, b))
    return squaredNorm(p, q) / (squaredNorm(p, p) * squaredNorm(q, q)).squareRoot()
  }

  @Test("CKA is its formula's, for layers of any widths")
  func formula() throws {
    let x = [Self.random(5, seed: 1), Self.random(5, seed: 2)]
    // Partly the same: the first three columns of one layer.
    var y = Self.random(3, seed: 3)
    for token in 0..<Self.tokens {
      for column in 0..<3 { y[token * 3 + column] += 2 * x[1][token * 5 + column] }
    }
    let found = try LayerSimilarity(
      of: store(x, width: 5), and: store([y], width: 3), engine: engine)
    for layer in 0..<2 {
      let expected = Self.alignment(x[layer], 5, y, 3)
      #expect(abs(found.alignment[layer][0] - expected) <= 1e-5, "\(expected)")
    }
    #expect(found.alignment[1][0] > 0.3 && found.alignment[0][0] < 0.1)
    #expect(found.cosine == nil)
    #expect(found.sequenceCount == 3 && found.tokenCount == Self.tokens)
  }

  @Test("rotated, scaled and moved a space is aligned with itself, but not the same directions")
  func invariance() throws {
    let x = Self.random(4, seed: 4)
    let moved = (0..<Self.tokens).flatMap { token -> [Float] in
      let row = Array(x[token * 4..<token * 4 + 4])
      return [-row[1] * 3 + 5, row[0] * 3, row[3] * 3 - 1, row[2] * 3]
    }
    let found = try LayerSimilarity(
      of: store([x], width: 4), and: store([x, moved], width: 4), engine: engine)
    #expect(abs(found.alignment[0][0] - 1) <= 1e-6 && abs(found.alignment[0][1] - 1) <= 1e-5)
    let cosine = try #require(found.cosine)
    #expect(abs(cosine[0][0] - 1) <= 1e-12)
    let expected =
      (0..<Self.tokens).reduce(0.0) { total, token in
        let place = token * 4..<token * 4 + 4
        let (a, b) = (x[place].map(Double.init), moved[place].map(Double.init))
        func dot(_ p: [Double], _ q: [Double]) -> Double {
          zip(p, q).reduce(0) { $0 + $1.0 * $1.1 }
        }
        return total + dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
      } / Double(Self.tokens)
    #expect(abs(cosine[0][1] - expected) <= 1e-12)
  }

  @Test("threads change nothing")
  func threads() throws {
    let stores = [
      try store([Self.random(6, seed: 5)], width: 6),
      try store([Self.random(6, seed: 6)], width: 6),
    ]
    let results = try [1, 3].map {
      try LayerSimilarity(of: stores[0], and: stores[1], engine: Engine(threadCount: $0))
    }
    #expect(results[0] == results[1])
  }

  @Test("what cannot be compared is refused")
  func refusals() throws {
    let x = Self.random(2, seed: 7)
    let whole = try store([x], width: 2)
    func error(_ other: ExampleActivationStore) -> LayerSimilarityError? {
      #expect(throws: LayerSimilarityError.self) {
        try LayerSimilarity(of: whole, and: other, engine: engine)
      }
    }
    #expect(
      error(try store([x], width: 2, lengths: [1500, 903])) == .otherSequences(counts: [3, 2]))
    #expect(
      error(try store([x], width: 2, lengths: [1500, 3, 900])) == .otherTokens(sequence: 1))
    #expect(error(try store([x], width: 2, firstToken: 8)) == .otherTokens(sequence: 0))
    let constant = [Float](repeating: 0.5, count: Self.tokens * 2)
    #expect(
      error(try store([x, constant], width: 2)) == .constant(isFirst: false, layer: 1))
    let one = try store([[1, 2]], width: 2, lengths: [1])
    #expect(throws: LayerSimilarityError.tooFewTokens(count: 1)) {
      try LayerSimilarity(of: one, and: one, engine: engine)
    }
  }
}
