// The `stages:` of a definition.
import Options

extension DefinitionDecoding {
  func stages(_ top: MapReader) -> [StageDefinition]? {
    guard let node = top.node("stages") else { return nil }
    guard let items = node.items else {
      top.reportWrong(node, "stages", expected: "a list of stages, each beginning with '- id:'")
      return nil
    }
    guard !items.isEmpty else {
      top.reportWrong(node, "stages", expected: "at least one stage")
      return nil
    }
    var seen: [String: Origin] = [:]
    return items.enumerated().compactMap { index, item in
      let name = item["id"]?.scalar ?? "\(index)"
      guard let reader = MapReader(item, at: "stages.\(name)", collector) else { return nil }
      defer { reader.finish() }
      let id = reader.required("id", expected: "a name", identifier(reader, "id"))
      if let id, let node = reader.node("id") {
        if let first = seen[id] {
          reader.reportWrong(
            node, "id", expected: "another name than the stage at \(first.label) has")
        }
        seen[id] = node.origin
      }
      let kinds = StageKind.allCases.filter { reader.has($0.rawValue) }
      guard kinds.count == 1, let kind = kinds.first else {
        collector.report(
          Diagnostic(
            item.origin, reader.path, expected: "one of pretrain, distill, finetune",
            found: kinds.isEmpty
              ? "none of them" : kinds.map(\.rawValue).joined(separator: " and ")))
        return nil
      }
      return reader.map(kind.rawValue, at: reader.path) { body in
        body.otherSpellings = DefinitionPath.shortForms.map(\.key)
        return stage(kind, body, id: id)
      }
    }
  }

  private func stage(_ kind: StageKind, _ body: MapReader, id: String?) -> StageDefinition? {
    let recipe = body.text("recipe")
    let work: StageWork? =
      switch kind {
      case .pretrain: pretrain(body).map { .pretrain($0) }
      case .distill: distill(body).map { .distill($0) }
      case .finetune: finetune(body).map { .finetune($0) }
      }
    let training = training(body, kind)
    guard let id, let work, let training else { return nil }
    return StageDefinition(id: id, work: work, training: training, recipe: recipe)
  }

  private func node(_ body: MapReader, _ key: String) -> String? {
    body.required(key, expected: "a model or stage", identifier(body, key))
  }

  private func pretrain(_ body: MapReader) -> PretrainOptions? {
    let (model, corpus) = (node(body, "model"), corpus(body))
    guard let model, let corpus else { return nil }
    return PretrainOptions(model: model, corpus: corpus)
  }

  private func distill(_ body: MapReader) -> DistillOptions? {
    let (teacher, student) = (node(body, "teacher"), node(body, "student"))
    let (corpus, outputs) = (corpus(body), teacherOutputs(body))
    let loss = body.requiring("loss", expected: "loss: {soft_targets, masked_lm, cosine}") {
      body.map("loss", readLoss)
    }
    let account: Int?? =
      body.has("account_every")
      ? body.map("account_every") { map in
        map.required(
          "steps", expected: "a whole number of at least 1", map.integer("steps", atLeast: 1))
      }.map { .some($0) } : .some(nil)
    guard let teacher, let student, let corpus, let outputs, let loss, let account else {
      return nil
    }
    return DistillOptions(
      teacher: teacher, student: student, outputs: outputs, corpus: corpus, loss: loss,
      accountSteps: account)
  }

  private func teacherOutputs(_ body: MapReader) -> TeacherOutputs? {
    guard let value = body.node("targets"), value.entries != nil else {
      enum Way: String, CaseIterable { case live }
      return body.required(
        "targets", expected: "live, or {store: path}", body.choice("targets", Way.self)
      ).map { _ in .live }
    }
    return body.map("targets") { map in
      map.required("store", expected: "the path of an activation store", map.text("store"))
        .map { .store(path: $0) }
    }
  }

  private func readLoss(_ map: MapReader) -> LossOptions? {
    let weight = { (term: MapReader) in
      term.required(
        "weight", expected: "a number of at least 0", term.number("weight", .notNegative))
    }
    // An absent term has weight 0; its other settings then mean nothing.
    var loss = LossOptions(
      softTargetWeight: 0, temperature: 1, positions: .all, maskedLMWeight: 0, cosineWeight: 0)
    var isWhole = true
    if map.has("soft_targets") {
      let read: (Double, Double, TargetPositions)? = map.map("soft_targets") { term in
        let temperature = term.required(
          "temperature", expected: "a number above 0", temperature(term))
        let positions = term.required(
          "positions", expected: "all or masked", term.choice("positions", TargetPositions.self))
        guard let weight = weight(term), let temperature, let positions else { return nil }
        return (weight, temperature, positions)
      }
      if let read {
        (loss.softTargetWeight, loss.temperature, loss.positions) = read
      } else {
        isWhole = false
      }
    }
    if map.has("masked_lm") {
      let read: Double? = map.map("masked_lm", weight)
      if let read { loss.maskedLMWeight = read } else { isWhole = false }
    }
    if map.has("cosine") {
      enum CosineLayer: String, CaseIterable { case last }
      let read: Double? = map.map("cosine") { term in
        let layer = term.required("layer", expected: "last", term.choice("layer", CosineLayer.self))
        guard let weight = weight(term), layer != nil else { return nil }
        return weight
      }
      if let read { loss.cosineWeight = read } else { isWhole = false }
    }
    return isWhole ? loss : nil
  }

