// Fewer training examples than a task has: whole sentences set aside, and a sample of the rest.
import RetortFiles
import RetortFormatting

/// A sample of a training set. Which examples are in it depends on the texts and the seed, not on the order of the file,
/// and a smaller sample is a part of a larger one with the same seed, unless it is stratified.
public struct LabelSample: Sendable, Hashable {
  public enum Unit: String, Sendable, CaseIterable {
    /// Texts that are contiguous parts of no other text of the training set. Rows of the same words are one.
    case sentences
    case rows
  }

  /// Of units; nil for all of them.
  public var count: Int?
  public var unit: Unit
  public var seed: UInt64
  /// Whether every class has its share of the sample.
  public var isStratified: Bool

  public init(count: Int?, unit: Unit, seed: UInt64, isStratified: Bool = false) {
    precondition(count ?? 1 > 0, "a sample of \(count ?? 0)")
    (self.count, self.unit, self.seed) = (count, unit, seed)
    self.isStratified = isStratified
  }
}

/// Whole sentences that are taken out of the training set and join the development set.
public struct SentenceHoldOut: Sendable, Hashable {
  public var sentences: Int
  /// Shorter ones stay.
  public var leastWords: Int
  public var seed: UInt64
  /// Whether rows that are contiguous parts of a sentence that is held out leave the training set too.
  public var dropsParts: Bool

  public init(sentences: Int, leastWords: Int = 1, seed: UInt64, dropsParts: Bool = true) {
    precondition(sentences > 0, "\(sentences) sentences held out")
    (self.sentences, self.leastWords, self.seed) = (sentences, leastWords, seed)
    self.dropsParts = dropsParts
  }
}

/// What a task takes of its training set. Sentences are held out first.
public struct TaskSelection: Sendable, Hashable {
  public var labels: LabelSample?
  public var holdOut: SentenceHoldOut?

  public init(labels: LabelSample? = nil, holdOut: SentenceHoldOut? = nil) {
    (self.labels, self.holdOut) = (labels, holdOut)
  }

  public var isEmpty: Bool { labels == nil && holdOut == nil }

  /// Whether it looks at sentences, which pairs of texts are not.
  public var readsSentences: Bool { holdOut != nil || labels?.unit == .sentences }
}

/// The training and the development set that a selection leaves, and how they came about.
public struct SelectedExamples: Sendable {
  public let training: LabelledSentences
  public let development: LabelledSentences
  public let account: SelectionAccount
}

/// How many examples a selection began with, took and left.
public struct SelectionAccount: Sendable, Equatable {
  /// Examples, and how many of them each class has; no class of a regression.
  public struct Count: Sendable, Equatable {
    public var examples: Int
    public var classes: [(name: String, count: Int)]

    public static func == (a: Count, b: Count) -> Bool {
      a.examples == b.examples && a.classes.elementsEqual(b.classes, by: ==)
    }

    init(_ sentences: LabelledSentences, _ rows: [Int]? = nil) {
      let labels = sentences.labels.map { labels in
        rows.map { rows in rows.map { labels[$0] } } ?? labels
      }
      examples = rows?.count ?? sentences.count
      var counts = sentences.classNames.map { _ in 0 }
      for label in labels ?? [] { counts[Int(label)] += 1 }
      classes = labels == nil ? [] : zip(sentences.classNames, counts).map { ($0, $1) }
    }

    /// `1,000 (negative 480, positive 520)`
    var words: String {
      let parts = classes.map { "\($0.name) \($0.count.grouped)" }
      return examples.grouped + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
    }
  }

  /// The training set as the files have it.
  public var before: Count
  /// The training set that is left.
  public var after: Count
  /// One line each, in the order in which things are done.
  public var lines: [String]
}

/// What a selection asks for and the examples do not have; all of it.
public struct TaskSelectionError: Error, Equatable {
  public struct Problem: Sendable, Equatable {
    /// Below the task: `hold_out.sentences`.
    public let key: String
    public let text: String

    public init(key: String, text: String) { (self.key, self.text) = (key, text) }
  }

  public let problems: [Problem]
}

// MARK: - Selecting

