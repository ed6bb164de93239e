// The film reviews of IMDb: whole documents, good or bad.
import RetortFiles
import RetortFormatting
import RetortTables

/// 25,000 reviews to learn from and 25,000 to be tested on, from `aclImdb` as it is published (`train/neg/0_3.txt`) or
/// from JSON lines with the keys `id`, `label` (neg or pos) and `text`. Both are read in the same order: first all that are negative,
/// then all that are positive, each by their numbers. Texts are kept as they are, `<br />` included.
///
/// There is no development set: models are evaluated on the test part, as Sanh et al. 2019 do (Table 2).
/// - Source: Maas et al. 2011; https://ai.stanford.edu/~amaas/data/sentiment/
public struct IMDbTask: BuiltInTask {
  public let name = "imdb"
  public let source =
    "download https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz and unpack it"
  public let layouts = [
    TaskLayout(folder: "aclImdb", files: [.train: "train", .dev: "test"]),
    TaskLayout(folder: "imdb", files: [.train: "train.jsonl", .dev: "test.jsonl"]),
  ]
  public let texts = ["text"]
  public let label = "label"
  public let classNames = ["negative", "positive"]
  public let writtenLabels = ["neg", "pos"]
  public let metrics = ["accuracy"]
  public let splitRemark: String? =
    "imdb has no development set: its test part is the dev split, as in Table 2 of Sanh et al. 2019"
  public let isEvaluatedOnTest = true
  /// Reviews in each of the two parts.
  private static let publishedCount = 25_000

  public init() {}

  public func read(_ split: DataSplit, path: String) throws(DataError) -> LabelledSentences {
    var reviews = Reviews(path: path)
    if Folder.exists(path: path) {
      try reviews.readFolder(writtenLabels)
    } else {
      try reviews.readLines(writtenLabels)
    }
    return try reviews.sentences(classNames, expected: Self.publishedCount)
  }
}

/// The reviews of one part, in the order in which they are found.
private struct Reviews {
  let path: String
  private var found: [(label: Int32, number: Int, text: String, place: String)] = []

  init(path: String) { self.path = path }

  mutating func readFolder(_ labels: [String]) throws(DataError) {
    var wrong = RowMistakes(path: path)
    for (label, name) in labels.enumerated() {
      let folder = "\(path)/\(name)"
      let names: [String]
      do { names = try Folder.names(path: folder) } catch {
        throw .file(error)
      }
      for file in names where !file.hasPrefix(".") {
        let parts = file.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[0]), number >= 0,
          parts[1].hasSuffix(".txt"), Int(parts[1].dropLast(4)) != nil
        else {
          wrong.add(.wrongFileName(folder: folder, expected: "NUMBER_STARS.txt", found: file))
          continue
        }
        do throws(DataError) {
          add(
            Int32(label), number, try Self.text(of: "\(folder)/\(file)"), "\(folder)/\(file)")
        } catch { wrong.add(error) }
      }
    }
    try wrong.throwIfAny()
  }

  private static func text(of path: String) throws(DataError) -> String {
    let bytes: [UInt8]
    do { bytes = try MappedFile.contents(path: path) } catch {
      throw .file(error)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .unreadable(path: path, reason: "not UTF-8; convert the file to UTF-8")
    }
    if text.allSatisfy(\.isWhitespace) { throw .blankSentence(path: path, line: 1) }
    return text
  }

  mutating func readLines(_ labels: [String]) throws(DataError) {
    do {
      var wrong = RowMistakes(path: path)
      var reader = try TableReader(path: path, format: .jsonl)
      try reader.choose(["id", "label", "text"])
      while let row = try wrong.reading({ try reader.next() }) {
        guard let number = Int(row.fields[0]), number >= 0 else {
          wrong.add(
            .wrongField(
              path: path, line: row.line, name: "id", expected: "a whole number from 0",
              found: row.fields[0]), line: row.line)
          continue
        }
        guard let label = labels.firstIndex(of: row.fields[1]) else {
          wrong.add(
            .wrongLabel(path: path, line: row.line, expected: labels, found: row.fields[1]),
            line: row.line)
          continue
        }
        if row.fields[2].allSatisfy(\.isWhitespace) {
          wrong.add(.blankSentence(path: path, line: row.line), line: row.line)
          continue
        }
        add(Int32(label), number, row.fields[2], "\(path):\(row.line)")
      }
      try wrong.throwIfAny()
    } catch let error as DataError {
      throw error
    } catch let error as TableError {
      throw .table(error)
    } catch let error as FileError {
      throw .file(error)
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  private mutating func add(_ label: Int32, _ number: Int, _ text: String, _ place: String) {
    found.append((label, number, text, place))
  }

  /// By label, then by number.
  func sentences(
    _ classNames: [String], expected: Int
  ) throws(DataError) -> LabelledSentences {
    let sorted = found.sorted { ($0.label, $0.number) < ($1.label, $1.number) }
    for (one, next) in zip(sorted, sorted.dropFirst())
    where (one.label, one.number) == (next.label, next.number) {
      throw .unreadable(
        path: next.place,
        reason: "the number \(next.number) is that of \(one.place) too; keep one of them")
    }
    guard !sorted.isEmpty else { throw .empty(path: path, expected: "reviews") }
    let remark =
      "\(path): \(sorted.count.grouped) reviews, the published part has \(expected.grouped); results may "
      + "differ from published ones"
    return LabelledSentences(
      sentences: sorted.map(\.text), labels: sorted.map(\.label), classNames: classNames,
      remarks: sorted.count == expected ? [] : [remark])
  }
}
