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

  public init(layers: [Int], tokenTypes: TokenTypes?, maskedLanguageHead: MaskedLanguageHead) {
    (self.layers, self.tokenTypes) = (layers, tokenTypes)
    self.maskedLanguageHead = maskedLanguageHead
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
    for (name, ofTeacher, ofStudent) in [
      ("vocabulary size", teacher.vocabularySize, student.vocabularySize),
      ("hidden size", teacher.hiddenSize, student.hiddenSize),
      ("head count", teacher.headCount, student.headCount),
      ("feed-forward size", teacher.feedForwardSize, student.feedForwardSize),
      ("position count", teacher.maximumPositions, student.maximumPositions),
    ] where ofTeacher != ofStudent {
      problems.append(.size(name, teacher: ofTeacher, student: ofStudent))
    }
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
    var copied: Set<String> = []
    func copy(_ from: any Module, to: any Module) {
      for (source, target) in zip(from.parameters, to.parameters) {
        copied.insert(target.path)
        target.copyValues(of: source)
      }
    }
    copyEmbeddings(teacher.encoder.embeddings, to: student.encoder.embeddings)
    copied.formUnion(student.encoder.embeddings.parameters.map(\.path))
    for (target, layer) in zip(student.encoder.blocks, layers) {
      copy(teacher.encoder.blocks[layer], to: target)
    }
    if let from = teacher.pooler, let to = student.pooler { copy(from, to: to) }
    if let from = teacher.maskedLanguageHead, let to = student.maskedLanguageHead,
      maskedLanguageHead != .new
    {
      copy(from, to: to)
    }
    let rest = student.parameters.filter { !copied.contains($0.path) }
    rest.initializeByKind(
      standardDeviation: student.configuration.initializerRange, seed: seed)
    return rest.map(\.path)
  }

  private func copyEmbeddings(_ teacher: TransformerEmbeddings, to student: TransformerEmbeddings) {
    student.words.copyValues(of: teacher.words)
    student.positions.copyValues(of: teacher.positions)
    student.norm.scale.copyValues(of: teacher.norm.scale)
    student.norm.shift.copyValues(of: teacher.norm.shift)
    guard let types = teacher.tokenTypes else { return }
    if let own = student.tokenTypes {
      own.copyValues(of: types)
    } else if tokenTypes == .fold {
      let columns = types.columns
      let positions = student.positions.values
      for i in positions.indices { positions[i] += types.values[i % columns] }  // row 0 of types
    }
  }
}

extension Parameter {
  fileprivate func copyValues(of other: Parameter) {
    precondition(shape == other.shape, "\(path) \(shape) cannot take \(other.path) \(other.shape)")
    _ = values.update(fromContentsOf: other.values)
  }
}