extension TaskSelection {
  /// - Parameters:
  ///   - training: labelled, all rows of the task's training set.
  ///   - development: labelled; what is held out is put behind it.
  /// - Throws: what cannot be had of these examples.
  public func applied(
    to training: LabelledSentences, _ development: LabelledSentences
  ) throws(TaskSelectionError) -> SelectedExamples {
    precondition(!readsSentences || training.secondSentences == nil, "pairs have no sentences")
    var selecting = Selecting(training, readsSentences ? PhraseIndex(training.sentences) : nil)
    var development = development
    if let holdOut {
      let held = selecting.holdOut(holdOut)
      development = development.followed(by: training.rows(held))
      selecting.note(development: development, held: held.count)
    }
    if let labels { selecting.sample(labels) }
    guard selecting.problems.isEmpty else {
      throw TaskSelectionError(problems: selecting.problems)
    }
    return SelectedExamples(
      training: training.rows(selecting.rows), development: development,
      account: SelectionAccount(
        before: .init(training), after: .init(training, selecting.rows), lines: selecting.lines))
  }
}

/// A selection on its way.
private struct Selecting {
  let training: LabelledSentences
  let index: PhraseIndex?
  /// Rows that are left.
  var rows: [Int]
  var lines: [String] = []
  var problems: [TaskSelectionError.Problem] = []

  init(_ training: LabelledSentences, _ index: PhraseIndex?) {
    (self.training, self.index) = (training, index)
    rows = Array(0..<training.count)
    lines = ["training set: \(SelectionAccount.Count(training).words)"]
  }

  mutating func report(_ key: String, _ text: String) {
    problems.append(.init(key: key, text: text))
  }

  // MARK: Held out

  /// Takes sentences and what is part of them out of the rows.
  /// - Returns: the first row of each sentence, in the order of the rows.
  mutating func holdOut(_ rule: SentenceHoldOut) -> [Int] {
    guard let index else { return [] }
    let candidates = index.wholeTexts.filter { index.wordCount(of: $0) >= rule.leastWords }
    guard rule.sentences <= candidates.count else {
      report(
        "hold_out.sentences",
        "expected at most \(candidates.count.grouped), the whole sentences of \(rule.leastWords) words or more, found "
          + "\(rule.sentences.grouped); write a smaller number"
          + (rule.leastWords > 1 ? ", or a smaller least_words" : ""))
      return []
    }
    let held = ordered(candidates.map { index.firstRows[$0] }, "hold out", rule.seed)
      .prefix(rule.sentences).map { index.textOfRow[$0] }
    let gone = rule.dropsParts ? Set(held.flatMap(index.parts(of:))) : Set(held)
    let left = rows.filter { !gone.contains(index.textOfRow[$0]) }
    checkClasses(
      of: left, after: rows, "hold_out",
      left.isEmpty
        ? "no training example is left; hold out fewer sentences" : nil,
      advice: "hold out fewer sentences, or write another seed")
    let what = rule.dropsParts ? "are these sentences or parts of them" : "are these sentences"
    lines.append(
      "hold_out: \(rule.sentences.grouped) of \(candidates.count.grouped) whole sentences of \(rule.leastWords) words or more; "
        + "\((rows.count - left.count).grouped) rows that \(what) leave the training set, which keeps "
        + SelectionAccount.Count(training, left).words)
    rows = left
    return held.map { index.firstRows[$0] }.sorted()
  }

  mutating func note(development: LabelledSentences, held: Int) {
    lines.append(
      "development set: \(SelectionAccount.Count(development).words), the last \(held.grouped) of them held out"
    )
  }

  // MARK: Sampled

  mutating func sample(_ rule: LabelSample) {
    var units = rows
    if rule.unit == .sentences, let index {
      let whole = Set(index.wholeTexts)
      units = rows.filter {
        whole.contains(index.textOfRow[$0]) && index.firstRows[index.textOfRow[$0]] == $0
      }
      noteConflicts(of: units, index)
    }
    let noun = rule.unit == .sentences ? "whole sentences" : "rows"
    let count = rule.count ?? units.count
    guard count <= units.count, count > 0 else {
      if problems.isEmpty {
        report(
          "labels.count",
          "expected at most \(units.count.grouped), the \(noun) that there are, found \(count.grouped); write a smaller number"
        )
      }
      return
    }
    let chosen = rule.isStratified ? stratified(units, count, rule) : uniform(units, count, rule)
    checkClasses(
      of: chosen, after: rows, "labels", nil,
      advice: rule.isStratified
        ? "write a larger count" : "write stratified: true, a larger count or another seed")
    lines.append(
      "labels: \(count.grouped) of \(units.count.grouped) \(noun) are kept: "
        + SelectionAccount.Count(training, chosen).words)
    rows = chosen
  }

  private func uniform(_ units: [Int], _ count: Int, _ rule: LabelSample) -> [Int] {
    ordered(units, "labels", rule.seed).prefix(count).sorted()
  }

