import Testing

@testable import RetortTransformers

@Suite("Weight names")
struct WeightNamesTests {
  static let forms: [(ModelFamily, Set<ModelPart>)] = [
    (.bert, []), (.bert, [.pooler]), (.bert, [.maskedLanguage]), (.bert, [.classification]),
    (.distilbert, []), (.distilbert, [.maskedLanguage]), (.distilbert, [.classification]),
  ]

  @Test("every parameter has a name, with and without prefix", arguments: forms, [true, false])
  func complete(_ form: (ModelFamily, Set<ModelPart>), prefixed: Bool) throws {
    let model = TransformerModel.drawn(.small(form.0), heads: form.1)
    let names = WeightNames.huggingFace(model.configuration)
    let byPath = names.namesByPath(prefixed: prefixed)
    for parameter in model.parameters {
      let name = try #require(byPath[parameter.path])
      #expect(names.meaning(of: name)?.path == parameter.path)
      #expect(WeightNames.own(model.configuration).meaning(of: parameter.path) != nil)
    }
    let stored = MemoryTensors(model, names: byPath)
    let other = TransformerModel(configuration: model.configuration, heads: form.1)
    let report = try other.load(from: stored, names: names, seed: 0)
    #expect(other.valuesByPath == model.valuesByPath)
    #expect(Set(report.loaded) == model.parts)
    #expect(report.new.isEmpty && report.ignored.isEmpty)
  }

