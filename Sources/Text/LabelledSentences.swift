/// Sentences of a classification task, read from GLUE's own files.
import RetortFiles

/// The tasks whose files can be read.
public enum GLUETask: String, Sendable, CaseIterable {
  /// Stanford Sentiment Treebank, binary. Source: Socher et al. 2013; Wang et al. 2018.
  case sst2 = "glue/sst2"

  /// A class's label in the files is its place here.
  public var classNames: [String] {
    switch self {
    case .sst2: ["negative", "positive"]
    }
  }

  /// The task's folder under `data/glue`.
  public var folder: String {
    switch self {
    case .sst2: "SST-2"
    }
  }
}

/// The parts of a data set.
public enum DataSplit: String, Sendable, CaseIterable {
  case train, dev, test
  public var fileName: String { "\(rawValue).tsv" }
}

/// N sentences, with their classes unless the split is GLUE's unlabelled test.
public struct LabelledSentences: Sendable {
  public let sentences: [String]
  /// Class of each sentence, [N]; nil for the test split.
  public let labels: [Int32]?
  public let classNames: [String]
  /// SHA-256 of the file, or of sentences and labels if they come from none.
  public let digest: String

  public var count: Int { sentences.count }

  /// - Parameter labels: [N], each below the number of classes.
  public init(sentences: [String], labels: [Int32]?, classNames: [String]) {
    precondition(labels.map { $0.count == sentences.count } ?? true, "a label for each sentence")
    precondition(
      labels?.allSatisfy { classNames.indices.contains(Int($0)) } ?? true, "labels are classes")
    self.sentences = sentences
    self.labels = labels
    self.classNames = classNames
    var sum = SHA256()
    for (index, sentence) in sentences.enumerated() {
      sum.update("\(sentence)\t\(labels.map { String($0[index]) } ?? "")\n")
    }
    digest = sum.hexDigest()
  }

  /// Reads one split of a task.
  ///
  /// Train and dev: the header `sentence<TAB>label`, then one row a sentence. Test: the header
  /// `index<TAB>sentence`, rows numbered from 0. Sentences are kept as they are, without trimming;
  /// quotation marks mean nothing.
  /// - Parameter hasHeader: false for a file of rows alone.
  public init(
    task: GLUETask, split: DataSplit, path: String, hasHeader: Bool = true
  ) throws(DataError) {
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    var rows = RowReader(file.bytes.bindMemory(to: UInt8.self), path: path)
    if hasHeader {
      let header = split == .test ? "index\tsentence" : "sentence\tlabel"
      guard let first = try rows.next() else {
        throw .empty(path: path, expected: "the header '\(DataError.visible(header))' and rows")
      }
      guard first == header else {
        throw .wrongHeader(path: path, expected: header, found: String(first.prefix(60)))
      }
    }

    var sentences: [String] = []
    var labels: [Int32] = []
    let expected = split == .test ? "index and sentence" : "sentence and label"
    while let row = try rows.next() {
      guard let tab = row.utf8.firstIndex(of: UInt8(ascii: "\t")) else {
        throw .missingTab(
          path: path, row: rows.row, column: Self.column(row.endIndex, in: row), expected: expected)
      }
      let after = row.utf8.index(after: tab)
      if let another = row[after...].utf8.firstIndex(of: UInt8(ascii: "\t")) {
        throw .extraTab(
          path: path, row: rows.row, column: Self.column(another, in: row), expected: expected)
      }
      let (left, right) = (row[..<tab], row[after...])
      let (sentence, other) = split == .test ? (right, left) : (left, right)
      if sentence.utf8.allSatisfy({ $0 == UInt8(ascii: " ") }) {
        throw .blankSentence(
          path: path, row: rows.row, column: Self.column(sentence.startIndex, in: row))
      }
      sentences.append(String(sentence))
      if split == .test {
        guard Int(other) == sentences.count - 1 else {
          throw .wrongIndex(
            path: path, row: rows.row, column: 1, expected: sentences.count - 1,
            found: String(other))
        }
      } else {
        guard let label = Int32(other), task.classNames.indices.contains(Int(label)) else {
          throw .wrongLabel(
            path: path, row: rows.row, column: Self.column(after, in: row),
            expected: task.classNames.indices.map { String($0) }, found: String(other))
        }
        labels.append(label)
      }
    }
    guard !sentences.isEmpty else {
      throw .empty(path: path, expected: hasHeader ? "rows after the header" : "rows")
    }
    self.sentences = sentences
    self.labels = split == .test ? nil : labels
    classNames = task.classNames
    digest = withExtendedLifetime(file) { SHA256.hexDigest(of: file.bytes) }
  }

  private static func column(_ place: String.Index, in row: String) -> Int {
    row.unicodeScalars.distance(from: row.startIndex, to: place) + 1
  }
}

/// Cuts a file into rows, checking each one's UTF-8.
private struct RowReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let path: String
  private var place = 0
  /// The number of the row that was read last, from 1.
  private(set) var row = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, path: String) {
    (self.bytes, self.path) = (bytes, path)
  }

  mutating func next() throws(DataError) -> String? {
    guard place < bytes.count else { return nil }
    row += 1
    let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    var line = bytes[place..<end]
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    do {
      try UTF8Validation.check(UnsafeBufferPointer(rebasing: line))
    } catch {
      let before = String(decoding: line.prefix(error.byteOffset), as: UTF8.self)
      throw .invalidUTF8(
        path: path, row: row, column: before.unicodeScalars.count + 1,
        byteOffset: place + error.byteOffset)
    }
    place = end + 1
    return String(decoding: line, as: UTF8.self)
  }
}
