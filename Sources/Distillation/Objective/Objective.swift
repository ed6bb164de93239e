// A loss: terms with weights. Names, counts, needs and formulas follow from the terms.
import RetortOptions
import RetortTensorEngine

/// A term and how much it counts. A weight of 0 computes and logs it without training on it; a stage has such a term
/// where `isMeasuredWithoutWeight` says so, and leaves out all others.
public struct WeightedTerm: Sendable, Equatable {
  public var weight: StepValue
  public var term: any LossTerm
  /// What a definition calls it; nil for the term's own name.
  public var givenName: String?
  /// The teachers that it reads, by their names; empty for the only one, and for a term that reads none.
  public var teachers: [String] = []
  /// How the answers of several become one; nil for a single teacher.
  public var combination: TeacherCombination?
  /// How many of a teacher's logits the term is taken of; nil where it is taken of all, or of none.
  public var keptLogits: Int? { (term as? any VocabularyTerm)?.keptLogits }

  /// - Parameter name: nil for the term's own.
  public init(_ weight: Double, _ term: any LossTerm, name: String? = nil) {
    self.init(.constant(weight), term, name: name)
  }

  /// With a weight that may change from step to step.
  public init(_ weight: StepValue, _ term: any LossTerm, name: String? = nil) {
    precondition(weight.smallest >= 0, "a weight of \(weight.words)")
    (self.weight, self.term, givenName) = (weight, term, name)
  }

  /// What metrics, records and pages call it.
  public var name: String { givenName ?? term.name }

  /// Whether any step is trained on it.
  public var counts: Bool { weight.largest > 0 }

  /// Of every teacher that it reads, or of the only one.
  func ofTeachers<Value>(_ value: (_ name: String?) -> Value) -> [Value] {
    teachers.isEmpty ? [value(nil)] : teachers.map { value($0) }
  }

  /// The same with what it leaves to the models settled. Of several teachers the first decides.
  /// - Parameter teacher: one of several by its name, or the only one.
  public func resolved(
    student: ModelDimensions, teacher: (_ name: String?) -> ModelDimensions
  ) -> WeightedTerm {
    var weighted = self
    weighted.term = term.resolved(student: student, teacher: ofTeachers(teacher)[0])
    return weighted
  }

  /// The term with its numbers, and which of several teachers it reads.
  public var formula: String {
    guard !teachers.isEmpty else { return term.formula }
    let names = teachers.joined(separator: ", ")
    let combined = combination.map { ", the mean of their \($0.rawValue)" } ?? ""
    return "\(term.formula), \(teachers.count == 1 ? "teacher" : "teachers") \(names)\(combined)"
  }

