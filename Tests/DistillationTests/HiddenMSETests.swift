// Hidden MSE: against PyTorch 2.4.0 in double precision (hidden_mse.h5), and its projections in training.
import RetortOptions
import RetortStorage
import RetortTensorEngine
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Hidden MSE and its projections")
struct HiddenMSETests {
  // MARK: Value and gradient

  @Test("value, gradient of the student's states and of the projections equal PyTorch's")
  func parity() throws {
    let tolerance = Tolerance(
      relative: 2e-5, absolute: 1e-6, because: "float32 products of up to 24 values")
    let fixture = try Fixture("hidden_mse.h5")
    #expect(fixture.groups.count == 3)
    for group in fixture.groups {
      let pairs = (0..<Int(try fixture.number("pairs", of: group))).map {
        HiddenMSE.LayerPair(student: $0, teacher: 2 * $0 + 1)
      }
      let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
      func tensor(_ name: String, differentiable: Bool) throws -> Tensor {
        let shape = try #require(fixture.shape("\(group)/\(name)"))
        return scope.input(
          try fixture.floats("\(group)/\(name)"), rows: shape[0], columns: shape[1],
          differentiable: differentiable)
      }
      var (student, teacher) = ([HiddenLayer: Tensor](), [HiddenLayer: Tensor]())
      var projections: [Parameter] = []
      for (i, pair) in pairs.enumerated() {
        student[.number(pair.student)] = try tensor("student_\(i)", differentiable: true)
        teacher[.number(pair.teacher)] = try tensor("teacher_\(i)", differentiable: false)
        projections.append(
          Parameter(
            try fixture.floats("\(group)/projection_\(i)"), path: "projection_\(i)",
            shape: try #require(fixture.shape("\(group)/projection_\(i)"))))
      }
      let positions = try #require(student.values.first).rows
      let sum = HiddenMSE(pairs: pairs).sum(
        over: TermBatch(
          student: ObservedTensors(hiddenStates: student),
          teacher: ObservedTensors(hiddenStates: teacher),
          layout: SequenceLayout(offsets: [0, Int32(positions)]), parameters: projections),
        gradientScale: 1 / Double(positions), in: scope)
      scope.backward()
      expectClose(
        [sum / Double(positions)], [try fixture.number("loss", of: group)], tolerance, group)
      for (i, pair) in pairs.enumerated() {
        let states = try #require(student[.number(pair.student)])
        expectClose(
          scope.gradientValues(of: states) ?? [],
          try fixture.floats("\(group)/student_\(i)_gradient"), tolerance, "\(group) student \(i)")
        expectClose(
          projections[i].gradientArray, try fixture.floats("\(group)/projection_\(i)_gradient"),
          tolerance, "\(group) projection \(i)")
      }
    }
  }

  // MARK: In a definition

  private func read(_ pairs: [[(String, String)]]) -> (HiddenMSE?, [Diagnostic]) {
    let collector = DiagnosticCollector()
    let items = pairs.map { pair in
      DefinitionNode.map(pair.map { ($0.0, .text($0.1, .standard)) }, .standard)
    }
    let node = DefinitionNode.map(
      [("pairs", DefinitionNode(content: .list(items), origin: .standard))], .standard)
    let term = MapReader(node, at: "loss.hidden_mse", collector).flatMap {
      HiddenMSE.options.read($0)
    }
    return (term, collector.diagnostics)
  }

  @Test("pairs are read as they are written, and twice the same pair or none is a mistake")
  func options() {
    let term = HiddenMSE(pairs: [.init(student: 1, teacher: 2), .init(student: 3, teacher: 6)])
    #expect(
      CanonicalText.write(.map(HiddenMSE.options.write(term)), sorted: false)
        == "pairs:\n  - student: 1\n    teacher: 2\n  - student: 3\n    teacher: 6\n")
    let written = [[("student", "1"), ("teacher", "2")], [("student", "3"), ("teacher", "6")]]
    let (read, reports) = read(written)
    #expect(read == term && reports.isEmpty)
    let nothing = self.read([])
    #expect(nothing.0 == nil && nothing.1.map(\.expected) == ["at least one pair"])
    #expect(
      self.read([written[0], written[1], written[0]]).1.map(\.problem) == [
        "loss.hidden_mse.pairs.2: {student: 1, teacher: 2} is given twice"
      ])
  }

