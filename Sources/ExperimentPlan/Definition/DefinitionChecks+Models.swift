// What must hold for each model of a definition and for its vocabulary.
import RetortOptions
import RetortTransformers

extension DefinitionChecks {
  mutating func check(_ model: ModelDefinition) {
    checkHead(model)
    switch model.source {
    case .folder where mistakes.touch("models.\(model.name).from"): break
    case .folder(let address):
      checkStored(model, context.look(address), key: "from", readsWeights: true)
    case .randomWeights(let address):
      checkStored(model, context.look(address), key: "from.random", readsWeights: false)
    case .scratch(let family, let sizes): check(model, family, sizes)
    case .layers(let student), .randomStudent(let student): check(model, student)
    }
  }

  /// A head begins with what its model's source can give.
  private mutating func checkHead(_ model: ModelDefinition) {
    let path = "models.\(model.name)"
    let kept: HeadStart? =
      switch model.source {
      case .folder: .stored
      case .layers: .copied
      case .randomWeights, .scratch, .randomStudent: nil
      }
    guard let start = model.maskedLMHead, start != .new, start != kept,
      !["from", "random_weights"].contains(where: { mistakes.touch("\(path).\($0)") })
    else { return }
    report(
      "\(path).head.init",
      expected: (["new"] + (kept.map { [$0.rawValue] } ?? [])).joined(separator: " or "),
      found: "'\(start.rawValue)'",
      advice: start == .stored
        ? "'stored' is for models read with from: FOLDER"
        : "'copied' is for models made with init_from, random_weights not set")
  }

  /// A folder or checkpoint, as far as can be seen without reading its weights.
  private mutating func checkStored(
    _ model: ModelDefinition, _ look: ModelLook, key: String, readsWeights: Bool
  ) {
    let path = "models.\(model.name)"
    switch look {
    case .absent: return
    case .unusable(let problems):
      for problem in problems { report("\(path).\(key)", "cannot be used: \(problem)") }
    case .outline(let outline):
      checkVocabulary(of: outline, at: "\(path).\(key)", readsWeights: readsWeights)
      guard readsWeights, let parts = outline.parts else { return }
      let problems = outline.problems(heads: parts.intersection([.pooler]))
      for problem in problems { report("\(path).\(key)", "cannot be used: \(problem)") }
      guard problems.isEmpty, model.maskedLMHead == .stored else { return }
      if !parts.contains(.maskedLanguage) {
        report(
          "\(path).head.init", expected: "a masked_lm head in the weights",
          found: parts.sorted().map(\.rawValue).joined(separator: ", "), advice: "write init: new")
      } else if let problem = outline.problems[.maskedLanguage] {
        report("\(path).head.init", "cannot be used: \(problem)")
      }
    }
  }

  /// The vocabulary that a model's words belong to is the definition's.
  private mutating func checkVocabulary(
    of outline: ModelOutline, at path: String, readsWeights: Bool
  ) {
    let graph = DefinitionGraph(definition)
    guard let address = graph.vocabularyAddress, let own = context.look(address).outline else {
      return
    }
    let (size, words) = (
      own.configuration.vocabularySize, outline.configuration.vocabularySize
    )
    if size != words {
      report(
        path, expected: "a model of \(size) words, as the definition's vocabulary has",
        found: "one of \(words)", advice: "models and text of a definition share one vocabulary")
    } else if readsWeights, let tokens = outline.tokens, let vocabulary = own.tokens,
      let difference = ModelOutline.difference(of: tokens, from: vocabulary)
    {
      report(path, "cannot be used: \(difference)")
    }
  }

  private mutating func check(
    _ model: ModelDefinition, _ family: ModelFamily, _ sizes: ModelSizes
  ) {
    let before = diagnostics.count
    if let epsilon = family.fixedLayerNormEpsilon, sizes.layerNormEpsilon != epsilon {
      report(
        "models.\(model.name).sizes.layer_norm_epsilon", expected: "\(epsilon) in a \(family)",
        found: "\(sizes.layerNormEpsilon)",
        advice:
          "its config.json has no place for another, so it would be lost when the model is stored")
    }
    if sizes.hiddenSize % sizes.headCount != 0 {
      report(
        "models.\(model.name).sizes.hidden_size",
        expected: "a multiple of head_count (\(sizes.headCount))", found: "\(sizes.hiddenSize)")
    }
    guard diagnostics.count == before else { return }
    for problem in shape(of: model.name).configuration?.problems ?? [] {
      report("models.\(model.name)", "cannot be built: \(problem)")
    }
  }

