// A whole model: an encoder and the heads it was given.
import Glibc

/// The parts a model or a weight file may consist of.
public enum ModelPart: String, Sendable, CaseIterable, Comparable {
  case encoder
  /// BERT's [CLS] pooler; not every family has one.
  case pooler
  case maskedLanguage = "masked_lm"
  case classification
  /// BERT's next-sentence head: known by name, never built.
  case nextSentence = "next_sentence"

  public static func < (left: ModelPart, right: ModelPart) -> Bool {
    left.order < right.order
  }

  private var order: Int { ModelPart.allCases.firstIndex(of: self) ?? 0 }
}

extension TransformerConfiguration {
  /// Why a model of these sizes cannot read pairs of texts; nil if it can. A family without token types can: its texts are
  /// told apart by [SEP].
  public var problemWithPairs: String? {
    guard tokenTypeCount == 1 else { return nil }
    return
      "pairs of texts need two token types, and type_vocab_size of this model is 1; use another model, or single texts"
  }

  /// What a model with these heads consists of: the encoder is always there, and a classification head brings the
  /// family's pooler along.
  public func parts(heads: Set<ModelPart>) -> Set<ModelPart> {
    let pooler: Set<ModelPart> =
      structure.hasPooler && heads.contains(.classification) ? [.pooler] : []
    return heads.union([.encoder]).union(pooler)
  }

  /// How many numbers such a model learns. Nothing is built to count them.
  public func parameterCount(heads: Set<ModelPart>) -> Int {
    parameterSizes(heads: heads).reduce(0) { $0 + $1.count }
  }

  /// How many numbers each parameter of such a model has.
  public func parameterSizes(heads: Set<ModelPart>) -> [(path: String, count: Int)] {
    WeightNames.own(self).entries(of: parts(heads: heads)).map {
      ($0.entry.path ?? $0.entry.name, $0.entry.shape.reduce(1, *))
    }
  }
}

/// An encoder with optional heads. Parameter paths are ours and the same in all families, so that a checkpoint's encoder can be found under any head.
public final class TransformerModel: Module, Sendable {
  public let configuration: TransformerConfiguration
  public let encoder: Encoder
  public let pooler: Pooler?
  public let maskedLanguageHead: MaskedLanguageHead?
  public let classificationHead: ClassificationHead?

  /// A model with all values zero; see `initialize`.
  /// - Parameters:
  ///   - configuration: without `problems`.
  ///   - heads: which heads to build. A classification head brings the family's pooler along; the encoder
  ///     is always there.
  public init(configuration: TransformerConfiguration, heads: Set<ModelPart>) {
    precondition(!heads.contains(.nextSentence), "the next-sentence head is not built")
    let problems = configuration.problems
    precondition(problems.isEmpty, problems.joined(separator: "; "))
    precondition(
      !heads.contains(.pooler) || configuration.structure.hasPooler,
      "\(configuration.family.title) has no pooler")
    let parts = configuration.parts(heads: heads)
    self.configuration = configuration
    let sites = DropoutSites(configuration)
    encoder = Encoder(configuration: configuration, sites: sites)
    pooler =
      parts.contains(.pooler) ? Pooler(path: "pooler", configuration: configuration) : nil
    maskedLanguageHead =
      parts.contains(.maskedLanguage)
      ? MaskedLanguageHead(
        path: "masked_lm", configuration: configuration, words: encoder.embeddings.words) : nil
    classificationHead =
      parts.contains(.classification)
      ? ClassificationHead(path: "classifier", configuration: configuration, site: sites.head)
      : nil
  }

  /// What this model consists of.
  public var parts: Set<ModelPart> {
    Set(ModelPart.allCases.filter { module(of: $0) != nil })
  }

  /// The part as a module; nil if the model has none.
  public func module(of part: ModelPart) -> (any Module)? {
    switch part {
    case .encoder: encoder
    case .pooler: pooler
    case .maskedLanguage: maskedLanguageHead
    case .classification: classificationHead
    case .nextSentence: nil
    }
  }

  public func visitParameters(_ visit: (Parameter) -> Void) {
    for part in ModelPart.allCases { module(of: part)?.visitParameters(visit) }
  }

  /// Fills parts with first values: weights and embeddings normal with the configuration's
  /// `initializerRange`, biases and shifts 0, scales 1, the padding row of the words 0.
  /// A parameter's values depend on the seed and its path alone.
  public func initialize(_ parts: Set<ModelPart>? = nil, seed: UInt64) {
    let parts = parts ?? self.parts
    parts.sorted().compactMap { module(of: $0) }.flatMap { $0.parameters }
      .initializeByKind(standardDeviation: configuration.initializerRange, seed: seed)
    guard parts.contains(.encoder) else { return }
    let words = encoder.embeddings.words
    let row = configuration.paddingID * words.columns
    for i in row..<row + words.columns { words.values[i] = 0 }
    if configuration.usesSinusoidalPositions { fillSinusoids(encoder.embeddings.positions) }
  }

  /// positions[p, 2i] = sin(p / 10000^(2i / C)), positions[p, 2i + 1] = cos of the same.
  /// - Source: Vaswani et al. 2017, section 3.5; DistilBERT `create_sinusoidal_embeddings`.
  private func fillSinusoids(_ positions: Parameter) {
    let columns = positions.columns
    for index in positions.values.indices {
      let (position, column) = (index / columns, index % columns)
      let angle = Double(position) / pow(10000, Double(2 * (column / 2)) / Double(columns))
      positions.values[index] = Float(column % 2 == 0 ? sin(angle) : cos(angle))
    }
  }

  /// Logits of the classification head.
  /// - Parameters:
  ///   - tokenIDs: [T], a packed batch.
  ///   - layout: where each sequence begins.
  /// - Returns: logits [N, K].
  public func classify(
    tokenIDs: [Int32], layout: SequenceLayout, mode: ForwardMode, in scope: ComputeScope
  ) -> Tensor {
    let states = encoder.encode(
      tokenIDs: tokenIDs, layout: layout, request: .first, mode: mode, in: scope)
    guard let (first, _) = states.last else {
      preconditionFailure("the encoder gives what is asked of it")
    }
    return classify(firstRows: first, layout: layout, mode: mode, in: scope)
  }

  /// Logits of the classification head, from what the encoder gave.
  /// - Parameter firstRows: the last hidden state of each sequence's first token [N, C].
  /// - Returns: logits [N, K].
  public func classify(
    firstRows: Tensor, layout: SequenceLayout, mode: ForwardMode, in scope: ComputeScope
  ) -> Tensor {
    guard let classificationHead else {
      preconditionFailure("a model without a classification head was asked to classify")
    }
    let features = pooler.map { $0(firstRows, in: scope) } ?? firstRows  // [N, C]
    return classificationHead(
      features, placement: layout.pooledPlacement, mode: mode, in: scope)
  }
}
