// What an ablation leaves out, and what it changes in a definition, in the words of the definition itself.
import RetortDistillation
import RetortFormatting
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

  /// What pages call the term; nil for the initialisation.
  var title: String? {
    guard case .term(let key) = self else { return nil }
    return LossTerms.all.first { $0.key == key }?.title
  }

  /// Terms of distillations before those of fine-tunings alone.
  static let all =
    BatchKind.allCases.flatMap { LossTerms.types(for: $0).map { $0.key } }.firstOccurrences
    .map { Ablation.term($0) } + [.initialization]

  static let type = OptionType<Ablation>.choice(among: all, name: \.rawValue)
}

extension Ablation {
  /// Key paths and values that leave it out of every stage that has it.
  /// - Parameters:
  ///   - definition: the one that it is left out of.
  ///   - origin: where it was asked for.
  func edits(
    in definition: ResolvedDefinition, origin: Origin
  ) -> [(path: String, value: DefinitionNode)] {
    switch self {
    case .term(let key):
      return definition.stages(withTerm: key).flatMap { stage in
        var edits = [
          (path: "stages.\(stage.id).loss.\(key).weight", value: DefinitionNode.text("0", origin))
        ]
        // A stage whose other terms need no teacher has none then.
        if Swift.type(of: stage.work).isTeacherOptional,
          stage.work.statedLoss?.keysReadingTeacher == [key]
        {
          edits.append(("stages.\(stage.id).teacher", .text("null", origin)))
        }
        return edits
      }
    case .initialization:
      var edits: [(path: String, value: DefinitionNode)] = []
      for model in definition.studentsOfLayers {
        edits.append(("models.\(model.name).random_weights", .text("true", origin)))
        guard model.maskedLMHead != nil else { continue }
        // Nothing of the teacher is to be left in it: the head is drawn too.
        let head = DefinitionNode.map(
          [("kind", .text("masked_lm", origin)), ("init", .text("new", origin))], origin)
        edits.append(("models.\(model.name).head", head))
      }
      return edits
    }
  }
}

extension ResolvedDefinition {
  /// The stages that an ablation leaves a term out of: the distillations that have it; where none has, the
  /// other stages that state it.
  func stages(withTerm key: String) -> [StageDefinition] {
    let all = stages.filter { ($0.work.statedLoss?.weight(of: key) ?? 0) > 0 }
    let distillations = all.filter { $0.work.distillation != nil }
    return distillations.isEmpty ? all : distillations
  }

  /// Students of distillations that begin from layers of another model.
  var studentsOfLayers: [ModelDefinition] {
    stages.compactMap { stage in
      guard let student = stage.work.distillation?.student,
        let model = model(named: student), case .layers = model.source
      else { return nil }
      return model
    }
  }
}
