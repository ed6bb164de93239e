// Where the weights of models came from, in words.
import RetortRecords

extension RunRecord {
  /// Where the weights of a stage's model came from, in words: the chain of stages it went
  /// through, back to the model it began as.
  func describedModel(of stage: Stage) -> String {
    var chain: [String] = []
    var current = stage.trainedInput
    while let name = current, chain.count < 16 {
      if let model = weights.first(where: { $0.name == name }) {
        chain.append("\(originText(of: model)) (\(model.source))")
        return chain.joined(separator: ", from ")
      }
      guard let parent = stages.first(where: { $0.id == name }) else { break }
      chain.append("stage \(name)")
      current = parent.trainedInput
    }
    return chain.isEmpty ? stage.id : chain.joined(separator: ", from ")
  }

  /// The first stage that trained a model which was built from random values; nil if none did, and for the
  /// sizes of a published model: no rehearsal on those may look like the model itself.
  func teaching(of model: Weights) -> String? {
    guard model.origin == .random else { return nil }
    let isStudent: Bool
    if let drawn = model.drawnFor {
      guard drawn != .file else { return nil }
      isStudent = drawn == .student
    } else {
      // Earlier records say it in words alone.
      guard model.source.hasPrefix("random") else { return nil }
      isStudent = model.source.contains("sizes of a student of")
    }
    return stages.first {
      !$0.isEvaluated && $0.trainedInput == model.name && ($0.teachers.isEmpty || isStudent)
    }?.id
  }

  /// Models of random values that nothing here has trained and no baseline asks for: what is measured on them says
  /// nothing of models that were learned.
  var unlearnedWeights: [Weights] {
    weights.filter { model in
      model.origin == .random && teaching(of: model) == nil
        && !model.name.hasSuffix(".random_init")
    }
  }

  /// Where a model's weights come from, in words.
  func originText(of model: Weights) -> String {
    teaching(of: model).map { "random first values, trained here in stage \($0)" }
      ?? model.origin.text
  }
}

extension RunRecord.Weights.Origin {
  fileprivate var text: String {
    switch self {
    case .published: "published weights"
    case .folder: "weights read from disk"
    case .random: "seeded random weights (nothing learned)"
    case .copied: "copied weights"
    }
  }
}
