// What an ablation leaves out, and what it changes in a definition, in the words of the definition itself.
import RetortDistillation
import RetortOptions

/// What an ablation leaves out, one run each.
public enum Ablation: Sendable, Hashable {
  /// A term of the loss, by its key.
  case term(String)
  /// The student's initialisation from the teacher.
  case initialization

  /// What a definition and a record call it.
  public var rawValue: String {
    switch self {
    case .term(let key): key
    case .initialization: "init"
    }
  }

  static let all =
    LossTerms.types(for: .maskedText).map { Ablation.term($0.key) } + [.initialization]

  static let type = OptionType<Ablation>.choice(among: all, name: \.rawValue)
}

extension Ablation {
  /// Key paths and values that leave it out of every distillation that has it.
  /// - Parameters:
  ///   - definition: the one that it is left out of.
  ///   - origin: where it was asked for.
  func edits(
    in definition: ResolvedDefinition, origin: Origin
  ) -> [(path: String, value: DefinitionNode)] {
    var edits: [(path: String, value: DefinitionNode)] = []
    for stage in definition.stages {
      guard let options = stage.work as? DistillStage else { continue }
      switch self {
      case .term(let key):
        guard options.loss.weight(of: key) > 0 else { continue }
        edits.append(("stages.\(stage.id).loss.\(key).weight", .text("0", origin)))
      case .initialization:
        guard let model = definition.model(named: options.student), case .layers = model.source
        else { continue }
        edits.append(("models.\(model.name).random_weights", .text("true", origin)))
        guard model.maskedLMHead != nil else { continue }
        // Nothing of the teacher is to be left in it: the head is drawn too.
        let head = DefinitionNode.map(
          [("kind", .text("masked_lm", origin)), ("init", .text("new", origin))], origin)
        edits.append(("models.\(model.name).head", head))
      }
    }
    return edits
  }
}
