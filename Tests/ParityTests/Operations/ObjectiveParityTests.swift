// Every loss against PyTorch 2.4.0 in double precision: operations.h5.
import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite("Objectives equal PyTorch's")
struct ObjectiveParityTests {
  private let engine = Engine(threadCount: 2)
  private let tolerance = Tolerance(
    relative: 2e-5, absolute: 1e-6, because: "float32 softmax and sums of a row")

  static let crossEntropies = ["1x2", "5x2", "16x7"]
  static let comparisons = ["1x8", "11x37"]
  static let divergences = ["6x2_t1", "9x37_t2", "5x301_t2", "4x16_t8"]
  static let languageModels = ["10x97", "6x300"]
  static let heads = ["all_positions", "masked_positions", "labels_only", "divergence_only"]

  static let groups: [String] =
    crossEntropies.map { "cross_entropy/\($0)" }
    + comparisons.flatMap { ["mean_squared_error/\($0)", "cosine_embedding_loss/\($0)"] }
    + divergences.map { "soft_target_divergence/\($0)" }
    + languageModels.map { "masked_language_model/\($0)" }
    + heads.map { "vocabulary_head/\($0)" } + ["vocabulary_head/inputs"]

  private func expectLoss(_ loss: Double, _ `case`: OperationCase, _ name: String = "loss") throws {
    expectClose([loss], [try `case`.number(name)], tolerance, "\(`case`.group) \(name)")
  }

  @Test("cross-entropy", arguments: crossEntropies)
  func crossEntropy(size: String) throws {
    let `case` = try OperationCase("cross_entropy/\(size)")
    let scope = ComputeScope(engine: engine, recording: true)
    let logits = try `case`.input("logits", in: scope)
    let count = Double(logits.rows)
    let losses = scope.crossEntropy(
      logits: logits, labels: try `case`.integers("labels"), gradientScale: 1 / count)
    try expectLoss(losses.reduce(0, +) / count, `case`)
    try `case`.expectGradients(inputs: ["logits": logits], in: scope, tolerance)
  }

  @Test("mean squared error", arguments: comparisons)
  func meanSquaredError(size: String) throws {
    let `case` = try OperationCase("mean_squared_error/\(size)")
    let scope = ComputeScope(engine: engine, recording: true)
    let x = try `case`.input("x", in: scope)
    let count = Double(x.rows * x.columns)
    let sums = scope.squaredError(
      student: x, teacher: try `case`.constant("target", in: scope), gradientScale: 1 / count)
    try expectLoss(sums.reduce(0, +) / count, `case`)
    try `case`.expectGradients(inputs: ["x": x], in: scope, tolerance)
  }

  @Test("cosine embedding loss", arguments: comparisons)
  func cosine(size: String) throws {
    let `case` = try OperationCase("cosine_embedding_loss/\(size)")
    let scope = ComputeScope(engine: engine, recording: true)
    let x = try `case`.input("x", in: scope)
    let count = Double(x.rows)
    let losses = scope.cosineEmbeddingLoss(
      student: x, teacher: try `case`.constant("target", in: scope), gradientScale: 1 / count)
    try expectLoss(losses.reduce(0, +) / count, `case`)
    try `case`.expectGradients(inputs: ["x": x], in: scope, tolerance)
  }

  @Test("soft targets of class logits, on the rows chosen", arguments: divergences)
  func softTargets(name: String) throws {
    let `case` = try OperationCase("soft_target_divergence/\(name)")
    let scope = ComputeScope(engine: engine, recording: true)
    let student = try `case`.input("student", in: scope)
    let chosen = try `case`.integers("rows")
    let count = Double(chosen.count)
    let losses = scope.softTargets(
      .hinton(temperature: Float(try `case`.number("temperature"))),
      student: scope.rows(chosen, of: student),
      teacher: scope.rows(chosen, of: try `case`.constant("teacher", in: scope)),
      gradientScale: 1 / count)
    scope.backward()
    try expectLoss(losses.reduce(0, +) / count, `case`)
    try `case`.expectGradients(inputs: ["student": student], in: scope, tolerance)
  }

  /// Given logits go through the head by way of an identity as decoder.
  private func identity(_ size: Int) -> (decoder: Parameter, bias: Parameter) {
    let decoder = Parameter(path: "identity", kind: .weight, shape: [size, size])
    for i in 0..<size { decoder.values[i * size + i] = 1 }
    return (decoder, Parameter(path: "zero", kind: .bias, shape: [size]))
  }

