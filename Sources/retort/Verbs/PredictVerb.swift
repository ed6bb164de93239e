// `retort predict`: sentences or pairs in, classes or numbers out, a line each.
import ArgumentParser
import RetortDistillation
import RetortFiles
import RetortFormatting
import RetortStrictJSON
import RetortText

struct PredictVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Classify or score sentences or pairs from standard input.",
    discussion: """
      Reads one sentence or pair per line. For each line it prints the class, the probabilities and the logits, \
      separated by tabs. Probabilities and logits are in the order of the model's classes. For a regression model it \
      prints only the number.
      """)

  @OptionGroup var model: ModelOptions

  @Flag(help: "Write a line of JSON for each sentence.")
  var json = false

  @Flag(
    help:
      "Each line is a pair: first sentence, tab, second sentence, as in training.")
  var pairs = false

  @OptionGroup var malformed: MalformedTextOptions

  func run() throws {
    let classifier = try Classifier(model.open(), engine: model.computing.makeEngine())
    if pairs { try classifier.checkTakesPairs() }
    let classes = classifier.labels.count
    var waiting = TokenSequences()
    var tokenIDs: [Int32] = []
    var answered = 0
    func classifyWaiting() throws {
      guard waiting.count > 0 else { return }
      let result: ClassificationResult
      do throws(EvaluationError) {
        result = try classifier.classify(waiting)
      } catch {
        throw CommandFailure("\(model.model), standard input: \(error.counted(from: answered))")
      }
      answered += result.count
      guard !classifier.isRegression else {
        for number in result.logits {
          try StandardOutput.shared.write(
            line: json ? JSONText.line(Score(score: number)) : "\(number)")
        }
        waiting = TokenSequences()
        return
      }
      for (index, prediction) in result.predictions.enumerated() {
        let logits = Array(result.logits[(index * classes)..<((index + 1) * classes)])
        try write(
          Prediction(
            label: classifier.labels[prediction], probabilities: probabilities(of: logits),
            logits: logits))
      }
      waiting = TokenSequences()
    }
    var reader = LineReader()
    var replaced = 0
    try reader.forEachLine(
      { bytes, number, offset in
        tokenIDs.removeAll(keepingCapacity: true)
        do {
          let line = try encode(bytes, by: classifier, into: &tokenIDs)
          if line.wasRepaired { replaced += 1 }
          waiting.append(tokenIDs, secondStart: line.secondStart)
        } catch let error as InvalidUTF8 {
          try classifyWaiting()
          throw CommandFailure(error, line: number, offset: offset)
        } catch is NoPair {
          try classifyWaiting()
          let tabs = bytes.count { $0 == UInt8(ascii: "\t") }
          throw CommandFailure(
            "standard input:\(number): expected two sentences with one tab between them, found "
              + "\(tabs == 0 ? "no" : "\(tabs)") tab\(tabs == 1 ? "" : "s")")
        }
        if waiting.count == ClassificationEvaluation.batchSize { try classifyWaiting() }
      },
      pause: {
        try classifyWaiting()
        try StandardOutput.shared.flush()
      })
    malformed.report(replacedLines: replaced)
  }

  private struct NoPair: Error {}

  /// - Returns: where the second sentence begins, nil for a single one, and whether anything was replaced.
  private func encode(
    _ line: UnsafeBufferPointer<UInt8>, by classifier: Classifier, into tokenIDs: inout [Int32]
  ) throws -> (secondStart: Int?, wasRepaired: Bool) {
    guard pairs else {
      let repaired = try classifier.tokenizer.encode(
        line, addSpecials: true, maximumLength: classifier.maximumLength,
        invalidUTF8: malformed.invalidUtf8, into: &tokenIDs)
      return (nil, repaired)
    }
    guard
      let pair = try classifier.tokenizer.encodePair(
        line, maximumLength: classifier.maximumLength, invalidUTF8: malformed.invalidUtf8,
        into: &tokenIDs)
    else { throw NoPair() }
    return (pair.secondStart, pair.wasRepaired)
  }

  private func write(_ prediction: Prediction) throws {
    if json { return try StandardOutput.shared.write(line: JSONText.line(prediction)) }
    try StandardOutput.shared.write(
      line: [
        prediction.label.onOneLine,
        prediction.probabilities.map { $0.fixed(6) }.joined(separator: " "),
        prediction.logits.map { "\($0)" }.joined(separator: " "),
      ].joined(separator: "\t"))
  }
}

/// What a regression says of one sentence.
struct Score: Encodable {
  var score: Float
}

/// What a classifier says of one sentence.
struct Prediction: Encodable {
  var label: String
  var probabilities: [Double]
  var logits: [Float]
}
