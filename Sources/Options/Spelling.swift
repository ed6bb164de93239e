// The nearest right spelling of a mistyped name.

public enum Spelling {
  /// The candidate fewest edits away from `word`, when that is near enough to be meant: at most
  /// two edits, or a third of the word's length for long ones. Ties go to the first candidate.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    let limit = max(2, word.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = editDistance(word, candidate)
      guard distance <= limit, distance < max(word.count, candidate.count) else { continue }
      if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`
  /// (optimal string alignment, Damerau 1964), upper and lower case and `-` and `_` alike.
  public static func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.lowercased().map { $0 == "-" ? "_" : $0 })
    let b = Array(b.lowercased().map { $0 == "-" ? "_" : $0 })
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var rows = [Array(0...b.count)]
    for i in 1...a.count {
      var row = [i]
      for j in 1...b.count {
        let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        var least = min(rows[i - 1][j] + 1, row[j - 1] + 1, replaced)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          least = min(least, rows[i - 2][j - 2] + 1)
        }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }

  /// "did you mean 'x'?" or the list of what is possible.
  public static func advice(for word: String, among candidates: [String]) -> String {
    if let name = nearest(to: word, among: candidates) { return "did you mean '\(name)'?" }
    if candidates.isEmpty { return "there is none to choose from" }
    return "possible here: \(candidates.listed)"
  }
}
