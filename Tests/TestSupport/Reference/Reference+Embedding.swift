extension Reference {
  /// y[t] = words[ids[t]] + positions[place of t in its sequence] (+ types[type of t]).
  public static func embedding(
    ids: [Int32], offsets: [Int32], words: Matrix, positions: Matrix, types: Matrix?,
    typeIDs: [Int]? = nil
  ) -> Matrix {
    var y = Matrix(ids.count, words.columns)
    for n in offsets.indices.dropLast() {
      for t in Int(offsets[n])..<Int(offsets[n + 1]) {
        for c in 0..<words.columns {
          y[t, c] =
            words[Int(ids[t]), c] + positions[t - Int(offsets[n]), c]
            + (types?[typeIDs?[t] ?? 0, c] ?? 0)
        }
      }
    }
    return y
  }
}
