// What a training must leave alone: the teacher, and parameters that are frozen.
import RetortStorage
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("What a training leaves alone")
struct UntouchedTests {
  private let engine = Engine(threadCount: 2)

  @Test("the teacher keeps its weights and receives no gradients")
  func teacher() throws {
    let teacher = Small.model(
      .bert, layers: 2, heads: [.maskedLanguage], dropout: 0.1, seed: 2)
    let before = teacher.valuesByPath
    let settings = Small.maskedLanguage(Small.paperObjective, .epochs(2))
    _ = try MaskedLanguageTraining(
      student: Small.model(.distilbert, layers: 1, heads: [.maskedLanguage], dropout: 0.1),
      teacher: LiveTeacher(model: teacher, engine: engine),
      batches: Small.corpus(Small.sequences(26), settings), settings: settings, engine: engine
    ).run()
    #expect(teacher.valuesByPath == before)
    #expect(teacher.parameters.allSatisfy { !$0.hasGradient && $0.gradientValues() == nil })
  }

  @Test("the teacher does not drop out")
  func teacherIsInferring() throws {
    func losses(teacherDropout: Double) throws -> [StepLosses] {
      let settings = Small.maskedLanguage(Small.paperObjective, .epochs(1))
      let observer = Onlooker()
      _ = try MaskedLanguageTraining(
        student: Small.model(.distilbert, layers: 1, heads: [.maskedLanguage], dropout: 0.1),
        teacher: LiveTeacher(
          model: Small.model(
            .bert, layers: 2, heads: [.maskedLanguage], dropout: teacherDropout, seed: 2),
          engine: engine),
        batches: Small.corpus(Small.sequences(26), settings), settings: settings, engine: engine,
        observer: observer
      ).run()
      return observer.steps.map(\.losses)
    }
    #expect(try losses(teacherDropout: 0.5) == losses(teacherDropout: 0))
  }

  @Test("the student does")
  func studentDropsOut() throws {
    for kind in TrainingKind.allCases {
      let (observer, again) = (Onlooker(), Onlooker())
      _ = try kind.run(limit: .steps(1), observer: observer)
      _ = try kind.run(limit: .steps(1), observer: again)
      #expect(observer.steps.map(\.losses) == again.steps.map(\.losses))
    }
    func firstLoss(dropout: Double) throws -> Double {
      let settings = Small.maskedLanguage(Small.maskedLanguage, .steps(1))
      let observer = Onlooker()
      _ = try MaskedLanguageTraining(
        student: Small.model(.bert, layers: 1, heads: [.maskedLanguage], dropout: dropout),
        teacher: nil, batches: Small.corpus(Small.sequences(26), settings), settings: settings,
        engine: engine, observer: observer
      ).run()
      return observer.steps[0].losses.total
    }
    #expect(try firstLoss(dropout: 0.3) != firstLoss(dropout: 0))
  }

  /// Decay included, which would move them without any gradient.
  @Test(
    "frozen parameters", arguments: [["embeddings"], ["encoder.layer.0", "key"], ["masked_lm"]])
  func frozen(_ parts: [String]) throws {
    let folder = try TemporaryFolder()
    let model = Small.model(.bert, layers: 2, heads: [.maskedLanguage], dropout: 0.1)
    let frozen = model.parameters.filter { parameter in
      parts.contains { parameter.path.contains($0) }
    }
    #expect(!frozen.isEmpty && frozen.count < model.parameters.count)
    for parameter in frozen { parameter.isTrainable = false }
    let before = model.valuesByPath
    var settings = Small.maskedLanguage(Small.maskedLanguage, .epochs(2))
    settings.optimization = Small.optimization(weightDecay: 0.5)
    _ = try MaskedLanguageTraining(
      student: model, teacher: nil, batches: Small.corpus(Small.sequences(26), settings),
      settings: settings, engine: engine, checkpointing: Small.checkpointing(folder)
    ).run()
    let paths = Set(frozen.map(\.path))
    for parameter in model.parameters {
      let unchanged = before[parameter.path] == parameter.valueArray
      #expect(unchanged == paths.contains(parameter.path), "\(parameter.path)")
    }
    #expect(frozen.allSatisfy { $0.gradientValues() == nil })
    // They have no moments either, but are in the checkpoint with the others.
    let checkpoint = try Checkpoint(path: folder.file("last.h5"))
    #expect(
      Set(checkpoint.tensorNames(in: "/optimizer/first_moment"))
        == Set(model.parameters.map(\.path)).subtracting(paths))
    #expect(Set(checkpoint.tensorNames()) == Set(model.parameters.map(\.path)))
  }
}