  private func temperature(_ term: MapReader) -> Double? {
    guard let node = term.node("temperature") else { return nil }
    if case .plain(let text) = node.content, let value = Scalars.number(text), value > 0 {
      return value
    }
    term.reportWrong(
      node, "temperature", expected: "a number above 0",
      advice: "logits are divided by it; 1 softens nothing, the recipe has 2")
    return nil
  }

  private func finetune(_ body: MapReader) -> FinetuneOptions? {
    let model = node(body, "model")
    let task = body.requiring("task", expected: "glue/sst2, or a name of tasks:") {
      body.node("task").flatMap { taskReference($0, body, "task") }
    }
    let selection = body.required(
      "select_best", expected: ModelSelection.allCases.map(\.rawValue).joined(separator: " or "),
      body.choice("select_best", ModelSelection.self))
    let evaluationBatch = body.requiring("evaluation", expected: "{batch_size}") {
      body.map("evaluation") { map in
        map.required(
          "batch_size", expected: "a whole number of at least 1",
          map.integer("batch_size", atLeast: 1))
      }
    }
    let teaching = teaching(body)
    guard let model, let task, let selection, let evaluationBatch, let teaching else { return nil }
    return FinetuneOptions(
      model: model, task: task, selectBest: selection, evaluationBatchSize: evaluationBatch,
      teaching: teaching.options)
  }

  /// Nil where there is a mistake, with nothing in it where nobody teaches.
  private func teaching(_ body: MapReader) -> (options: TeachingOptions?, Void)? {
    guard body.has("teacher") || body.has("loss") else { return (nil, ()) }
    let teacher = body.required(
      "teacher", expected: "a finetune stage, whose answers are the soft targets",
      identifier(body, "teacher"))
    let loss = body.requiring("loss", expected: "loss: {soft_targets, cross_entropy}") {
      body.map("loss", readTeachingLoss)
    }
    guard let teacher, let loss else { return nil }
    return (
      TeachingOptions(
        teacher: teacher, softTargetWeight: loss.soft, temperature: loss.temperature,
        labelWeight: loss.labels), ()
    )
  }

  private func readTeachingLoss(
    _ map: MapReader
  ) -> (soft: Double, temperature: Double, labels: Double)? {
    let weight = { (term: MapReader) in
      term.required(
        "weight", expected: "a number of at least 0", term.number("weight", .notNegative))
    }
    let soft: (Double, Double)? = map.requiring(
      "soft_targets", expected: "soft_targets: {weight, temperature}"
    ) {
      map.map("soft_targets") { term in
        let temperature = term.required(
          "temperature", expected: "a number above 0", temperature(term))
        guard let weight = weight(term), let temperature else { return nil }
        return (weight, temperature)
      }
    }
    // Absent, the labels do not count.
    let labels = map.has("cross_entropy") ? map.map("cross_entropy", weight) : 0
    guard let soft, let labels else { return nil }
    return (soft.0, soft.1, labels)
  }

  private func corpus(_ body: MapReader) -> CorpusOptions? {
    let texts = body.requiring("corpus", expected: "a list of corpora") {
      body.list("corpus") { corpusReference($0, body, "corpus") }
    }
    if let texts, texts.isEmpty, let node = body.node("corpus"), node.items?.isEmpty == true {
      body.reportWrong(node, "corpus", expected: "at least one corpus")
    }
    let least = body.required(
      "minimum_length", expected: "a whole number of at least 3",
      body.integer("minimum_length", atLeast: 3))
    let unknown = body.required(
      "maximum_unknown", expected: NumberRule.fraction.words,
      body.number("maximum_unknown", .fraction))
    let masking = body.requiring(
      "masking", expected: "{probability, smoothing, mask, keep, random}"
    ) { body.map("masking", readMasking) }
    guard let texts, let least, let unknown, let masking else { return nil }
    return CorpusOptions(
      texts: texts, minimumLength: least, maximumUnknown: unknown, masking: masking)
  }

  private func readMasking(_ map: MapReader) -> MaskingOptions? {
    let share = { (key: String) in
      map.required(key, expected: NumberRule.fraction.words, map.number(key, .fraction))
    }
    let probability = share("probability")
    let smoothing = map.required(
      "smoothing", expected: NumberRule.notNegative.words, map.number("smoothing", .notNegative))
    let (mask, keep, random) = (share("mask"), share("keep"), share("random"))
    guard let probability, let smoothing, let mask, let keep, let random else { return nil }
    if probability == 0, let node = map.node("probability") {
      map.reportWrong(node, "probability", expected: "a number above 0")
    }
    let sum = mask + keep + random
    if abs(sum - 1) > 1e-6 {
      collector.report(
        Diagnostic(
          map.node.origin, "\(map.path): mask + keep + random", expected: "a sum of 1",
          found: FilledValues.text(sum)))
    }
    return MaskingOptions(
      probability: probability, smoothing: smoothing, mask: mask, keep: keep, random: random)
  }
}