  @Test("soft targets of vocabulary logits, on the rows chosen", arguments: divergences)
  func softTargetsOfVocabulary(name: String) throws {
    let `case` = try OperationCase("soft_target_divergence/\(name)")
    let scope = ComputeScope(engine: engine, recording: true)
    let student = try `case`.input("student", in: scope)
    let chosen = try `case`.integers("rows")
    let (decoder, bias) = identity(student.columns)
    let sums = scope.vocabularyHead(
      hidden: student, decoder: decoder, bias: bias,
      teacher: TeacherVocabulary(
        hidden: try `case`.constant("teacher", in: scope), decoder: decoder, bias: bias),
      objectives: [
        WeightedObjective(
          SoftTargetObjective(.hinton(temperature: Float(try `case`.number("temperature")))),
          gradientScale: 1 / Double(chosen.count),
          rowWeights: (0..<Int32(student.rows)).map { chosen.contains($0) ? 1 : 0 })
      ])
    try expectLoss(sums[0] / Double(chosen.count), `case`)
    try `case`.expectGradients(inputs: ["student": student], in: scope, tolerance)
  }

  @Test("masked language model", arguments: languageModels)
  func maskedLanguageModel(size: String) throws {
    let `case` = try OperationCase("masked_language_model/\(size)")
    let scope = ComputeScope(engine: engine, recording: true)
    let logits = try `case`.input("logits", in: scope)
    let labels = try `case`.integers("labels").map { max($0, -1) }
    let count = Double(labels.count { $0 >= 0 })
    let (decoder, bias) = identity(logits.columns)
    let sums = scope.vocabularyHead(
      hidden: logits, decoder: decoder, bias: bias,
      objectives: [
        WeightedObjective(MaskedLanguageObjective(labels: labels), gradientScale: 1 / count)
      ])
    try expectLoss(sums[0] / count, `case`)
    try `case`.expectGradients(inputs: ["logits": logits], in: scope, tolerance)
  }

  @Test("the vocabulary head, tied to the embedding of its input", arguments: heads)
  func vocabularyHead(name: String) throws {
    let (inputs, `case`) = (
      try OperationCase("vocabulary_head/inputs"), try OperationCase("vocabulary_head/\(name)")
    )
    let scope = ComputeScope(engine: engine, recording: true)
    let words = try inputs.parameter("word", kind: .embedding)
    let (weight, bias) = (try inputs.parameter("weight"), try inputs.parameter("bias", kind: .bias))
    let decoderBias = try inputs.parameter("decoder_bias", kind: .bias)
    let ids = try inputs.integers("ids")
    let labels = try inputs.integers("labels").map { max($0, -1) }
    let chosen = try `case`.integers("rows")
    let divergenceWeight = try `case`.number("divergence_weight")
    let labelWeight = try `case`.number("label_weight")
    let labelCount = Double(labels.count { $0 >= 0 })

    // Positions of zeros: the fixture looks words up alone.
    let positions = Parameter(
      path: "positions", kind: .embedding, shape: [ids.count, words.columns])
    let layout = SequenceLayout(offsets: [0, Int32(ids.count)])
    let x = scope.embedding(
      tokenIDs: ids, layout: layout, words: words, positions: positions, tokenTypes: nil,
      paddingID: nil)
    let hidden = scope.linear(x, weight: ParameterSpan(weight), bias: ParameterSpan(bias))
    expectClose(hidden.copyValues(), try `case`.floats("hidden"), tolerance, "hidden")

    let divergence = WeightedObjective(
      SoftTargetObjective(.hinton(temperature: Float(try `case`.number("temperature")))),
      gradientScale: divergenceWeight / Double(chosen.count),
      rowWeights: (0..<Int32(ids.count)).map { chosen.contains($0) ? 1 : 0 })
    let language = WeightedObjective(
      MaskedLanguageObjective(
        labels: labels), gradientScale: labelWeight / labelCount)
    let sums = scope.vocabularyHead(
      hidden: hidden, decoder: words, bias: decoderBias,
      teacher: TeacherVocabulary(
        hidden: try inputs.constant("teacher_hidden", in: scope),
        decoder: try inputs.parameter("teacher_decoder"),
        bias: try inputs.parameter("teacher_decoder_bias", kind: .bias)),
      objectives: [divergence, language])
    try expectLoss(sums[0] / Double(chosen.count), `case`, "divergence")
    try expectLoss(sums[1] / labelCount, `case`, "masked_language_model")
    try expectLoss(
      divergenceWeight * sums[0] / Double(chosen.count) + labelWeight * sums[1] / labelCount,
      `case`)

    // First the decoder's own contribution, then the sum with the look-up's.
    expectClose(
      words.gradientArray, try `case`.floats("word_gradient_decoder"), tolerance, "∂decoder")
    expectClose(
      scope.gradientValues(of: hidden) ?? [], try `case`.floats("hidden_gradient"), tolerance,
      "∂hidden")
    scope.backward()
    try `case`.expectGradients(
      parameters: [words, weight, bias, decoderBias], in: scope, tolerance)
  }
}
