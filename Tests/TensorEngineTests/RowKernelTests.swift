import Foundation
import RetortTestSupport
import Testing

@testable import RetortTensorEngine

/// Reductions over rows of every length around the vector width.
@Suite struct RowKernelTests {
  private static let counts = Array(1...50) + [63, 64, 65, 100, 127, 512, 1000, 30522]

  @Test("sum, dot product and maximum", arguments: counts)
  func reductions(count: Int) {
    var random = RandomInputs(count)
    let x = random.normal(count, mean: 0.5)
    let y = random.normal(count)
    let tolerance = Tolerance(
      relative: 1e-5, absolute: 1e-6 * Double(count).squareRoot(),
      because: "float32 sum in sixteen lanes")
    expectClose([RowKernels.sum(x, count)], [x.reduce(0.0) { $0 + Double($1) }], tolerance)
    let dot = zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    // A dot product of random signs may come out near zero: the tolerance is that of its terms.
    #expect((Double(RowKernels.dot(x, y, count)) - dot).magnitude <= 2 * tolerance.absolute)
    #expect(RowKernels.maximum(x, count) == x.max())
    #expect(
      RowKernels.maximum(x.map { -$0.magnitude - 1 }, count) == x.map { -$0.magnitude - 1 }.max())
  }

  @Test("nothing beyond a row is read into its result or written", arguments: 1...33)
  func borders(count: Int) {
    // Not-a-number behind the row would spoil any sum that took it in.
    var x = [Float](repeating: .nan, count: count + 32)
    for i in 0..<count { x[i] = Float(i + 1) }
    let y = x
    #expect(RowKernels.sum(x, count) == Float(count * (count + 1) / 2))
    #expect(RowKernels.dot(x, y, count).isFinite)
    #expect(RowKernels.maximum(x, count) == Float(count))
    RowKernels.add(y, to: &x, count)
    RowKernels.scale(&x, by: 0.5, count)
    #expect(Array(x.prefix(count)) == (1...count).map(Float.init))
    #expect(x.dropFirst(count).allSatisfy { $0.isNaN })
    RowKernels.softmax(&x, count)
    #expect(x.prefix(count).allSatisfy { $0 >= 0 && $0 <= 1 })
    #expect(x.dropFirst(count).allSatisfy { $0.isNaN })
  }

  @Test("softmax", arguments: [1, 2, 13, 16, 17, 100, 512])
  func softmax(count: Int) {
    var random = RandomInputs(count)
    var x = random.normal(count, scale: 3, mean: 50)
    let e = x.map { exp(Double($0) - 50) }
    let total = e.reduce(0, +)
    RowKernels.softmax(&x, count)
    expectClose(
      x, e.map { $0 / total },
      Tolerance(relative: 1e-6, absolute: 0, because: "exp within 2 ulp, a float32 sum"))
  }

  @Test("softmax keeps a not-a-number")
  func softmaxOfNotANumber() {
    var x: [Float] = [1, .nan, 3]
    RowKernels.softmax(&x, 3)
    #expect(x.allSatisfy { $0.isNaN })
  }

  @Test("sums down columns", arguments: [1, 15, 16, 63, 64, 65, 100, 133], [1, 7])
  func columnSums(columns: Int, rows: Int) {
    var random = RandomInputs(columns)
    let (x, y) = (random.normal(rows * columns), random.normal(rows * columns))
    let start = random.normal(columns)
    let tolerance = Tolerance(relative: 1e-6, absolute: 1e-6, because: "float32 sum of 7 terms")
    for adds in [false, true] {
      var (sums, products) = (start, start)
      ColumnKernels.addColumnSums(
        of: x, rows: rows, stride: columns, columns: 0..<columns, to: &sums, adds: adds)
      ColumnKernels.addColumnProducts(
        of: x, y, rows: rows, stride: columns, columns: 0..<columns, to: &products, adds: adds)
      let base = start.map { adds ? Double($0) : 0 }
      let indices = (0..<columns).map { c in (0..<rows).map { $0 * columns + c } }
      expectClose(
        sums, (0..<columns).map { c in indices[c].reduce(base[c]) { $0 + Double(x[$1]) } },
        tolerance)
      expectClose(
        products,
        (0..<columns).map { c in
          indices[c].reduce(base[c]) { $0 + Double(x[$1]) * Double(y[$1]) }
        }, tolerance)
    }
  }
}
