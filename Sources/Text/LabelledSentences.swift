// Sentences of a task with the right answers.
import RetortFiles

/// The parts of a data set.
public enum DataSplit: String, Sendable, CaseIterable {
  case train, dev, test
}

/// N sentences or pairs of them, with their classes or numbers unless the split is GLUE's unlabelled test.
public struct LabelledSentences: Sendable {
  public let sentences: [String]
  /// The second sentence of each pair, [N]; nil for single sentences.
  public let secondSentences: [String]?
  public let kind: TaskKind
  /// Class of each sentence, [N]; nil for the test split, and in a regression.
  public let labels: [Int32]?
  /// Number of each sentence, [N]; nil for the test split, and in a classification.
  public let numbers: [Float]?
  /// Of a model's outputs: the classes, or the one name of a regression's output.
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
    sentences: [String], secondSentences: [String]? = nil, labels: [Int32]?, classNames: [String],
    remarks: [String] = []
  ) {
    precondition(
      secondSentences.map { $0.count == sentences.count } ?? true, "a second text for each sentence"
    )
    precondition(labels.map { $0.count == sentences.count } ?? true, "a label for each sentence")
    precondition(
      labels?.allSatisfy { classNames.indices.contains(Int($0)) } ?? true, "labels are classes")
    self.sentences = sentences
    self.secondSentences = secondSentences
    kind = .classification
    self.labels = labels
    numbers = nil
    self.classNames = classNames
    digest = Self.digest(sentences, secondSentences) { index in labels.map { "\($0[index])" } ?? ""
    }
    self.remarks = remarks
  }

  /// The sentences of a regression.
  /// - Parameters:
  ///   - secondSentences: [N]; nil for single sentences.
  ///   - numbers: [N], finite.
  public init(sentences: [String], secondSentences: [String]? = nil, numbers: [Float]?) {
    precondition(
      secondSentences.map { $0.count == sentences.count } ?? true, "a second text for each sentence"
    )
    precondition(numbers.map { $0.count == sentences.count } ?? true, "a number for each sentence")
    precondition(numbers?.allSatisfy(\.isFinite) ?? true, "labels are finite")
    self.sentences = sentences
    self.secondSentences = secondSentences
    kind = .regression
    labels = nil
    self.numbers = numbers
    classNames = [TaskKind.numberName]
    digest = Self.digest(sentences, secondSentences) { index in
      numbers.map { "\($0[index])" } ?? ""
    }
    remarks = []
  }

  private static func digest(
    _ sentences: [String], _ secondSentences: [String]?, _ label: (Int) -> String
  ) -> String {
    var sum = SHA256()
    for (index, sentence) in sentences.enumerated() {
      if let second = secondSentences?[index] { sum.update("\(second.utf8.count)\t\(second)\t") }
      sum.update("\(sentence)\t\(label(index))\n")
    }
    return sum.hexDigest()
  }
}