  /// Of each class its share, the largest remainders rounded up, and at least one where there is room for all.
  private func stratified(_ units: [Int], _ count: Int, _ rule: LabelSample) -> [Int] {
    guard let labels = training.labels else { return uniform(units, count, rule) }
    let classes = Dictionary(grouping: units) { labels[$0] }.sorted { $0.key < $1.key }
    let least = count >= classes.count ? 1 : 0
    var shares = classes.map { (units: $0.value, taken: $0.value.count * count / units.count) }
    for place in shares.indices { shares[place].taken = max(least, shares[place].taken) }
    func remainder(_ place: Int) -> Int {
      shares[place].units.count * count - shares[place].taken * units.count
    }
    while true {
      let taken = shares.reduce(0) { $0 + $1.taken }
      let order = shares.indices.sorted { (remainder($0), $1) > (remainder($1), $0) }
      if taken < count, let most = order.first(where: { shares[$0].taken < shares[$0].units.count })
      {
        shares[most].taken += 1
      } else if taken > count, let least = order.last(where: { shares[$0].taken > least }) {
        shares[least].taken -= 1
      } else {
        break
      }
    }
    return shares.flatMap { ordered($0.units, "labels", rule.seed).prefix($0.taken) }.sorted()
  }

  /// Says how many sentences there are twice with different labels.
  private mutating func noteConflicts(of units: [Int], _ index: PhraseIndex) {
    guard let labels = training.labels else { return }
    let first = Dictionary(uniqueKeysWithValues: units.map { (index.textOfRow[$0], labels[$0]) })
    let conflicting = Set(
      rows.filter { row in first[index.textOfRow[row]].map { $0 != labels[row] } ?? false }
        .map { index.textOfRow[$0] })
    guard !conflicting.isEmpty else { return }
    lines.append(
      "\(conflicting.count) whole sentence\(conflicting.count == 1 ? " has rows" : "s have rows") with different "
        + "labels; the first row counts")
  }

  // MARK: Both

  /// Rows in the order of the hashes of their texts; `purpose` keeps choices with the same seed apart.
  private func ordered(_ rows: [Int], _ purpose: String, _ seed: UInt64) -> [Int] {
    rows.map { row in
      let text = training.sentences[row]
      let whole = training.secondSentences.map { "\(text.utf8.count) \(text)\n\($0[row])" } ?? text
      return (hash: SHA256.hexDigest(of: "\(purpose) \(seed)\n\(whole)"), row: row)
    }
    .sorted { ($0.hash, $0.row) < ($1.hash, $1.row) }.map(\.row)
  }

  /// Reports classes that are gone, or `nothingLeft`.
  private mutating func checkClasses(
    of left: [Int], after before: [Int], _ key: String, _ nothingLeft: String?, advice: String
  ) {
    if let nothingLeft { return report(key, nothingLeft) }
    guard let labels = training.labels else { return }
    let gone = Set(before.map { labels[$0] }).subtracting(left.map { labels[$0] }).sorted()
    guard !gone.isEmpty else { return }
    let names = gone.map { "'\(training.classNames[Int($0)])'" }.listed
    report(
      key,
      "expected examples of every class, found none of \(names) in the \(left.count.grouped) that are left; \(advice)"
    )
  }
}

extension LabelledSentences {
  /// The examples at `places`, in that order.
  public func rows(_ places: [Int]) -> LabelledSentences {
    let texts = places.map { sentences[$0] }
    let seconds = secondSentences.map { second in places.map { second[$0] } }
    switch kind {
    case .classification:
      return LabelledSentences(
        sentences: texts, secondSentences: seconds,
        labels: labels.map { labels in places.map { labels[$0] } }, classNames: classNames)
    case .regression:
      return LabelledSentences(
        sentences: texts, secondSentences: seconds,
        numbers: numbers.map { numbers in places.map { numbers[$0] } })
    }
  }

  /// The examples, and behind them those of another set of the same task.
  func followed(by other: LabelledSentences) -> LabelledSentences {
    precondition(classNames == other.classNames, "the classes of two tasks")
    let texts = sentences + other.sentences
    let seconds = secondSentences.map { $0 + (other.secondSentences ?? []) }
    switch kind {
    case .classification:
      return LabelledSentences(
        sentences: texts, secondSentences: seconds,
        labels: labels.map { $0 + (other.labels ?? []) },
        classNames: classNames)
    case .regression:
      return LabelledSentences(
        sentences: texts, secondSentences: seconds,
        numbers: numbers.map { $0 + (other.numbers ?? []) })
    }
  }
}
