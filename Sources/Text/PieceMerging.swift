/// Merging of neighbouring pieces, the most frequent pair first.

/// Counts of pairs are kept up to date word by word; the heap may hold outdated entries, which are
/// put right when they come to the top.
struct PieceMerging {
  private struct Pair: Hashable {
    let left: Int32
    let right: Int32
  }
  private struct Candidate {
    let count: Int
    let pair: Pair

    /// The more frequent first; of two alike, the one whose tokens came first.
    func precedes(_ other: Candidate) -> Bool {
      if count != other.count { return count > other.count }
      return (pair.left, pair.right) < (other.pair.left, other.pair.right)
    }
  }

  private(set) var tokens: [String]
  private var ids: [String: Int32] = [:]
  private var words: [(pieces: [Int32], count: Int)] = []
  private var pairCounts: [Pair: Int] = [:]
  /// Words that contain a pair or did so once.
  private var places: [Pair: [Int32]] = [:]
  private var heap: [Candidate] = []

  init(alphabet: [Unicode.Scalar]) {
    tokens =
      Vocabulary.specialTokens + alphabet.map { String($0) }
      + alphabet.map { Vocabulary.continuationPrefix + String($0) }
    for (id, token) in tokens.enumerated() { ids[token] = Int32(id) }
  }

  /// A word with a character outside the alphabet is left out.
  mutating func add(word: String, count: Int) {
    var pieces: [Int32] = []
    for scalar in word.unicodeScalars {
      let prefix = pieces.isEmpty ? "" : Vocabulary.continuationPrefix
      guard let id = ids[prefix + String(scalar)] else { return }
      pieces.append(id)
    }
    let index = Int32(words.count)
    words.append((pieces, count))
    for (left, right) in zip(pieces, pieces.dropFirst()) {
      change(Pair(left: left, right: right), by: count, in: index)
    }
  }

  mutating func run(size: Int, minimumFrequency: Int) {
    for (pair, count) in pairCounts { push(Candidate(count: count, pair: pair)) }
    while tokens.count < size, let top = pop() {
      let count = pairCounts[top.pair] ?? 0
      guard count == top.count else {
        if count > 0 { push(Candidate(count: count, pair: top.pair)) }
        continue
      }
      guard count >= minimumFrequency else { break }
      merge(top.pair)
    }
  }

  private mutating func merge(_ pair: Pair) {
    let token = tokens[Int(pair.left)] + tokens[Int(pair.right)].dropFirst(2)
    let merged: Int32
    if let known = ids[token] {
      merged = known  // the same spelling reached by other pieces
    } else {
      merged = Int32(tokens.count)
      ids[token] = merged
      tokens.append(token)
    }
    var changed: Set<Pair> = []
    for index in places.removeValue(forKey: pair) ?? [] {
      let (old, count) = words[Int(index)]
      let new = Self.replacing(pair, by: merged, in: old)
      guard new.count < old.count else { continue }
      words[Int(index)].pieces = new
      for (left, right) in zip(old, old.dropFirst()) {
        change(Pair(left: left, right: right), by: -count, in: nil)
      }
      for (left, right) in zip(new, new.dropFirst()) {
        let neighbour = Pair(left: left, right: right)
        change(neighbour, by: count, in: left == merged || right == merged ? index : nil)
        if left == merged || right == merged { changed.insert(neighbour) }
      }
    }
    pairCounts[pair] = nil
    for neighbour in changed {
      if let count = pairCounts[neighbour] { push(Candidate(count: count, pair: neighbour)) }
    }
  }

  private static func replacing(_ pair: Pair, by merged: Int32, in pieces: [Int32]) -> [Int32] {
    var result: [Int32] = []
    var place = 0
    while place < pieces.count {
      if place + 1 < pieces.count, pieces[place] == pair.left, pieces[place + 1] == pair.right {
        result.append(merged)
        place += 2
      } else {
        result.append(pieces[place])
        place += 1
      }
    }
    return result
  }

  private mutating func change(_ pair: Pair, by count: Int, in word: Int32?) {
    pairCounts[pair, default: 0] += count
    if let word { places[pair, default: []].append(word) }
  }

  private mutating func push(_ candidate: Candidate) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func pop() -> Candidate? {
    guard let top = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return top }
    heap[0] = last
    var parent = 0
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].precedes(heap[best]) {
        best = child
      }
      if best == parent { return top }
      heap.swapAt(parent, best)
      parent = best
    }
  }
}
