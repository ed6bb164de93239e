// A loss: terms with weights. Names, counts, needs and formulas follow from the terms.
import RetortOptions
import RetortTensorEngine

/// A term and how much it counts. A weight of 0 computes and logs it without training on it; a stage has such a term
/// where `isMeasuredWithoutWeight` says so, and leaves out all others.
public struct WeightedTerm: Sendable, Equatable {
  public var weight: Double
  public var term: any LossTerm
  /// How many of a teacher's logits the term is taken of; nil where it is taken of all, or of none.
  public internal(set) var keptLogits: Int?

  public init(_ weight: Double, _ term: any LossTerm) {
    precondition(weight >= 0, "a weight of \(weight)")
    (self.weight, self.term) = (weight, term)
  }

  public var name: String { term.name }

  public static func == (a: WeightedTerm, b: WeightedTerm) -> Bool {
    a.weight == b.weight && a.keptLogits == b.keptLogits && a.term.isSame(as: b.term)
  }
}

/// A weighted sum of terms, each a mean of its own, in the order in which they are logged.
public struct Objective: Sendable, Equatable {
  public private(set) var terms: [WeightedTerm]

  public init(_ terms: [WeightedTerm]) {
    precondition(!terms.isEmpty, "a loss without terms")
    precondition(Set(terms.map(\.name)).count == terms.count, "two terms of the same name")
    for weighted in terms {
      precondition(
        weighted.term is any VocabularyTerm || weighted.term is any TensorTerm,
        "\(weighted.name) computes nothing: it must conform to VocabularyTerm or TensorTerm")
    }
    self.terms = terms
  }

  public init(_ terms: WeightedTerm...) { self.init(terms) }

  public var names: [String] { terms.map(\.name) }

  /// Of the arithmetic of its terms, by a name that nothing else has: `loss.cosine`.
  public var versions: [(name: String, version: Int)] {
    terms.map { ("loss.\($0.name)", type(of: $0.term).version) }
  }

  public subscript(_ name: String) -> WeightedTerm? { terms.first { $0.name == name } }

  /// What the student must compute.
  public var readsOfStudent: Observations {
    terms.reduce(.nothing) { $0.union($1.term.readsOfStudent) }
  }

  /// What a teacher must compute.
  public var readsOfTeacher: Observations {
    terms.reduce(.nothing) { $0.union($1.term.readsOfTeacher) }
  }

  public var needsTeacher: Bool { !readsOfTeacher.isEmpty }

  /// The same with other terms in the places of its own, under the same names.
  func mappingTerms(_ change: (any LossTerm) -> any LossTerm) -> Objective {
    var objective = self
    for index in objective.terms.indices {
      objective.terms[index].term = change(objective.terms[index].term)
    }
    return objective
  }

  /// One of its terms by itself, with weight 1.
  public func alone(_ name: String) -> Objective {
    guard var weighted = self[name] else { preconditionFailure("no term \(name)") }
    weighted.weight = 1
    return Objective(weighted)
  }

  /// The objective as it is where only the `count` largest of a teacher's logits are known.
  /// - Throws: the name of a term that needs them all.
  public func keeping(logits count: Int) throws(NeedsAllLogits) -> Objective {
    var objective = self
    for (index, weighted) in terms.enumerated()
    where weighted.term.readsOfTeacher.vocabularyLogits != nil {
      guard let term = (weighted.term as? any VocabularyTerm)?.keeping(logits: count) else {
        throw NeedsAllLogits(term: weighted.name)
      }
      objective.terms[index].term = term
      objective.terms[index].keptLogits = count
    }
    return objective
  }

  /// The temperatures whose log-normalisers must be stored with a teacher's kept logits, each once.
  public var temperaturesOfKeptLogits: [Double] { readingsOfKeptLogits.compactMap { $0 } }

  /// How the teacher's kept logits are read, each way once: with log-normalisers of a temperature, or nil without.
  var readingsOfKeptLogits: [Double?] {
    var found: [Double?] = []
    for case let term as any VocabularyTerm in terms.map(\.term)
    where term.readsTeacher && !found.contains(term.temperatureOfKeptLogits) {
      found.append(term.temperatureOfKeptLogits)
    }
    return found
  }

  /// A term that cannot be taken of the largest logits alone.
  public struct NeedsAllLogits: Error, Equatable, CustomStringConvertible {
    public let term: String

    public var description: String {
      "\(term) needs all of the teacher's logits, not the largest alone; store hidden states in their place: "
        + "leave --top-k out"
    }
  }

  // MARK: In words

  /// A line a term, the first beginning with "loss = ".
  public var formulaLines: [String] {
    formulas.enumerated().map { ($0.offset == 0 ? "loss = " : "     + ") + $0.element }
  }

  /// On one line.
  public var formula: String { "loss = " + formulas.joined(separator: " + ") }

  /// Of the terms that count.
  private var formulas: [String] {
    let counting = terms.filter { $0.weight > 0 }
    if counting.count == 1, counting[0].weight == 1 { return [counting[0].term.formula] }
    return counting.isEmpty
      ? ["0"]
      : counting.map { "\(PlainNumber.text($0.weight)) · \($0.term.formula)" }
  }

  // MARK: Fitting models

  /// What does not fit a student and a teacher, by the term's name.
  public func problems(
    student: ModelDimensions, teacher: ModelDimensions
  ) -> [(term: String, problem: TermProblem)] {
    terms.flatMap { weighted in
      let term = weighted.term
      return
        (missingLayers(term.readsOfStudent, student, "student", term.keys(ofStudentLayer:))
        + missingLayers(term.readsOfTeacher, teacher, "teacher", term.keys(ofTeacherLayer:))
        + term.problems(student: student, teacher: teacher)).map { (weighted.name, $0) }
    }
  }

  private func missingLayers(
    _ reads: Observations, _ model: ModelDimensions, _ role: String, _ keys: (Int) -> [String]
  ) -> [TermProblem] {
    guard let count = model.layerCount else { return [] }
    return reads.hiddenStates.sorted().flatMap { layer -> [TermProblem] in
      guard case .number(let number) = layer, !(0...count).contains(number) else { return [] }
      let problem = TermProblem(
        expected: "a hidden state of the \(role) from 0 to \(count)", found: "\(number)",
        advice: "0 is the output of the embeddings, \(count) that of the last layer")
      let written = keys(number)
      return written.isEmpty
        ? [problem]
        : written.map { key in
          var own = problem
          own.key = key
          return own
        }
    }
  }

  /// The terms' own parameters, by term.
  public func makeParameters(
    student: ModelDimensions, teacher: ModelDimensions, seed: UInt64
  ) -> [[Parameter]] {
    terms.map { weighted in
      let parameters =
        (weighted.term as? any TensorTerm)?.makeParameters(
          path: weighted.name, student: student, teacher: teacher, seed: seed) ?? []
      precondition(
        parameters.allSatisfy { $0.path.hasPrefix(weighted.name) },
        "parameters of \(weighted.name) under other names")
      return parameters
    }
  }
}
