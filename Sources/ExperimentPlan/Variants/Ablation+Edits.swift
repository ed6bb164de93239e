// What an ablation changes in a definition, in the words of the definition itself.
import Options

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
      guard case .distill(let options) = stage.work else { continue }
      let loss = "stages.\(stage.id).loss"
      switch self {
      case .softTargets:
        guard options.loss.softTargetWeight > 0 else { continue }
        edits.append(("\(loss).soft_targets.weight", .text("0", origin)))
      case .cosine:
        guard options.loss.cosineWeight > 0 else { continue }
        edits.append(("\(loss).cosine.weight", .text("0", origin)))
      case .maskedLM:
        guard options.loss.maskedLMWeight > 0 else { continue }
        edits.append(("\(loss).masked_lm.weight", .text("0", origin)))
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
