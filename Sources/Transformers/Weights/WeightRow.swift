// A line of a family's table of weights: our path, transformers' name, the shape.

/// A length that a configuration states.
public enum WeightDimension: String, Sendable {
  case vocabulary = "vocabulary size"
  case hidden = "hidden size"
  case feedForward = "feed-forward size"
  case positions
  case tokenTypes = "token types"
  case classes

  func size(in configuration: TransformerConfiguration) -> Int {
    switch self {
    case .vocabulary: configuration.vocabularySize
    case .hidden: configuration.hiddenSize
    case .feedForward: configuration.feedForwardSize
    case .positions: configuration.maximumPositions
    case .tokenTypes: configuration.tokenTypeCount
    case .classes: configuration.labels.count
    }
  }
}

/// It may stand for several parameters; # in both names is the layer.
public struct WeightRow: Sendable {
  /// A further name for the same values. It may belong to another part than the parameter, as a tied
  /// decoder belongs to the masked-language head and the embeddings it repeats to the encoder.
  public struct Alias: Sendable {
    public let name: String
    public let part: ModelPart

    public init(name: String, part: ModelPart) { (self.name, self.part) = (name, part) }
  }

  /// Which parameters it stands for, and their shapes.
  public enum Form: Sendable {
    /// A single parameter, named as it stands.
    case single([WeightDimension])
    /// `.weight` [O, I] and `.bias` [O] on both sides.
    case linear(WeightDimension, from: WeightDimension)
    /// `.scale` and `.shift` of ours, `.weight` and `.bias` of theirs.
    case norm(WeightDimension)
  }

  let part: ModelPart
  /// Nil for weights that are known and never built.
  let path: String?
  let name: String
  let form: Form
  let aliases: [Alias]

  /// - Parameters:
  ///   - part: of the model that the parameters belong to.
  ///   - path: ours; nil for weights that are known and never built.
  ///   - name: that of transformers.
  ///   - aliases: further names of the same values.
  public init(
    _ part: ModelPart, _ path: String?, _ name: String, _ form: Form, aliases: [Alias] = []
  ) {
    (self.part, self.path, self.name) = (part, path, name)
    (self.form, self.aliases) = (form, aliases)
  }

  /// The parameters it stands for.
  var variants: [(path: String?, name: String, shape: [WeightDimension])] {
    switch form {
    case .single(let shape): [(path, name, shape)]
    case .linear(let output, let input):
      [named("weight", "weight", [output, input]), named("bias", "bias", [output])]
    case .norm(let size): [named("scale", "weight", [size]), named("shift", "bias", [size])]
    }
  }

  private func named(
    _ ours: String, _ theirs: String, _ shape: [WeightDimension]
  ) -> (path: String?, name: String, shape: [WeightDimension]) {
    (path.map { "\($0).\(ours)" }, "\(name).\(theirs)", shape)
  }
}
