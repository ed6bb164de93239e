import RetortTestSupport
import Testing

@testable import RetortTensorEngine

/// Products of the packed kernel have exactly the bits that their definition names: within a block of the inner
/// dimension a chain of fused multiply-adds, the blocks added up. So they depend on nothing else: not on the layout of
/// the factors, tiles, threads or the processor's vectors.
@Suite struct MatrixProductTests {
  struct Size: CustomTestStringConvertible, Sendable {
    let rows, columns, inner: Int
    var testDescription: String { "[\(rows), \(inner)] by [\(inner), \(columns)]" }
  }

  static let sizes = [
    Size(rows: 1, columns: 1, inner: 1), Size(rows: 1, columns: 100, inner: 17),
    Size(rows: 100, columns: 1, inner: 33), Size(rows: 5, columns: 31, inner: 16),
    Size(rows: 13, columns: 32, inner: 40), Size(rows: 14, columns: 33, inner: 15),
    Size(rows: 15, columns: 64, inner: 100),
    // Both ways of sharing a side, several tiles.
    Size(rows: 29, columns: 450, inner: 48), Size(rows: 450, columns: 29, inner: 48),
    // Several blocks, the last of them short.
    Size(rows: 7, columns: 40, inner: 1100),
  ]

  /// Whether a factor is stored with its inner values in a row.
  struct Layout: CustomTestStringConvertible, Sendable {
    let left, right: Bool
    var testDescription: String { (left ? "A" : "Aᵀ") + " · " + (right ? "Bᵀ" : "B") }
  }

  static let layouts = [true, false].flatMap { left in
    [true, false].map { Layout(left: left, right: $0) }
  }

  @Test("exact bits", arguments: sizes, layouts)
  func exactBits(size: Size, layout: Layout) throws {
    let factors = Factors(size, layout)
    for threads in 1...3 {
      for adds in [false, true] {
        let result = try factors.product(on: Engine(threadCount: threads), adds: adds)
        let expected = try factors.definition(adds: adds)
        #expect(result.map(\.bitPattern) == expected.map(\.bitPattern), "\(threads) threads")
      }
    }
  }

  @Test("an inner dimension too long to be packed at once")
  func chunks() throws {
    let size = Size(rows: 700, columns: 701, inner: 6200)
    let factors = Factors(size, Layout(left: true, right: false))
    #expect(try factors.plan().chunkCount > 1)
    let result = try factors.product(on: Engine(threadCount: 2), adds: false)
    let expected = try factors.definition(adds: false, rows: [0, 1, 350, 699])
    for (i, row) in [0, 1, 350, 699].enumerated() {
      #expect(
        result[row * size.columns..<(row + 1) * size.columns].map(\.bitPattern)
          == expected[i * size.columns..<(i + 1) * size.columns].map(\.bitPattern), "row \(row)")
    }
  }

  @Test("parts that are finished cover every product once, after its last value")
  func finishedParts() throws {
    let factors = Factors(Size(rows: 40, columns: 300, inner: 20), Layout(left: true, right: true))
    // Each part is negated when it is finished: a value missed or met twice has the wrong sign.
    let result = try factors.product(on: Engine(threadCount: 1), adds: false) {
      result, rows, columns in
      for row in rows { for column in columns { result[row * 300 + column].negate() } }
    }
    #expect(try result == factors.definition(adds: false).map { -$0 })
  }
}

/// Factors of one product, as they lie in memory, and what is in C before.
private final class Factors {
  let size: MatrixProductTests.Size
  let layout: MatrixProductTests.Layout
  private let a, b, c: AlignedBuffer

  init(_ size: MatrixProductTests.Size, _ layout: MatrixProductTests.Layout) {
    (self.size, self.layout) = (size, layout)
    var random = RandomInputs(size.rows + 1000 * size.columns + 7 * size.inner)
    func filled(_ count: Int) -> AlignedBuffer {
      let buffer = AlignedBuffer(count: count)
      _ = buffer.values.update(fromContentsOf: random.normal(count))
      return buffer
    }
    a = filled(size.rows * size.inner)
    b = filled(size.columns * size.inner)
    c = filled(size.rows * size.columns)
  }

  private func side(_ factor: AlignedBuffer, extent: Int, inRows: Bool) throws -> ProductSide {
    let base = try #require(factor.values.baseAddress)
    return inRows
      ? ProductSide(rowsOf: base, stride: size.inner) : ProductSide(columnsOf: base, stride: extent)
  }

  func matrixProduct(into c: UnsafeMutablePointer<Float>, adds: Bool) throws -> MatrixProduct {
    MatrixProduct(
      try side(a, extent: size.rows, inRows: layout.left),
      try side(b, extent: size.columns, inRows: layout.right),
      into: c, rows: size.rows, columns: size.columns, inner: size.inner, adds: adds)
  }

  func plan() throws -> ProductPlan {
    ProductPlan(try matrixProduct(into: #require(c.values.baseAddress), adds: false))
  }

  /// What the engine makes of it; C is not a number before unless the product adds to it.
  func product(
    on engine: Engine, adds: Bool,
    finish: (UnsafeMutablePointer<Float>, Range<Int>, Range<Int>) -> Void = { _, _, _ in }
  ) throws -> [Float] {
    let result = AlignedBuffer(count: c.values.count)
    if adds {
      _ = result.values.update(fromContentsOf: c.values)
    } else {
      result.values.update(repeating: .nan)
    }
    let base = try #require(result.values.baseAddress)
    engine.multiply(
      OperationCost(.linear, .forward, values: 0), [try matrixProduct(into: base, adds: adds)]
    ) { finish(base, $1, $2) }
    return Array(result.values)
  }

  /// Some rows of what it is by definition, value by value.
  func definition(adds: Bool, rows: [Int]? = nil) throws -> [Float] {
    let length = try plan().blockLength
    let (a, b, c) = (a.values, b.values, c.values)
    return (rows ?? Array(0..<size.rows)).flatMap { row in
      (0..<size.columns).map { column in
        var total: Float? = adds ? c[row * size.columns + column] : nil
        for start in stride(from: 0, to: size.inner, by: length) {
          var sum: Float = 0
          for k in start..<min(start + length, size.inner) {
            let left = a[layout.left ? row * size.inner + k : k * size.rows + row]
            let right = b[layout.right ? column * size.inner + k : k * size.columns + column]
            sum = sum.addingProduct(left, right)
          }
          total = total.map { $0 + sum } ?? sum
        }
        return total ?? 0
      }
    }
  }
}
