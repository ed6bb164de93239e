// The list of methods that `retort bench terms` times, and losses without a definition.
import RetortDistillation
import RetortOptions
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct MethodListTests {
  private static let path = "\(ExperimentFiles.folder)/../Tests/Peers/term_rows.yaml"
  private static let all = Set(BatchKind.allCases)
  private static let sizes = ModelDimensions(
    layerCount: 3, hiddenSize: 384, vocabularySize: 30_522, classCount: 11, headCount: 12)
  private static let teacherSizes = ModelDimensions(
    layerCount: 6, hiddenSize: 384, vocabularySize: 30_522, classCount: 11, headCount: 12)

  /// Keys of terms whose choices are methods of their own.
  private static let methods = ["divergence", "targets", "examples", "compare", "of", "heads"]

  @Test func everythingRegisteredHasARow() throws {
    let terms = try Method.list(path: Self.path).flatMap { method in
      try method.loss.objective(
        student: Self.sizes, teacher: Self.teacherSizes, on: Self.all
      ).0.terms.map(\.term)
    }
    for type in LossTerms.all {
      let own = terms.filter { Swift.type(of: $0) == type }
      #expect(!own.isEmpty, "no row of Tests/Peers/term_rows.yaml has \(type)")
      for option in type.descriptions where Self.methods.contains(option.key) {
        // A divergence may be taken on words or on classes.
        let found = (option.key == "divergence" ? terms : own).map {
          Self.words(of: $0, under: option.key)
        }
        for choice in Self.choices(of: option.schema) {
          #expect(
            found.contains { $0.contains(choice) },
            "no row of Tests/Peers/term_rows.yaml has \(type.key) with \(option.key): \(choice)")
        }
      }
    }
  }

  /// What a term has under a key, though it may not be written.
  private static func words<Term: LossTerm>(of term: Term, under key: String) -> Set<String> {
    let entries = Term.options.writeAll(term).filter { $0.0 == key }
    let text = CanonicalText.write(.map(entries), sorted: false)
    return Set(text.split { " ,:[]{}\"\n".contains($0) }.map(String.init))
  }

  private static func choices(of schema: OptionSchema) -> [String] {
    switch schema {
    case .choice(let names): names
    case .oneKey(let options): options.map(\.key)
    case .any(let schemas): schemas.flatMap(choices)
    case .list(let item, _): choices(of: item)
    default: []
    }
  }

  @Test func aRowSaysWhatItNeeds() throws {
    let methods = try Method.list(path: Self.path)
    func needs(_ name: String) throws -> [String] {
      let method = try #require(methods.first { $0.name == name })
      return try method.loss.objective(
        student: Self.sizes, teacher: Self.teacherSizes, on: Self.all
      ).0.needs(student: Self.sizes, teacher: Self.teacherSizes)
    }
    #expect(
      try needs("Hidden states, MSE, four pairs") == [
        "the teacher's hidden states 0, 2, 4, 6", "the student's hidden states 0, 1, 2, 3",
        "equal widths or a projection",
      ])
    #expect(
      try needs("Relations of MiniLMv2, 48 heads") == [
        "queries, keys, values of block last of both", "heads that divide both widths",
      ])
    #expect(
      try needs("Decoupled (DKD)") == [
        "class logits of both", "labels", "more than two classes",
      ])
    #expect(try needs("Attention scores, MSE of each head").contains("equal numbers of heads"))
    #expect(try needs("Masked LM").contains("masked words"))
  }

  @Test(
    "a loss by itself is refused in a definition's words",
    arguments: [
      ("[{hiden: {weight: 1.0}}]", "unknown key 'hiden'", "did you mean 'hidden'?"),
      ("[{masked_lm: {weight: 0}}]", "loss: expected at least one term with a weight above 0", ""),
      (
        "[{hidden: {weight: 1.0, compare: mse, states: [[9, 1]], positions: all, average: tokens}}]",
        "loss.hidden.states.0.0: expected a hidden state of the teacher from 0 to 6", "found 9"
      ),
      (
        "[{hidden: {weight: 1.0, teacher: a, compare: mse, states: last, positions: all, average: tokens}}]",
        "loss.hidden.teacher cannot be used where there is one teacher", ""
      ),
      (
        "[{soft_targets: {on: classes, weight: 1.0, temperature: 4.0, scale: t_squared, "
          + "divergence: {decoupled: {target: 1.0, others: 8.0}}}}]",
        "loss.soft_targets.divergence needs labels", ""
      ),
    ])
  func refusals(text: String, problem: String, more: String) throws {
    let error = try #require(throws: DefinitionError.self) {
      try StatedLoss(text, source: "--loss", on: [.text, .maskedText]).objective(
        student: Self.sizes, teacher: Self.teacherSizes, on: [.text, .maskedText])
    }
    #expect(error.description.hasPrefix("--loss:1:"), "\(error)")
    #expect(
      error.description.contains(problem) && (more.isEmpty || error.description.contains(more)),
      "\(error)")
  }

  @Test func twoRowsOfOneNameAreRefused() throws {
    let row = """
      - name: twice
        loss: [{ masked_lm: { weight: 1.0 } }]
        source: "-"
        held_against: torch

      """
    let error = #expect(throws: DefinitionError.self) {
      try Method.list(text: row + row, path: "rows.yaml")
    }
    #expect(error?.description.hasPrefix("rows.yaml:5:") ?? false, "\(String(describing: error))")
  }
}

extension LossTerm {
  fileprivate static var descriptions: [OptionDescription] { Self.options.descriptions }
}
