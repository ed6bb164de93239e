import Foundation

extension Reference {
  /// Attention of the selected rows: q [R, C], k, v [T, C] → o [R, C].
  /// - Parameters:
  ///   - offsets: [N + 1], where each sequence begins among the T rows.
  ///   - rows: [R], the packed rows that the queries are.
  ///   - dropout: for (sequence, head, position of the query): what each probability is multiplied by.
  public static func attention(
    query: Matrix, key: Matrix, value: Matrix, offsets: [Int32], rows: [Int32], headCount: Int,
    dropout: ((_ sequence: Int, _ head: Int, _ position: Int) -> [Double])? = nil
  ) -> Matrix {
    let size = query.columns / headCount
    var output = Matrix(query.rows, query.columns)
    for (r, row) in rows.enumerated() {
      guard let n = offsets.indices.dropLast().last(where: { offsets[$0] <= row }) else { continue }
      let (first, end) = (Int(offsets[n]), Int(offsets[n + 1]))
      for head in 0..<headCount {
        let columns = head * size..<(head + 1) * size
        let scores = (first..<end).map { t in
          columns.reduce(0) { $0 + query[r, $1] * key[t, $1] } / Double(size).squareRoot()
        }
        var p = softmax(scores)
        if let dropout {
          p = zip(p, dropout(n, head, Int(row) - first)).map { $0 * $1 }
        }
        for c in columns {
          output[r, c] = (first..<end).reduce(0) { $0 + p[$1 - first] * value[$1, c] }
        }
      }
    }
    return output
  }

  static func softmax(_ x: [Double]) -> [Double] {
    let e = x.map { exp($0 - (x.max() ?? 0)) }
    let total = e.reduce(0, +)
    return e.map { $0 / total }
  }

  static func logSoftmax(_ x: [Double]) -> [Double] {
    let highest = x.max() ?? 0
    let logTotal = log(x.reduce(0) { $0 + exp($1 - highest) }) + highest
    return x.map { $0 - logTotal }
  }
}
