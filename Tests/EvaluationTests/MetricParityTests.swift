// Metrics against those of scikit-learn 1.5.2 and scipy 1.13.1, which Hugging Face's `evaluate` calls.
import Foundation
import RetortTestSupport
import Testing

@testable import RetortEvaluation

@Suite("Metrics equal scikit-learn's and scipy's")
struct MetricParityTests {
  /// A line of Tests/Peers/metric_cases.py: answers, and the value of each metric by its name; null for not-a-number.
  private struct Case {
    let predictions: [Double]
    let labels: [Double]
    let values: [String: Double]
    /// Precision, recall, F1 and examples of each class; none of numbers.
    let perClass: [[Double]]

    init(_ line: Substring) throws {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      let all = try #require(object as? [String: Any])
      predictions = try #require(all["predictions"] as? [Double])
      labels = try #require(all["labels"] as? [Double])
      var values: [String: Double] = [:]
      perClass = all["per_class"] as? [[Double]] ?? []
      for (name, value) in all where !["predictions", "labels", "per_class"].contains(name) {
        values[name] = value as? Double ?? .nan
      }
      self.values = values
    }
  }

  private func expectEqual(_ lines: String) throws -> [String: Int] {
    var compared: [String: Int] = [:]
    for line in lines.split(separator: "\n") {
      let `case` = try Case(line)
      if !`case`.perClass.isEmpty {
        let figures = ClassFigures.all(
          of: Answers(
            predictions: `case`.predictions.map { Int($0) }, labels: `case`.labels.map { Int($0) }),
          classCount: `case`.perClass.count)
        for (found, expected) in zip(figures, `case`.perClass) {
          let values = [found.precision, found.recall, found.f1, Double(found.examples)]
          #expect(
            zip(values, expected).allSatisfy { ($0 - $1).magnitude <= 1e-12 },
            "\(found), not \(expected): \(line.prefix(400))")
          compared["class", default: 0] += 1
        }
      }
      for (name, expected) in `case`.values {
        let found: Double
        switch try #require(Metrics.named(name)) {
        case let metric as any ClassMetric.Type:
          found = metric.value(
            of: Answers(
              predictions: `case`.predictions.map { Int($0) }, labels: `case`.labels.map { Int($0) }
            ))
        case let metric as any NumberMetric.Type:
          found = metric.value(
            of: Answers(predictions: `case`.predictions, labels: `case`.labels))
        default: found = .infinity
        }
        // Sums of at most sixty terms in double precision; those of predictions near 1000 with differences of 1e-6 lose
        // nine digits to the subtraction of the mean, in both programs.
        let tolerance = `case`.predictions.contains { $0 > 900 } ? 1e-6 : 1e-12
        #expect(
          found.isNaN && expected.isNaN || abs(found - expected) <= tolerance,
          "\(name): \(found), not \(expected): \(line.prefix(400))")
        compared[name, default: 0] += 1
        if expected.isNaN { compared["not a number", default: 0] += 1 }
      }
    }
    return compared
  }

  @Test("the fixture's answers")
  func fixture() throws {
    let compared = try expectEqual(
      String(contentsOfFile: Fixture.path(of: "metrics.jsonl"), encoding: .utf8))
    for metric in Metrics.all { #expect(compared[metric.name] ?? 0 > 10, "\(metric.name)") }
    #expect(compared["not a number"] ?? 0 > 5 && compared["class"] ?? 0 > 50)
  }

  @Test(
    "10,000 made-up answers, with ties, constants and classes that do not occur",
    .enabled(if: PeerProgram.peers != nil, "RETORT_PEERS_PYTHON is not set"))
  func madeUp() throws {
    let lines = try PeerProgram.run(
      try #require(PeerProgram.peers),
      [
        "-B", PeerProgram.root.appendingPathComponent("Tests/Peers/metric_cases.py").path, "10000",
      ])
    let compared = try expectEqual(lines)
    #expect(compared["pearson"] == 5000 && compared["accuracy"] == 5000)
    #expect(compared["f1"] ?? 0 > 1000)
  }

  // evaluate's metric `glue`: {"matthews_correlation": 0.5773502691896258} and {"pearson": 0.9548585414886475}, the
  // second of float32 numbers.
  @Test("values by hand")
  func byHand() {
    let classes = Answers(predictions: [1, 1, 0, 1], labels: [1, 0, 0, 1])
    #expect(abs(MatthewsCorrelation.value(of: classes) - 0.5773502691896258) < 1e-15)
    #expect(F1.value(of: classes) == 0.8)
    let numbers = Answers(predictions: [1.1, 2, 3.5, 0.2], labels: [1, 2.5, 3, 0])
    #expect(abs(PearsonCorrelation.value(of: numbers) - 0.9548585414886475) < 1e-6)
    #expect(RankedValues([2, 1, 2, 5, 2])?.ranks == [3, 1, 3, 5, 3])
    #expect(SpearmanCorrelation.value(of: Answers(predictions: [1, .nan], labels: [1, 2])).isNaN)
    let never = Answers(predictions: [0, 0], labels: [0, 0])
    #expect(F1.value(of: never) == 0 && MatthewsCorrelation.value(of: never) == 0)
    #expect(F1.problem(withClasses: 3) == "f1 needs 2 classes; the task has 3")
    #expect(F1.problem(withClasses: 2) == nil && MacroF1.problem(withClasses: 3) == nil)
  }

  @Test("always the largest class: of equals the first")
  func largestClass() {
    #expect(Answers.always(theLargestOf: [2, 0, 2, 1]).predictions == [2, 2, 2, 2])
    #expect(Answers.always(theLargestOf: [1, 0, 1, 0]).predictions == [0, 0, 0, 0])
  }

  @Test("intervals of numbers hold the value")
  func intervals() {
    let labels = (0..<60).map { Double($0 % 11) }
    let answers = Answers(
      predictions: labels.enumerated().map { $1 + Double($0 * 7 % 5) }, labels: labels)
    for metric in Metrics.ofNumbers {
      let (value, interval) = (metric.value(of: answers), metric.interval(of: answers))
      #expect(interval.low < value && value < interval.high, "\(metric.name)")
    }
  }
}