  @Test("layers that are not there do not fit; another width does")
  func problems() {
    let objective = Objective(WeightedTerm(1, HiddenMSE(pairs: [.init(student: 1, teacher: 3)])))
    let student = ModelDimensions(layerCount: 1, hiddenSize: 8)
    func found(_ layers: Int) -> [String] {
      objective.problems(
        student: student, teacher: ModelDimensions(layerCount: layers, hiddenSize: 16)
      ).map(\.problem.found)
    }
    #expect(found(3).isEmpty && found(2) == ["3"])
    let problem = objective.problems(
      student: student, teacher: ModelDimensions(layerCount: 2, hiddenSize: 16)
    ).first?.problem
    #expect(problem?.key == "pairs.0.teacher")
  }

  // MARK: In training

  private static let objective = Objective(
    WeightedTerm(1, MaskedLanguage()),
    WeightedTerm(
      2, HiddenMSE(pairs: [.init(student: 0, teacher: 0), .init(student: 1, teacher: 2)])))

  /// A student half as wide as its teacher.
  /// - Returns: everything that must be equal, by name.
  private func train(
    _ folder: TemporaryFolder, observer: Onlooker? = nil
  ) throws -> [String: [UInt32]] {
    let engine = Engine(threadCount: 2)
    let student = Small.model(
      .distilbert, layers: 1, heads: [.maskedLanguage], hidden: 8, dropout: 0.1)
    let teacher = Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: 2)
    let settings = Small.maskedLanguage(Self.objective, .epochs(3))
    let checkpointing = Small.checkpointing(folder, every: .steps(3), resumes: true)
    _ = try MaskedLanguageTraining(
      student: student, teacher: LiveTeacher(model: teacher, engine: engine),
      batches: Small.corpus(Small.sequences(26), settings), settings: settings, engine: engine,
      checkpointing: checkpointing, observer: observer
    ).run()
    var outcome = student.valuesByPath.mapValues { $0.map(\.bitPattern) }
    let checkpoint = try Checkpoint(path: checkpointing.path)
    for group in ["/objective", "/optimizer/first_moment", "/optimizer/second_moment"] {
      for name in checkpoint.tensorNames(in: group) {
        outcome["\(group)/\(name)"] = try checkpoint.values(name, in: group).map(\.bitPattern)
      }
    }
    return outcome
  }

  @Test("projections are trained, saved and gone on with: killed, it ends in the same bits")
  func resumed() throws {
    let whole = try train(try TemporaryFolder())
    let initial = try #require(Self.objective.terms[1].term as? HiddenMSE).makeParameters(
      path: "hidden_mse", student: ModelDimensions(hiddenSize: 8),
      teacher: ModelDimensions(hiddenSize: 16), seed: 5)
    #expect(initial.map(\.path) == ["hidden_mse.0_to_0.weight", "hidden_mse.1_to_2.weight"])
    #expect(initial.allSatisfy { $0.shape == [16, 8] })
    #expect(whole.keys.filter { $0.hasPrefix("/objective/") }.count == 2)
    for parameter in initial {
      let trained = try #require(whole["/objective/\(parameter.path)"])
      #expect(trained.count == 128 && trained != parameter.valueArray.map(\.bitPattern))
      #expect(whole["/optimizer/first_moment/\(parameter.path)"]?.contains { $0 != 0 } == true)
      #expect(whole[parameter.path] == nil, "no part of the model")
    }
    for step in [2, 5, 10] {
      let folder = try TemporaryFolder()
      let observer = Onlooker()
      observer.failsAtStep = step
      #expect(throws: Onlooker.Failure.self) { try train(folder, observer: observer) }
      #expect(try train(folder) == whole, "killed after step \(step)")
    }
  }

  @Test("it falls while it is trained on")
  func falls() throws {
    let observer = Onlooker()
    _ = try train(try TemporaryFolder(), observer: observer)
    let values = observer.steps.compactMap { step in
      step.losses.terms.first { $0.name == "hidden_mse" }?.value
    }
    #expect(values.count == 12)
    #expect(try #require(values.last) < 0.9 * (try #require(values.first)))
  }
}
