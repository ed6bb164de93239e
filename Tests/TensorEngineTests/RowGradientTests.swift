import RetortTestSupport
import Testing

@testable import RetortTensorEngine

/// A gradient of some rows reads as the whole table would, whatever the width of a row and however many came before.
@Suite("Gradients of rows")
struct RowGradientTests {
  private static let rows = 150

  /// Step after step: some rows, some of them twice and in two portions, written as the table's are.
  @Test("values and sums of squares are those of the whole table", arguments: [1, 3, 16, 24, 100])
  func sameAsTheTable(columns: Int) {
    let gradient = RowGradient(rows: Self.rows, columns: columns)
    var inputs = RandomInputs(columns)
    for touches in [1, 5, 40, 3, 120, 0, 60] {
      var table = [Float](repeating: 0, count: Self.rows * columns)
      gradient.clear()
      let ids = inputs.integers(touches, below: Self.rows)
      for portion in [ids.prefix(touches / 2), ids.suffix(touches / 3)] {
        Array(portion).withUnsafeBufferPointer(gradient.touch)
        for id in portion {
          for (column, value) in inputs.normal(columns).enumerated() {
            gradient.row(Int(id))[column] += value
            table[Int(id) * columns + column] += value
          }
        }
      }
      let touched = Set(ids.prefix(touches / 2) + ids.suffix(touches / 3))
      #expect(Set(gradient.touchedRows) == touched)
      #expect(gradient.touchedRows.count == touched.count, "no row has two places")
      check(gradient, is: table)
    }
  }

  private func check(_ gradient: RowGradient, is table: [Float]) {
    let columns = gradient.columns
    for row in 0..<Self.rows {
      let values = UnsafeBufferPointer(start: gradient.row(row), count: columns)
      #expect(Array(values) == Array(table[row * columns..<(row + 1) * columns]))
    }
    // As a sweep cuts the table: borders of vectors, wherever rows end.
    for size in [16, 112, 4096] {
      for start in stride(from: 0, to: table.count, by: size) {
        let range = start..<min(start + size, table.count)
        let expected = table.withUnsafeBufferPointer { table in
          table.baseAddress.map { RowKernels.dot($0 + start, $0 + start, range.count) }
        }
        #expect(gradient.sumOfSquares(of: range).bitPattern == expected?.bitPattern)
        var seen = start
        gradient.forEachRow(of: range) { part, values in
          #expect(part.lowerBound == seen)
          #expect(
            Array(UnsafeBufferPointer(start: values, count: part.count)) == Array(table[part]))
          seen = part.upperBound
        }
        #expect(seen == range.upperBound)
      }
    }
    var whole = [Float](repeating: 0, count: table.count)
    whole.withUnsafeMutableBufferPointer { whole in
      if let base = whole.baseAddress { gradient.write(to: base) }
    }
    #expect(whole == table)
  }
}
