// What a definition can name: each once, and written as it is read.
import RetortOptimization
import RetortOptions
import Testing

@Suite("Optimizers and schedules by name")
struct RegistryTests {
  @Test("no name twice")
  func names() {
    let optimizers = Optimizers.all.map { $0.name }
    let schedules = LearningRateSchedules.all.map { $0.name }
    #expect(Set(optimizers).count == optimizers.count && optimizers.contains("adamw"))
    #expect(Set(schedules).count == schedules.count && schedules.contains("linear"))
  }

  @Test("AdamW is written in its canonical order and read back")
  func adamW() {
    let rule = AdamW(
      learningRate: 5e-4, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.01,
      maximumGradientNorm: 5)
    let text = CanonicalText.write(.map(AdamW.options.write(rule)), sorted: false)
    #expect(
      text == """
        learning_rate: 0.0005
        betas: [0.9, 0.98]
        epsilon: 1e-06
        weight_decay: 0.01
        max_grad_norm: 5.0

        """)
    let collector = DiagnosticCollector()
    let numbers = ["0.9", "0.98"].map { DefinitionNode.text($0, .standard) }
    let node = DefinitionNode.map(
      [
        ("learning_rate", .text("5.0e-4", .standard)),
        ("betas", DefinitionNode(content: .list(numbers), origin: .standard)),
        ("epsilon", .text("1.0e-6", .standard)), ("weight_decay", .text("0.01", .standard)),
        ("max_grad_norm", .text("5", .standard)),
      ], .standard)
    let read = MapReader(node, at: "optimizer", collector).flatMap { AdamW.options.read($0) }
    #expect(read == rule && collector.diagnostics.isEmpty)
    #expect(
      rule.words == "AdamW, betas 0.9 and 0.98, epsilon 1e-6, weight decay 0.01 "
        + "(not on biases and layer norms), gradient norm at most 5")
  }
}
