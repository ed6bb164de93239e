// The hidden term in a definition and in training: its pairs of layers, and its projections.
import RetortOptions
import RetortStorage
import RetortTensorEngine
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Hidden states of pairs of layers")
struct HiddenTests {
  // MARK: In a definition

  private static let projection = StateProjection(
    isShared: false, hasBias: true, initial: .normal(0.3), learningRate: 0.01, weightDecay: 0.1,
    clipping: .apart)

  private static func hidden(
    _ states: LayerMap, over pairs: PairReduction? = .sum, projection: StateProjection? = projection
  ) -> Hidden {
    Hidden(
      compare: .mse, states: states, overPairs: pairs, positions: .all, average: .tokens,
      projection: projection)
  }

  @Test("it is written as it is read")
  func written() {
    let term = Self.hidden(
      .pairs([LayerPair(teacher: 2, student: 1), LayerPair(teacher: 6, student: 3)]))
    #expect(
      CanonicalText.line(.map(Hidden.options.write(term)))
        == "{compare: mse, states: [[2, 1], [6, 3]], over_pairs: sum, positions: all, average: tokens, "
        + "projection: {shared: false, bias: true, init: {normal: 0.3}, learning_rate: 0.01, "
        + "weight_decay: 0.1, clip: apart}}")
  }

  @Test("uniform pairs follow from the numbers of layers, once")
  func uniform() {
    let student = ModelDimensions(layerCount: 3, hiddenSize: 8)
    let teacher = ModelDimensions(layerCount: 6, hiddenSize: 8)
    let pairs = [0, 1, 2, 3].map { LayerPair(teacher: 2 * $0, student: $0) }
    let term = Self.hidden(.uniform)
    #expect(term.resolved(student: student, teacher: teacher).states == .pairs(pairs))
    #expect(term.resolved(student: student, teacher: ModelDimensions()) == term)
    let blocks = LayerMap.uniform.pairs(of: .blocks, student: student, teacher: teacher)
    #expect(blocks == [1, 3, 5].enumerated().map { LayerPair(teacher: $1, student: $0) })
    #expect(
      LayerMap.last.pairs(of: .blocks, student: student, teacher: teacher) == [
        LayerPair(teacher: 5, student: 2)
      ])
    // PKD's: the same without the embeddings' output and the last.
    #expect(
      Self.hidden(.skip).resolved(student: student, teacher: teacher).states
        == .pairs(Array(pairs[1...2])))
    #expect(
      LayerMap.skip.pairs(of: .blocks, student: student, teacher: teacher)
        == blocks.map { Array($0[0...1]) })
    func found(_ map: LayerMap, _ inner: Int, _ outer: Int) -> String? {
      let found = Self.hidden(map).problems(
        student: ModelDimensions(layerCount: inner, hiddenSize: 8),
        teacher: ModelDimensions(layerCount: outer, hiddenSize: 16))
      #expect(found.allSatisfy { $0.key == "states" })
      return found.first?.found
    }
    #expect(found(.uniform, 3, 7) == "uniform with 7" && found(.skip, 3, 7) == "skip with 7")
    #expect(found(.skip, 1, 7) == "skip with 1" && found(.skip, 3, 6) == nil)
    let nearest = LayerMap.nearest(NearestLayers())
    #expect(found(nearest, 3, 2) == "nearest with 2" && found(nearest, 3, 7) == nil)
    #expect(LayerMap.skip.words == "skip" && nearest.isOpen && !LayerMap.last.isOpen)
  }

  @Test("the nearest layers are those of the largest sum that rise, whatever the table")
  func nearest() {
    var random = RandomInputs(5)
    for (rows, columns) in [(1, 1), (1, 4), (2, 2), (3, 5), (4, 7)] {
      for _ in 0..<20 {
        // Few values, so that sums are often equal: then the lower layers count.
        let table = (0..<rows).map { _ in
          random.integers(columns, below: 4).map { Double($0) }
        }
        var choices: [[Int]] = [[]]
        for row in 0..<rows {
          choices = choices.flatMap { choice in
            ((choice.last ?? -1) + 1..<columns - (rows - 1 - row)).map { choice + [$0] }
          }
        }
        func sum(_ choice: [Int]) -> Double {
          choice.enumerated().reduce(0) { $0 + table[$1.offset][$1.element] }
        }
        let best = choices.map(sum).max()
        let found = NearestLayers.increasing(table)
        #expect(choices.contains(found) && sum(found) == best, "\(table)")
      }
    }
    #expect(NearestLayers.increasing([[0.5, 0.5, 0.5]]) == [0])
    // Each one's own nearest, where those rise.
    #expect(NearestLayers.increasing([[1, 0.2, 0.1], [0.9, 0.3, 0.8]]) == [0, 2])
    // The second would take the first as well.
    #expect(NearestLayers.increasing([[0.9, 0.8, 0.1], [0.95, 0.2, 0.1]]) == [0, 1])
  }

  @Test("layers that are not there, widths that differ or need no projection do not fit")
  func problems() {
    func found(_ term: Hidden, widths: (Int, Int) = (8, 16)) -> [String?] {
      Objective(WeightedTerm(1, term)).problems(
        student: ModelDimensions(layerCount: 1, hiddenSize: widths.0),
        teacher: ModelDimensions(layerCount: 2, hiddenSize: widths.1)
      ).map(\.problem.key)
    }
    let far = LayerMap.pairs([LayerPair(teacher: 1, student: 1), LayerPair(teacher: 3, student: 1)])
    #expect(found(Self.hidden(far)) == ["states.1.0"])
    #expect(found(Self.hidden(.last)).isEmpty)
    #expect(found(Self.hidden(.last, projection: nil)) == [nil])
    #expect(found(Self.hidden(.last), widths: (8, 8)) == ["projection"])
    var forced = Self.projection
    forced.isForced = true
    #expect(found(Self.hidden(.last, projection: forced), widths: (8, 8)).isEmpty)
  }

  @Test("first values of a projection: normal, within Xavier's bounds, or the identity")
  func initialValues() throws {
    func weight(_ initial: StateProjection.Initial) throws -> [Float] {
      var projection = Self.projection
      projection.initial = initial
      let made = Self.hidden(.last, projection: projection).makeParameters(
        path: "hidden", student: ModelDimensions(hiddenSize: 30),
        teacher: ModelDimensions(hiddenSize: 40), seed: 3)
      #expect(made.map(\.path) == ["hidden.last_to_last.weight", "hidden.last_to_last.bias"])
      #expect(made[1].valueArray == [Float](repeating: 0, count: 40))
      return made[0].valueArray
    }
    let normal = try weight(.normal(0.02))
    let deviation = (normal.reduce(0) { $0 + Double($1 * $1) } / 1200).squareRoot()
    #expect(abs(deviation - 0.02) < 0.002)
    let uniform = try weight(.xavierUniform)
    let bound = (6.0 / 70).squareRoot()
    let largest = Double(try #require(uniform.map(\.magnitude).max()))
    #expect(largest <= bound && largest > 0.98 * bound)
    let identity = try weight(.identity)
    #expect(identity.indices.allSatisfy { identity[$0] == ($0 / 30 == $0 % 30 ? 1 : 0) })
  }

  // MARK: In training

  private static let objective = Objective(
    WeightedTerm(1, MaskedLanguage()), WeightedTerm(2, hidden(.uniform)))

  /// A student half as wide as its teacher, and half as deep.
  /// - Returns: everything that must be equal, by name.
  private func train(
    _ objective: Objective = objective, in folder: TemporaryFolder, observer: Onlooker? = nil
  ) throws -> [String: [UInt32]] {
    let engine = Engine(threadCount: 2)
    let student = Small.model(
      .distilbert, layers: 1, heads: [.maskedLanguage], hidden: 8, dropout: 0.1)
    let teacher = Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: 2)
    let settings = Small.maskedLanguage(objective, .epochs(3))
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
    let whole = try train(in: try TemporaryFolder())
    let own = whole.keys.filter { $0.hasPrefix("/objective/") }.sorted()
    #expect(
      own
        == ["0_to_0.bias", "0_to_0.weight", "1_to_2.bias", "1_to_2.weight"].map {
          "/objective/hidden.\($0)"
        })
    for name in own {
      let path = String(name.dropFirst("/objective/".count))
      #expect(whole["/optimizer/first_moment/\(path)"]?.contains { $0 != 0 } == true)
      #expect(whole[path] == nil, "no part of the model")
    }
    for step in [2, 5, 10] {
      let folder = try TemporaryFolder()
      let observer = Onlooker()
      observer.failsAtStep = step
      #expect(throws: Onlooker.Failure.self) { try train(in: folder, observer: observer) }
      #expect(try train(in: folder) == whole, "killed after step \(step)")
    }
  }

  @Test("they have a learning rate, a decay and a clipping of their own")
  func group() throws {
    func own(_ change: (inout StateProjection) -> Void) throws -> [String: [UInt32]] {
      var projection = Self.projection
      change(&projection)
      return try train(
        Objective(
          WeightedTerm(1, MaskedLanguage()),
          WeightedTerm(2, Self.hidden(.uniform, projection: projection))), in: try TemporaryFolder()
      ).filter { $0.key.hasPrefix("/objective/") }
    }
    let still = try own { ($0.learningRate, $0.weightDecay) = (0, 5) }
    let initial = Self.hidden(
      .pairs([LayerPair(teacher: 0, student: 0), LayerPair(teacher: 2, student: 1)])
    ).makeParameters(
      path: "hidden", student: ModelDimensions(hiddenSize: 8),
      teacher: ModelDimensions(hiddenSize: 16), seed: 5)
    for parameter in initial {
      #expect(
        still["/objective/\(parameter.path)"] == parameter.valueArray.map(\.bitPattern),
        "a rate of 0")
    }
    let usual = try own { _ in }
    let decayed = try own { $0.weightDecay = 5 }
    let clipped = try own { $0.clipping = .withStudent }
    let path = "/objective/hidden.0_to_0.weight"
    #expect(usual[path] != decayed[path] && usual[path] != clipped[path])
    func size(_ outcome: [String: [UInt32]]) -> Double {
      (outcome[path] ?? []).reduce(0) { $0 + Double(Float(bitPattern: $1).magnitude) }
    }
    #expect(size(decayed) < size(usual))
  }

  @Test("every comparison falls while it is trained on, of sentences too")
  func falls() throws {
    var projection = Self.projection
    projection.isShared = true
    let terms: [any TensorTerm] =
      Hidden.Comparison.allCases.map {
        Hidden(
          compare: $0, states: .last, positions: .inner, average: .sequences,
          projection: Self.projection)
      }
      + [.cosine, .mse, .infoNCE(temperature: 0.5)].map {
        Sentence(
          compare: $0, pooling: .mean, isNormalised: true, projection: Self.projection)
      }
      + [.similarityMSE, .marginMSE].map {
        Sentence(compare: $0, pooling: .first, isNormalised: false)
      }
      + [
        Hidden(
          compare: .mse, states: .uniform, overPairs: .mean, positions: .first, average: .tokens,
          projection: projection),
        Gram(of: .tokens, states: [.init(teacher: [2, 2], student: [1, 1])], average: .sequences),
      ]
    let engine = Engine(threadCount: 2)
    for term in terms {
      let settings = Small.maskedLanguage(Objective(WeightedTerm(1, term)), .epochs(6))
      let training = MaskedLanguageTraining(
        student: Small.model(.distilbert, layers: 1, heads: [.maskedLanguage], hidden: 8),
        teacher: LiveTeacher(
          model: Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: 2), engine: engine),
        batches: try Small.corpus(Small.sequences(26), settings), settings: settings,
        engine: engine)
      let before = try training.trainer.initialLosses().total
      _ = try training.run()
      let after = try training.trainer.initialLosses().total
      #expect(after < 0.99 * before, "\(term.formula): \(before) to \(after)")
    }
  }
}
