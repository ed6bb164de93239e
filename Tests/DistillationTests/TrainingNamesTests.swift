// A training goes on from its own checkpoint alone: terms and optimizer are compared by name.
import RetortOptimization
import RetortStorage
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Names in a checkpoint") struct TrainingNamesTests {
  private let engine = Engine(threadCount: 2)
  private static let adam = OptimizationSettings(
    optimizer: Adam(
      learningRate: 5e-3, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.01,
      maximumGradientNorm: 1),
    warmup: .fraction(0.1), schedule: Small.optimization.schedule)

  private func train(
    _ folder: TemporaryFolder, _ objective: Objective = Small.maskedLanguage,
    _ optimization: OptimizationSettings = Small.optimization, steps: Int
  ) throws {
    var settings = Small.maskedLanguage(objective, .steps(steps))
    settings.optimization = optimization
    let model = Small.model(.bert, layers: 2, heads: [.maskedLanguage])
    _ = try MaskedLanguageTraining(
      student: model,
      teacher: LiveTeacher(
        model: Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: 2), engine: engine),
      batches: Small.corpus(Small.sequences(26), settings), settings: settings, engine: engine,
      checkpointing: Small.checkpointing(folder, resumes: true)
    ).run()
  }

  @Test("another optimizer or other terms, though as many, are refused with both names")
  func others() throws {
    let folder = try TemporaryFolder()
    try train(folder, Small.maskedLanguage, Self.adam, steps: 3)
    let path = folder.file("last.h5")
    #expect(
      throws: TrainingError.foreignProgress(
        "\(path): optimizer: adam in the checkpoint, adamw in this training")
    ) { try train(folder, steps: 6) }
    let soft = Objective(.soft(weight: 1, temperature: 2, positions: .all))
    #expect(
      throws: TrainingError.foreignProgress(
        "\(path): loss terms: masked_lm in the checkpoint, soft_targets in this training; "
          + "optimizer: adam in the checkpoint, adamw in this training")
    ) { try train(folder, soft, steps: 6) }
    try train(folder, Small.maskedLanguage, Self.adam, steps: 6)
  }

  @Test(
    "a checkpoint of an earlier version, without names, is gone on with; its number of terms must agree"
  )
  func withoutNames() throws {
    let folder = try TemporaryFolder()
    try train(folder, steps: 3)
    let path = folder.file("last.h5")
    let checkpoint = try Checkpoint(path: path)
    var content = CheckpointContent()
    content.attributes = checkpoint.attributes
    content.progress = checkpoint.progress
    for name in ["term_names", "optimizer_name"] { content.progress[name] = nil }
    #expect(content.progress.count == checkpoint.progress.count - 2)
    content.model = try checkpoint.tensorNames().map { try checkpoint.tensor($0) }
    for group in checkpoint.optimizerGroups {
      content.optimizer[group] = try checkpoint.tensorNames(in: "/optimizer/\(group)").map {
        try checkpoint.tensor($0, in: "/optimizer/\(group)")
      }
    }
    try Checkpoint.write(path: path, content: content)
    #expect(
      throws: TrainingError.foreignProgress(
        "\(path): loss terms: 1 in the checkpoint, 3 in this training")
    ) { try train(folder, Small.paperObjective, steps: 6) }
    try train(folder, steps: 6)
    #expect(try Checkpoint(path: path).progress["step"] == .integer(6))
    withExtendedLifetime(checkpoint) {}
  }
}