  public static func == (a: WeightedTerm, b: WeightedTerm) -> Bool {
    a.weight == b.weight && a.givenName == b.givenName && a.teachers == b.teachers
      && a.combination == b.combination && a.term.isSame(as: b.term)
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

  /// The name of what a term measures without training on it: the term comes first where several terms measure the same.
  public func name(ofMeasure measure: String, by term: WeightedTerm) -> String {
    terms.count { $0.term.measures.contains(measure) } > 1 ? "\(term.name).\(measure)" : measure
  }

  /// What the student must compute.
  public var readsOfStudent: Observations {
    terms.reduce(.nothing) { $0.union($1.term.readsOfStudent) }
  }

  /// What a teacher must compute.
  public var readsOfTeacher: Observations {
    terms.reduce(.nothing) { $0.union($1.term.readsOfTeacher) }
  }

  /// Whether a term weighs sentences by the teacher's class logits.
  var weighsExamples: Bool { terms.contains { $0.term.rows.examples != .uniform } }

  public var needsTeacher: Bool { !readsOfTeacher.isEmpty }

  /// The names of the teachers that are read, each once; none where there is one alone.
  public var teacherNames: [String] { Set(terms.flatMap(\.teachers)).sorted() }

  /// The names of the teachers whose vocabulary logits are read, each once; nil for the only one.
  var vocabularyTeachers: [String?] {
    var names: [String?] = []
    for weighted in terms where weighted.term.readsOfTeacher.vocabularyLogits != nil {
      names += weighted.ofTeachers { $0 }.filter { !names.contains($0) }
    }
    return names
  }

  /// What one of several teachers must compute.
  public func reads(ofTeacher name: String) -> Observations {
    terms.filter { $0.teachers.contains(name) }
      .reduce(.nothing) { $0.union($1.term.readsOfTeacher) }
  }

  /// The same with other terms in the places of its own, under the same names.
  func mappingTerms(_ change: (any LossTerm) -> any LossTerm) -> Objective {
    var objective = self
    for index in objective.terms.indices {
      objective.terms[index].term = change(objective.terms[index].term)
    }
    return objective
  }

  /// The same with what its terms leave to the models settled, such as which layers are compared.
  /// - Parameter teacher: one of several by its name, or the only one.
  public func resolved(
    student: ModelDimensions, teacher: (_ name: String?) -> ModelDimensions
  ) -> Objective {
    var objective = self
    for (index, weighted) in terms.enumerated() {
      objective.terms[index] = weighted.resolved(student: student, teacher: teacher)
    }
    return objective
  }

  /// The same with a single teacher.
  public func resolved(student: ModelDimensions, teacher: ModelDimensions) -> Objective {
    resolved(student: student) { _ in teacher }
  }

  /// Whether which layers are compared depends on the models.
  public var leavesLayersOpen: Bool { terms.contains { $0.term.leavesLayersOpen } }

  /// One of its terms by itself, with weight 1.
  public func alone(_ name: String) -> Objective {
    guard var weighted = self[name] else { preconditionFailure("no term \(name)") }
    weighted.weight = .constant(1)
    return Objective(weighted)
  }

  /// The objective as it is where only the `count` largest of a teacher's logits are known.
  /// - Throws: the name of a term that needs them all.
  public func keeping(logits count: Int) throws(NeedsAllLogits) -> Objective {
    var objective = self
    for (index, weighted) in terms.enumerated()
    where weighted.term.readsOfTeacher.vocabularyLogits != nil {
      guard let term = (weighted.term as? any VocabularyTerm)?.keeping(logits: count) else {
        throw NeedsAllLogits(
          term: weighted.name, least: weighted.keptLogits.flatMap { $0 > count ? $0 : nil })
      }
      objective.terms[index].term = term
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

  /// A term that cannot be taken of so few of the largest logits.
  public struct NeedsAllLogits: Error, Equatable, CustomStringConvertible {
    public let term: String
    /// How many it can be taken of; nil where it needs all.
    public var least: Int?

    public var description: String {
      if let least {
        return "\(term) needs the teacher's \(least) largest logits; keep at least as many: "
          + "--top-k \(least)"
      }
      return "\(term) needs all of the teacher's logits, not the largest alone; "
        + "store hidden states in their place: leave --top-k out"
    }
  }

  // MARK: In words

  /// A line a term, the first beginning with "loss = ".
  public var formulaLines: [String] {
    formulas.enumerated().map { ($0.offset == 0 ? "loss = " : "     + ") + $0.element }
  }

  /// On one line.
  public var formula: String { "loss = " + sum }

  /// The same without what it is called.
  public var sum: String { formulas.joined(separator: " + ") }

  /// Of the terms that count.
  private var formulas: [String] {
    let counting = terms.filter(\.counts)
    if counting.count == 1, counting[0].weight == .constant(1) { return [counting[0].formula] }
    return counting.isEmpty
      ? ["0"]
      : counting.map { "\($0.weight.words) · \($0.formula)" }
  }

  // MARK: Fitting models

  /// What does not fit a student and its teachers, by the term's name.
  /// - Parameter teacher: one of several by its name, or the only one.
  public func problems(
    student: ModelDimensions, teacher: (_ name: String?) -> ModelDimensions
  ) -> [(term: String, problem: TermProblem)] {
    terms.flatMap { weighted in
      let term = weighted.term
      var problems = missingLayers(
        term.readsOfStudent, student, "student", term.keys(ofStudentLayer:))
      for teacher in weighted.ofTeachers(teacher) {
        let found =
          missingLayers(term.readsOfTeacher, teacher, "teacher", term.keys(ofTeacherLayer:))
          + term.problems(student: student, teacher: teacher)
        problems += found.filter { !problems.contains($0) }
      }
      return problems.map { (weighted.name, $0) }
    }
  }

  /// What does not fit a student and its only teacher, by the term's name.
  public func problems(
    student: ModelDimensions, teacher: ModelDimensions
  ) -> [(term: String, problem: TermProblem)] {
    problems(student: student) { _ in teacher }
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

  /// How the terms' own parameters are trained, by term; nil for as the student's.
  var trainings: [TermTraining?] { terms.map { ($0.term as? any TensorTerm)?.training } }

  /// The terms' own parameters, by term.
  /// - Parameter teacher: one of several by its name, or the only one.
  public func makeParameters(
    student: ModelDimensions, teacher: (_ name: String?) -> ModelDimensions, seed: UInt64
  ) -> [[Parameter]] {
    terms.map { weighted in
      let parameters =
        (weighted.term as? any TensorTerm)?.makeParameters(
          path: weighted.name, student: student, teacher: weighted.ofTeachers(teacher)[0],
          seed: seed) ?? []
      precondition(
        parameters.allSatisfy { $0.path.hasPrefix(weighted.name) },
        "parameters of \(weighted.name) under other names")
      return parameters
    }
  }
}
