/// Sentences of a classification task, read from GLUE's own files.
import RetortFiles
import RetortTables

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

/// N sentences or pairs of them, with their classes unless the split is GLUE's unlabelled test.
public struct LabelledSentences: Sendable {
  public let sentences: [String]
  /// The second sentence of each pair, [N]; nil for single sentences.
  public let secondSentences: [String]?
  /// Class of each sentence, [N]; nil for the test split.
  public let labels: [Int32]?
  public let classNames: [String]
  /// SHA-256 of the file, or of sentences and labels if they come from none.
  public let digest: String

  public var count: Int { sentences.count }

  /// - Parameters:
  ///   - secondSentences: [N]; nil for single sentences.
  ///   - labels: [N], each below the number of classes.
  public init(
    sentences: [String], secondSentences: [String]? = nil, labels: [Int32]?, classNames: [String]
  ) {
    precondition(
      secondSentences.map { $0.count == sentences.count } ?? true, "a second text for each sentence"
    )
    precondition(labels.map { $0.count == sentences.count } ?? true, "a label for each sentence")
    precondition(
      labels?.allSatisfy { classNames.indices.contains(Int($0)) } ?? true, "labels are classes")
    self.sentences = sentences
    self.secondSentences = secondSentences
    self.labels = labels
    self.classNames = classNames
    var sum = SHA256()
    for (index, sentence) in sentences.enumerated() {
      if let second = secondSentences?[index] { sum.update("\(second.utf8.count)\t\(second)\t") }
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
    let names = split == .test ? ["index", "sentence"] : ["sentence", "label"]
    let (sentencePlace, otherPlace) = split == .test ? (1, 0) : (0, 1)
    var sentences: [String] = []
    var labels: [Int32] = []
    do {
      var reader = try TableReader(path: path, format: .tsv, hasHeader: hasHeader)
      guard reader.columns == names || !hasHeader && reader.columns.count == names.count else {
        throw DataError.wrongHeader(
          path: path, expected: names.joined(separator: "\t"),
          found: String(reader.columns.joined(separator: "\t").prefix(60)))
      }
      while let row = try reader.next() {
        let (sentence, other) = (row.fields[sentencePlace], row.fields[otherPlace])
        if sentence.utf8.allSatisfy({ $0 == UInt8(ascii: " ") }) {
          throw DataError.blankSentence(path: path, line: row.line)
        }
        sentences.append(sentence)
        if split == .test {
          guard Int(other) == sentences.count - 1 else {
            throw DataError.wrongIndex(
              path: path, line: row.line, expected: sentences.count - 1, found: other)
          }
        } else {
          guard let label = Int32(other), task.classNames.indices.contains(Int(label)) else {
            throw DataError.wrongLabel(
              path: path, line: row.line, expected: task.classNames.indices.map { String($0) },
              found: other)
          }
          labels.append(label)
        }
      }
    } catch let error as DataError {
      throw error
    } catch let error as TableError {
      throw .table(error)
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    guard !sentences.isEmpty else {
      throw .table(.empty(path: path, expected: hasHeader ? "rows after the header" : "rows"))
    }
    self.sentences = sentences
    secondSentences = nil
    self.labels = split == .test ? nil : labels
    classNames = task.classNames
    do {
      digest = try SHA256.hexDigest(ofFile: path)
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }
}
