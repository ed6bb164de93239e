// What is in a file of ours or of a model, as facts and tensors.
import RetortFormatting

/// The content of a file, without its numbers.
struct Inspection: Encodable {
  var path: String
  var kind: String
  /// In the order in which they are shown.
  var facts: [Fact] = []
  var tensors: [TensorFact] = []

  struct Fact: Equatable {
    var name: String
    var value: String
  }

  struct TensorFact: Encodable, Equatable {
    var name: String
    var shape: [Int]
    var type: String
  }

  mutating func add(_ name: String, _ value: String) {
    facts.append(Fact(name: name, value: value))
  }

  private enum Keys: String, CodingKey { case path, kind, facts, tensors }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(path, forKey: .path)
    try container.encode(kind, forKey: .kind)
    try container.encode(
      Dictionary(facts.map { ($0.name, $0.value) }) { first, _ in first }, forKey: .facts)
    try container.encode(tensors, forKey: .tensors)
  }

  /// The content for people; a fact of several lines is told by its size.
  var text: String {
    var lines = ["\(path): \(kind)"]
    let width = facts.map(\.name.count).max() ?? 0
    for fact in facts {
      let count = fact.value.split(separator: "\n", omittingEmptySubsequences: false).count
      let value = count > 1 ? "(\(count) lines; --json shows them)" : fact.value
      lines.append("  \(fact.name.padded(to: width))  \(value)")
    }
    if !tensors.isEmpty {
      lines.append("")
      lines.append(
        TextTable(
          header: ["tensor", "shape", "type"],
          rows: tensors.map { tensor in
            [tensor.name, tensor.shape.map(String.init).joined(separator: " x "), tensor.type]
          }
        ).text(width: StandardOutput.shared.width))
    }
    return lines.joined(separator: "\n")
  }
}
