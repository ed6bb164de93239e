// The verbs that take a model, on one that gives a number.
import Foundation
import RetortEvaluation
import RetortTestSupport
import Testing

@Suite("A regression through the verbs") struct RegressionVerbTests {
  private let model: TinyModel

  init() throws { model = try TinyModel(labels: ["LABEL_0"]) }

  private static let pairs = [
    ("a good film", "a bright film", "4.5"), ("the plot is bad", "very dull , not good", "3.2"),
    ("a", "film", "0.000"), ("not good", "a film", "1"),
  ]

  private func writeTask() throws {
    let header = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2"
    let rows = Self.pairs.enumerated().map { "\($0)\tg\tf\ty\t1\tn\tn\t\($1.0)\t\($1.1)" }
    try model.folder.write(
      "mirror/data/glue/STS-B/dev.tsv",
      "\(header)\tscore\n" + zip(rows, Self.pairs).map { "\($0)\t\($1.2)\n" }.joined())
    try model.folder.write(
      "mirror/data/glue/STS-B/test.tsv", header + "\n" + rows.map { "\($0)\n" }.joined())
  }

  /// What `predict` says of the pairs.
  private func predicted(_ path: String) throws -> [Double] {
    let result = try model.retort(
      "predict", "--model", path, "--pairs",
      input: Self.pairs.map { "\($0.0)\t\($0.1)\n" }.joined())
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    return result.output.split(separator: "\n").compactMap { Double($0) }
  }

  private struct Report: Decodable {
    struct Figure: Decodable {
      var value: Double
      var interval: [Double]
    }
    var loss: Double?
    var accuracy: Double?
    var classes: [String]?
    var confusion: [[Int]]?
    var metrics: [String: Figure]?
  }

  @Test("predict: a number a line; evaluate: the error and the correlations of these numbers")
  func evaluates() throws {
    try writeTask()
    let numbers = try predicted(model.path)
    #expect(numbers.count == 4 && Set(numbers).count == 4)
    let json = try model.retort("predict", "--model", model.path, "--json", input: "a good film")
    #expect(json.output.hasPrefix("{\"score\":"), "\(json.output)")

    let labels = Self.pairs.map { Double($0.2) ?? .nan }
    let file = model.folder.file("answers.tsv")
    let text = try model.retort(
      "evaluate", "--model", model.path, "--task", "glue/stsb", "--predictions", file)
    #expect(text.status == 0, "\(text.errors)")
    #expect(text.output.contains("mean squared error") && text.output.contains("spearmanr"))
    #expect(!text.output.contains("class") && !text.output.contains("accuracy"))
    let answers = try String(contentsOfFile: file, encoding: .utf8)
    #expect(
      answers == "index\tprediction\n"
        + numbers.enumerated().map { "\($0)\t\(String(format: "%.3f", $1))\n" }.joined())
    let result = try model.retort(
      "evaluate", "--model", model.path, "--task", "glue/stsb", "--json")
    let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    #expect(report.classes == nil && report.accuracy == nil && report.confusion == nil)
    let error = zip(numbers, labels).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / 4
    #expect((try #require(report.loss) - error).magnitude < 1e-5)
    let pearson = try #require(report.metrics?["pearson"])
    let value = PearsonCorrelation.value(of: Answers(predictions: numbers, labels: labels))
    #expect((pearson.value - value).magnitude < 1e-5 && pearson.interval.count == 2)
    let test = try model.retort(
      "evaluate", "--model", model.path, "--task", "glue/stsb", "--split", "test")
    #expect(test.status == 0 && test.output.contains("this split has no labels"))
  }

  @Test("a model of classes is not evaluated on numbers, nor the reverse")
  func refusals() throws {
    try writeTask()
    let classifier = try TinyModel()
    try classifier.writeTask()
    let ofClasses = try RetortProcess.run(
      ["evaluate", "--model", classifier.path, "--task", "glue/stsb"],
      environment: model.environment)
    expectFailure(
      ofClasses, saying: "glue/stsb asks for numbers, and the model gives the classes negative")
    let ofNumbers = try RetortProcess.run(
      ["evaluate", "--model", model.path, "--task", "glue/sst2"],
      environment: classifier.environment)
    expectFailure(ofNumbers, saying: "glue/sst2 asks for classes, and the model gives a number")
  }

  @Test("import and export: the same numbers, and a configuration that says what they are")
  func interchange() throws {
    let (checkpoint, back) = (model.folder.file("c.h5"), model.folder.file("back"))
    for arguments in [
      ["import", model.path, "--out", checkpoint], ["export", checkpoint, "--out", back],
    ] {
      let result = try RetortProcess.run(arguments, environment: model.environment)
      #expect(result.status == 0, "\(result.errors)")
    }
    for folder in [model.path, back] {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/config.json"))
      let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect(object["problem_type"] as? String == "regression")
      #expect(object["id2label"] as? [String: String] == ["0": "LABEL_0"])
      #expect(object["label2id"] as? [String: Int] == ["LABEL_0": 0])
    }
    let numbers = try predicted(model.path)
    #expect(try predicted(checkpoint) == numbers)
    #expect(try predicted(back) == numbers)
  }
}
