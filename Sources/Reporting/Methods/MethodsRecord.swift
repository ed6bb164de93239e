// What every method of distillation is, needs and costs.
import RetortRecords

/// `Results/records/performance/terms.json`, written by `retort bench terms --record`.
public struct MethodsRecord: Codable, Sendable, Equatable {
  public var format: Int
  /// What was typed.
  public var command: String
  /// Models by the names that the command has for them, both with random weights or stored ones.
  public var teacher: String
  public var student: String
  public var batchSize: Int
  /// Tokens of each sequence.
  public var length: Int
  /// Where the text comes from.
  public var data: String
  /// What each step is trained on without the method.
  public var base: String
  /// Pairs of turns, without the method and with it.
  public var alternations: Int
  /// Measured steps of a turn.
  public var steps: Int
  public var threads: Int
  public var machine: RecordedMachine
  /// Program or library to version.
  public var versions: [String: String]
  public var methods: [Method]

  public struct Method: Codable, Sendable, Equatable {
    public var name: String
    /// With its numbers.
    public var formula: String
    public var needs: [String]
    public var source: String
    public var heldAgainst: String
    public var proofs: [Proof]
    /// Seconds of a step in each turn: without the method, and with it.
    public var without: [Double]
    public var with: [Double]

    public init(
      name: String, formula: String, needs: [String], source: String, heldAgainst: String,
      proofs: [Proof], without: [Double], with: [Double]
    ) {
      (self.name, self.formula, self.needs) = (name, formula, needs)
      (self.source, self.heldAgainst, self.proofs) = (source, heldAgainst, proofs)
      (self.without, self.with) = (without, with)
    }
  }

  /// Rows of the parity ladder: those of a suite whose names begin in one way.
  public struct Proof: Codable, Sendable, Equatable {
    public var suite: String
    public var row: String

    public init(suite: String, row: String) { (self.suite, self.row) = (suite, row) }
  }

  public init(
    command: String, teacher: String, student: String, batchSize: Int, length: Int, data: String,
    base: String, alternations: Int, steps: Int, threads: Int, machine: RecordedMachine,
    versions: [String: String], methods: [Method]
  ) {
    format = RunRecord.currentFormat
    (self.command, self.teacher, self.student) = (command, teacher, student)
    (self.batchSize, self.length, self.data, self.base) = (batchSize, length, data, base)
    (self.alternations, self.steps, self.threads) = (alternations, steps, threads)
    (self.machine, self.versions, self.methods) = (machine, versions, methods)
  }
}

extension MethodsRecord.Method {
  /// The share that the method adds to a step, of each pair of turns.
  var shares: [Double] { zip(without, with).map { $1 / $0 - 1 } }
}

extension MethodsRecord: StrictRecord {
  public func contradictions() -> [String] {
    var facts: [String] = []
    if Set(methods.map(\.name)).count != methods.count { facts.append("two methods of one name") }
    for method in methods {
      let seconds = method.without + method.with
      if method.without.count != alternations || method.with.count != alternations {
        facts.append(
          "\(method.name): not a time of each of \(alternations) turns with it and without")
      }
      if !seconds.allSatisfy({ $0.isFinite && $0 > 0 }) {
        facts.append("\(method.name): a time that is not a positive number")
      }
      if method.formula.isEmpty { facts.append("\(method.name): no formula") }
      if method.needs.isEmpty { facts.append("\(method.name): needs nothing") }
    }
    return facts
  }

  /// The file's content.
  /// - Throws: `inconsistent` if facts contradict each other.
  public func text() throws(RecordError) -> String {
    let source = "the record of the methods"
    try refuseContradictions(source: source)
    return try RecordText.tree(of: self, source: source).document
  }
}
