// What must hold of every registered term and metric for a run to compute, log and keep it.
import RetortEvaluation
import RetortOptimization
import RetortOptions
import RetortRecords
import RetortStrictYAML
import Testing

@testable import RetortDistillation

@Suite("Registered terms and metrics")
struct RegisteredNamesTests {
  private static let reserved = Set(MetricsLine.Name.allCases.map(\.rawValue))

  /// A term made from the example that help shows of it.
  private func term(_ type: any LossTerm.Type) throws -> any LossTerm {
    func example<Term: LossTerm>(_ type: Term.Type) -> String { Term.options.example }
    func read<Term: LossTerm>(_ type: Term.Type, _ map: MapReader) -> (any LossTerm)? {
      Term.options.read(map)
    }
    let tree = try #require(YAMLReading.tree(of: example(type)) { _, _ in .standard }.tree)
    let collector = DiagnosticCollector()
    let map = try #require(MapReader(tree, at: "loss.\(type.key)", collector))
    let term = read(type, map)
    #expect(collector.diagnostics.isEmpty, "\(collector.diagnostics)")
    return try #require(term)
  }

  @Test(
    "a term is computed, over rows of a batch that it can be taken on",
    arguments: BatchKind.allCases)
  func terms(_ kind: BatchKind) throws {
    let types = LossTerms.types(for: kind)
    #expect(!types.isEmpty)
    for type in types {
      let term = try term(type)
      let (student, teacher) = (term.readsOfStudent, term.readsOfTeacher)
      #expect(!student.isEmpty, "\(type.key) reads nothing")
      switch term {
      case let term as any VocabularyTerm:
        #expect(
          kind == .maskedText || kind == .text, "\(type.key): no vocabulary under a classifier")
        #expect(
          term.rows == TermRows(TermPositions(term.positions), average: term.average), "\(type.key)"
        )
        #expect(student.vocabularyLogits == term.positions, "\(type.key)")
        #expect(
          teacher.vocabularyLogits == (term.readsTeacher ? term.positions : nil), "\(type.key)")
      case is any TensorTerm:
        #expect(student.vocabularyLogits == nil && teacher.vocabularyLogits == nil, "\(type.key)")
        if kind == .maskedText {
          #expect(!student.classLogits && !teacher.classLogits, "\(type.key): no classes in text")
        }
        #expect(term.rows.positions != .masked || kind == .maskedText, "\(type.key)")
      default:
        Issue.record("\(type.key) computes nothing")
      }
    }
  }

  @Test("no term, measurement or metric takes another's place in the log")
  func names() throws {
    for kind in BatchKind.allCases {
      let terms = try LossTerms.types(for: kind).map(term)
      // Types of one key differ in whose logits they are taken of: a stage has one of them under that name.
      let names = Array(Set(terms.map(\.name))) + terms.flatMap(\.measures)
      #expect(Set(names).count == names.count, "\(names)")
      #expect(Self.reserved.isDisjoint(with: names), "\(names)")
      #expect(Self.reserved.isDisjoint(with: terms.map { Swift.type(of: $0).key }))
    }
    let metrics = Metrics.all.map { $0.name }
    #expect(Set(metrics).count == metrics.count && !metrics.isEmpty)
    #expect(Self.reserved.isDisjoint(with: metrics), "\(metrics)")
  }

  @Test("an optimizer's learning rate and bound come from the keys that recipes and sweeps name")
  func optimizers() throws {
    func example<Rule: OptimizerRule>(_ type: Rule.Type) -> String { Rule.options.example }
    func read<Rule: OptimizerRule>(_ type: Rule.Type, _ map: MapReader) -> (any OptimizerRule)? {
      Rule.options.read(map)
    }
    for type in Optimizers.all {
      var tree = try #require(YAMLReading.tree(of: example(type)) { _, _ in .standard }.tree)
      tree["learning_rate"] = .text("0.125", .standard)
      tree["max_grad_norm"] = .text("0.75", .standard)
      let collector = DiagnosticCollector()
      let map = try #require(MapReader(tree, at: "optimizer", collector))
      let rule = read(type, map)
      map.finish()
      #expect(collector.diagnostics.isEmpty, "\(type.name): \(collector.diagnostics)")
      #expect(rule?.learningRate == 0.125 && rule?.maximumGradientNorm == 0.75, "\(type.name)")
      #expect(Set(type.stateNames).count == type.stateNames.count, "\(type.name)")
    }
  }

  @Test("soft targets measure what records call the teacher's entropy")
  func entropy() {
    #expect(
      SoftTargets(temperature: 2, positions: .all).measures
        == [RunRecord.GradientBreakdowns.teacherEntropy])
  }
}