  private mutating func check(_ model: ModelDefinition, _ student: StudentSource) {
    let source = shape(of: student.of)
    let path = "models.\(model.name)"
    if let count = source.layerCount {
      for (place, layer) in student.layers.enumerated() where layer >= count {
        report(
          "\(path).layers.\(place)", expected: "a layer from 0 to \(count - 1)", found: "\(layer)",
          advice: "\(student.of) has \(count) layers, counted from 0")
      }
    }
    if let width = student.width { check(width, of: student.of, source.configuration, at: path) }
    guard let from = source.family, !mistakes.touch("\(path).architecture") else { return }
    let to = student.architecture
    switch (from.structure.hasTokenTypes, to.structure.hasTokenTypes) {
    case (true, false):
      if student.tokenType == nil {
        report(
          "\(path).token_type", expected: "fold or drop, for what becomes of the token types",
          found: "nothing",
          advice: "fold keeps the first layer's input exact, drop is DistilBERT's own script")
      }
    case (false, true):
      report(
        "\(path).architecture", expected: "\(from), as \(student.of) is one", found: "\(to)",
        advice: "a \(from.title) has no token types to make a \(to.title) from")
    case (true, true), (false, false):
      if student.tokenType != nil {
        report(
          "\(path).token_type", "has no meaning from \(from) to \(to)", advice: "leave it out")
      }
    }
  }

  /// A student is at most as wide as what it is made of.
  private mutating func check(
    _ width: StudentWidth, of name: String, _ source: TransformerConfiguration?, at path: String
  ) {
    let path = "\(path).width"
    let before = diagnostics.count
    if width.hiddenSize % width.headCount != 0 {
      report(
        "\(path).hidden_size", expected: "a multiple of head_count (\(width.headCount))",
        found: "\(width.hiddenSize)")
    }
    guard let source else { return }
    for (key, most, found) in [
      ("hidden_size", source.hiddenSize, width.hiddenSize),
      ("head_count", source.headCount, width.headCount),
      ("feed_forward_size", source.feedForwardSize, width.feedForwardSize),
    ] where found > most {
      report(
        "\(path).\(key)", expected: "at most \(most), as \(name) has", found: "\(found)",
        advice: "a wider student is built from nothing, with sizes")
    }
    let headSize = width.hiddenSize / width.headCount
    if diagnostics.count == before, headSize > source.headSize {
      report(
        "\(path).head_count",
        expected:
          "heads of at most \(source.headSize) columns (hidden_size / head_count), as \(name) has",
        found: "heads of \(headSize)", advice: "use more heads")
    }
  }

  mutating func checkVocabulary() {
    switch definition.vocabulary.source {
    case .trained(_, let size):
      for model in definition.models {
        let isFolder =
          switch model.source {
          case .folder, .randomWeights: true
          default: false
          }
        guard isFolder, let own = shape(of: model.name).vocabularySize, own != size else {
          continue
        }
        report(
          "vocabulary.train.size", expected: "\(own), as models.\(model.name) has",
          found: "\(size)", advice: "use the model's own: vocabulary: {from: \(model.name)}")
      }
    case .model(let name):
      if definition.model(named: name)?.source.student != nil {
        report(
          "vocabulary.from", expected: "a model read from a folder", found: "'\(name)'",
          advice: "name the model that the layers come from")
      } else if case .scratch = definition.model(named: name)?.source {
        report(
          "vocabulary.from", expected: "a model read from a folder", found: "'\(name)'",
          advice: "a model built from nothing has no vocabulary of its own")
      }
    case .folder(let address):
      guard case .unusable(let problems) = context.look(address) else { return }
      for problem in problems { report("vocabulary.from", "cannot be used: \(problem)") }
    }
  }
}