  @Test("the table has the shapes of the model", arguments: forms)
  func shapes(_ form: (ModelFamily, Set<ModelPart>)) {
    let model = TransformerModel.drawn(.small(form.0), heads: form.1)
    let shapes = WeightNames.own(model.configuration).entries(of: model.parts)
    #expect(
      Dictionary(uniqueKeysWithValues: shapes.map { ($0.path, $0.entry.shape) })
        == Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.path, $0.shape) }))
    #expect(model.configuration.parameterCount(heads: form.1) == model.parameterCount)
  }

  @Test("no memory is asked for before the shapes are known to fit")
  func sizesThatAreNotThere() throws {
    let model = TransformerModel.drawn(.small(.bert), heads: [])
    let stored = MemoryTensors(
      model, names: WeightNames.own(model.configuration).namesByPath(prefixed: false))
    var configuration = model.configuration
    configuration.feedForwardSize = 1 << 22
    configuration.vocabularySize = 1 << 22
    configuration.maximumPositions = 1 << 22
    configuration.layerCount = 1 << 12
    let error = #expect(throws: WeightError.self) {
      try TransformerModel.loading(
        configuration, heads: [], from: stored, names: .own(configuration), seed: 0)
    }
    guard case .different(_, let found)? = error else {
      Issue.record("expected differences, found \(String(describing: error))")
      return
    }
    #expect(found.misshapen.count == 11 && found.missing.count == 4093 * 16)
    let small = model.configuration
    let sizes: [WeightDifferences.Size] = [
      .init(name: "vocabulary size", expected: 1 << 22, found: small.vocabularySize),
      .init(name: "positions", expected: 1 << 22, found: small.maximumPositions),
      .init(name: "feed-forward size", expected: 1 << 22, found: small.feedForwardSize),
      .init(name: "layers", expected: 1 << 12, found: small.layerCount),
    ]
    #expect(found.sizes == sizes)
    let text = error?.description ?? ""
    #expect(text.utf8.count < 1500 && text.contains(" and 65483 more"), "\(text.prefix(2000))")
  }

  @Test("checkpoints are read by our own paths")
  func own() throws {
    let model = TransformerModel.drawn(.small(.bert), heads: [.maskedLanguage])
    let names = WeightNames.own(model.configuration)
    let stored = MemoryTensors(model, names: names.namesByPath(prefixed: true))
    #expect(Set(stored.tensorNames) == Set(model.parameters.map(\.path)))
    let classifier = TransformerModel(configuration: model.configuration, heads: [.classification])
    let report = try classifier.load(
      from: stored, names: names, origins: [.pooler: .storedOrNew, .classification: .new],
      ignoring: [.maskedLanguage], seed: 4)
    #expect(report.loaded == [.encoder])
    #expect(report.new == [.pooler, .classification])
    #expect(report.ignored.count == 5)
    #expect(
      classifier.encoder.embeddings.words.values.elementsEqual(
        model.encoder.embeddings.words.values))
  }

  @Test("published extras: position ids, next-sentence head, tied decoder, old LayerNorm names")
  func extras() throws {
    let model = TransformerModel.drawn(.small(.bert), heads: [.maskedLanguage])
    let names = WeightNames.huggingFace(model.configuration)
    var stored = MemoryTensors(model, names: names.namesByPath(prefixed: true))
    stored.tensors["bert.embeddings.position_ids"] = .init(shape: [1, 12], values: [])
    stored.tensors["cls.seq_relationship.weight"] = .init(shape: [2, 16], values: [])
    stored.tensors["cls.seq_relationship.bias"] = .init(shape: [2], values: [])
    stored.tensors["cls.predictions.decoder.weight"] =
      stored.tensors["bert.embeddings.word_embeddings.weight"]
    stored.tensors["cls.predictions.decoder.bias"] = stored.tensors["cls.predictions.bias"]
    for (new, old) in [("weight", "gamma"), ("bias", "beta")] {
      stored.tensors["bert.embeddings.LayerNorm.\(old)"] =
        stored.tensors.removeValue(forKey: "bert.embeddings.LayerNorm.\(new)")
    }
    let other = TransformerModel(configuration: model.configuration, heads: [.maskedLanguage])
    let report = try other.load(
      from: stored, names: names, ignoring: [.nextSentence], seed: 0)
    #expect(other.valuesByPath == model.valuesByPath)
    #expect(
      report.ignored == [
        "cls.seq_relationship.bias", "cls.seq_relationship.weight", "bert.embeddings.position_ids",
      ])

    stored.tensors["cls.predictions.decoder.weight"]?.values[7] += 1
    let error = #expect(throws: WeightError.self) {
      try other.load(from: stored, names: names, ignoring: [.nextSentence], seed: 0)
    }
    #expect(error?.description.contains("1 tied but not equal: ") ?? false)
  }

  @Test("everything that does not fit is listed at once")
  func differences() throws {
    let model = TransformerModel.drawn(.small(.distilbert), heads: [.maskedLanguage])
    let names = WeightNames.huggingFace(model.configuration)
    var stored = MemoryTensors(model, names: names.namesByPath(prefixed: true))
    stored.tensors["distilbert.transformer.layer.1.ffn.lin1.bias"] = nil
    stored.tensors["vocab_transform.weight"] = nil
    stored.tensors["distilbert.transformer.layer.2.ffn.lin2.bias"] = .init(shape: [3], values: [])
    stored.tensors["distilbert.transformer.layer.3.ffn.lin2.bias"] = .init(shape: [16], values: [])
    stored.tensors["classifier.bias"] = .init(shape: [2], values: [])
    let error = #expect(throws: WeightError.self) {
      try model.load(from: stored, names: names, seed: 0)
    }
    guard case .different(_, let found)? = error else {
      Issue.record("expected differences, found \(String(describing: error))")
      return
    }
    #expect(
      found.missing == ["distilbert.transformer.layer.1.ffn.lin1.bias", "vocab_transform.weight"])
    #expect(
      found.unexpected == [
        "classifier.bias (of the classification part, not asked for)",
        "distilbert.transformer.layer.3.ffn.lin2.bias",
      ])
    #expect(
      found.misshapen == [
        .init(
          name: "distilbert.transformer.layer.2.ffn.lin2.bias", expected: [16], found: [3])
      ])
    // One damaged tensor and one that is too many do not make another model.
    #expect(found.sizes.isEmpty)
  }

  @Test("a head that is absent is an error unless it may be new")
  func heads() throws {
    let bare = TransformerModel.drawn(.small(.bert), heads: [.pooler])
    let names = WeightNames.huggingFace(bare.configuration)
    let stored = MemoryTensors(bare, names: names.namesByPath(prefixed: false))
    func load(
      _ heads: Set<ModelPart>, _ origins: [ModelPart: PartOrigin], ignoring: Set<ModelPart> = [],
      seed: UInt64 = 1
    ) throws -> (TransformerModel, WeightReport) {
      let model = TransformerModel(configuration: bare.configuration, heads: heads)
      let report = try model.load(
        from: stored, names: names, origins: origins, ignoring: ignoring, seed: seed)
      return (model, report)
    }
    #expect(throws: WeightError.self) { try load([.classification], [:]) }
    #expect(throws: WeightError.self) { try load([.maskedLanguage], [.maskedLanguage: .new]) }
    let (masked, report) = try load(
      [.maskedLanguage], [.maskedLanguage: .new], ignoring: [.pooler])
    #expect(report.ignored == ["pooler.dense.bias", "pooler.dense.weight"])
    #expect(masked.maskedLanguageHead?.dense.weight.values.contains { $0 != 0 } ?? false)

    let (classifier, _) = try load([.classification], [.classification: .storedOrNew])
    #expect(
      classifier.pooler?.dense.weight.values.elementsEqual(
        bare.pooler?.dense.weight.values ?? classifier.encoder.embeddings.words.values) ?? false)
    let (again, _) = try load([.classification], [.classification: .new])
    let (third, _) = try load([.classification], [.classification: .new], seed: 2)
    #expect(again.valuesByPath == classifier.valuesByPath)
    #expect(third.valuesByPath != classifier.valuesByPath)
  }
}
