// Sentences of a classification task with their classes.
import RetortFiles

/// The parts of a data set.
public enum DataSplit: String, Sendable, CaseIterable {
  case train, dev, test
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
  /// What is to be said of the file: rows that were left out, another number of them than published.
  public let remarks: [String]

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
    remarks = []
  }
}
