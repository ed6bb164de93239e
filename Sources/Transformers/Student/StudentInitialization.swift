// A student that begins with layers of its teacher.

/// How a student takes its first values from a teacher: embeddings, chosen layers and, if it has one, the
/// masked-language head.
/// - Source: transformers-research-projects fccd0cd, distillation/scripts/extract_distilbert.py; there token
///   types are dropped and the head's transform is copied only on request.
public struct StudentInitialization: Sendable, Equatable {
  /// What happens to the teacher's embedding of token type 0, which every token of a single text gets, when
  /// the student has no token types.
  public enum TokenTypes: String, Sendable, CaseIterable {
    /// Added to every position embedding: the input of layer 0 is exactly the teacher's.
    case fold
    /// Left out, as the published DistilBERT did.
    case drop
  }

  /// Where the student's masked-language head comes from.
  public enum MaskedLanguageHead: String, Sendable, CaseIterable {
    /// Transform, its normalisation and the decoder's bias are the teacher's.
    case all
    /// All new (the decoder itself is always the word embeddings).
    case new
  }

  /// The teacher layer of each student layer, both counted from 0.
  public var layers: [Int]
  /// Must be given if, and only if, the teacher has token types and the student has none.
  public var tokenTypes: TokenTypes?
  public var maskedLanguageHead: MaskedLanguageHead
  /// How a student that is narrower gets the teacher's weights; nil for one of the same sizes.
  public var width: WidthReduction?

  public init(
    layers: [Int], tokenTypes: TokenTypes?, maskedLanguageHead: MaskedLanguageHead,
    width: WidthReduction? = nil
  ) {
    (self.layers, self.tokenTypes) = (layers, tokenTypes)
    (self.maskedLanguageHead, self.width) = (maskedLanguageHead, width)
  }

  /// Everything that keeps this initialisation from being done, before any weight is read.
  public func check(
    teacher: TransformerConfiguration, student: TransformerConfiguration
  ) throws(StudentInitializationError) {
    var problems: [StudentInitializationError.Problem] = []
    if !teacher.structure.hasTokenTypes && student.structure.hasTokenTypes {
      problems.append(.families(teacher: teacher.family, student: student.family))
    }
    if layers.count != student.layerCount {
      problems.append(.layerCount(student: student.layerCount, found: layers.count))
    }
    for layer in layers where !(0..<teacher.layerCount).contains(layer) {
      problems.append(.noSuchLayer(layer, teacherLayers: teacher.layerCount))
    }
    let widths = [
      ("hidden size", teacher.hiddenSize, student.hiddenSize),
      ("head count", teacher.headCount, student.headCount),
      ("feed-forward size", teacher.feedForwardSize, student.feedForwardSize),
    ]
    for (name, ofTeacher, ofStudent) in [
      ("vocabulary size", teacher.vocabularySize, student.vocabularySize)
    ] + (width == nil ? widths : []) + [
      ("position count", teacher.maximumPositions, student.maximumPositions)
    ] where ofTeacher != ofStudent {
      problems.append(.size(name, teacher: ofTeacher, student: ofStudent))
    }
    problems += width?.problems(teacher: teacher, student: student) ?? []
    let losesTokenTypes = teacher.tokenTypeCount > 0 && student.tokenTypeCount == 0
    if losesTokenTypes != (tokenTypes != nil) {
      problems.append(losesTokenTypes ? .tokenTypesNotStated : .tokenTypesNeedless)
    }
    if !losesTokenTypes && teacher.tokenTypeCount != student.tokenTypeCount {
      problems.append(
        .size(
          "token type count", teacher: teacher.tokenTypeCount, student: student.tokenTypeCount))
    }
    guard problems.isEmpty else { throw StudentInitializationError(problems: problems) }
  }

  /// Fills `student`: everything named above from `teacher`, the rest with new values.
  /// - Parameter seed: for the new values.
  /// - Returns: paths of the parameters with new values.
  @discardableResult
  public func apply(
    to student: TransformerModel, from teacher: TransformerModel, seed: UInt64
  ) throws(StudentInitializationError) -> [String] {
    try check(teacher: teacher.configuration, student: student.configuration)
    if student.maskedLanguageHead != nil, maskedLanguageHead != .new,
      teacher.maskedLanguageHead == nil
    {
      throw StudentInitializationError(problems: [.noMaskedLanguageHead])
    }
    let narrowed = try width.map { reduction throws(StudentInitializationError) in
      try NarrowedModel(
        reduction, of: teacher, layers: layers, student: student.configuration)
    }
    var filled: Set<String> = []
    /// Copies a part, or fills it with what `narrow` makes of it.
    func fill<Part: Module>(
      _ to: Part, from: Part, _ narrow: (NarrowedModel) -> (Part, Part) -> Void
    ) {
      if let narrowed { narrow(narrowed)(to, from) } else { to.copyValues(of: from) }
      filled.formUnion(to.parameters.map(\.path))
    }
    fillEmbeddings(student.encoder.embeddings, from: teacher.encoder.embeddings, narrowed)
    filled.formUnion(student.encoder.embeddings.parameters.map(\.path))
    for (target, layer) in zip(student.encoder.blocks, layers) {
      fill(target, from: teacher.encoder.blocks[layer]) { $0.fill(_:from:) }
    }
    if let from = teacher.pooler, let to = student.pooler {
      fill(to, from: from) { $0.fill(_:from:) }
    }
    if let from = teacher.maskedLanguageHead, let to = student.maskedLanguageHead,
      maskedLanguageHead != .new
    {
      fill(to, from: from) { $0.fill(_:from:) }
    }
    let rest = student.parameters.filter { !filled.contains($0.path) }
    rest.initializeByKind(
      standardDeviation: student.configuration.initializerRange, seed: seed)
    return rest.map(\.path)
  }

  private func fillEmbeddings(
    _ student: TransformerEmbeddings, from teacher: TransformerEmbeddings,
    _ narrowed: NarrowedModel?
  ) {
    let types: Parameter?
    if let narrowed {
      types = narrowed.fill(student, from: teacher)
    } else {
      student.words.copyValues(of: teacher.words)
      student.positions.copyValues(of: teacher.positions)
      student.norm.copyValues(of: teacher.norm)
      types = teacher.tokenTypes
    }
    guard let types else { return }
    if let own = student.tokenTypes {
      own.copyValues(of: types)
    } else if tokenTypes == .fold {
      let columns = types.columns
      let positions = student.positions.values
      for i in positions.indices { positions[i] += types.values[i % columns] }  // row 0 of types
    }
  }
}

extension Module {
  /// Takes the values of a part that is built alike.
  fileprivate func copyValues(of other: Self) {
    for (target, source) in zip(parameters, other.parameters) { target.copyValues(of: source) }
  }
}

extension Parameter {
  fileprivate func copyValues(of other: Parameter) {
    precondition(shape == other.shape, "\(path) \(shape) cannot take \(other.path) \(other.shape)")
    _ = values.update(fromContentsOf: other.values)
  }
}
