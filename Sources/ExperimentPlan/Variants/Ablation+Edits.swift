// What an ablation leaves out, and what it changes in a definition, in the words of the definition itself.
import RetortDistillation
import RetortFormatting
import RetortOptions

/// What an ablation leaves out, one run each.
public enum Ablation: Sendable, Hashable {
  /// A term of the loss, by its name: its key, unless the definition has given it another.
  case term(String)
  /// The student's initialisation from the teacher.
  case initialization

  /// What a definition and a record call it.
  public var rawValue: String {
    switch self {
    case .term(let name): name
    case .initialization: "init"
    }
  }

  /// What pages call the term; nil for the initialisation.
  var title: String? {
    guard case .term(let name) = self else { return nil }
    return LossTerms.all.first { $0.key == name }?.title ?? name
  }

  static let type = OptionType<Ablation>(
    schema: DefinitionNames.name.schema, words: "the name of a term of the loss, or init",
    example: SoftTargets.key, standIn: .initialization,
    read: { node, key, map in
      DefinitionNames.name.read(node, key, map).map {
        $0 == Ablation.initialization.rawValue ? .initialization : .term($0)
      }
    }, write: { .text($0.rawValue) })
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
    case .term(let name):
      return definition.stages(withTerm: name).flatMap { stage in
        var edits = [
          (path: "stages.\(stage.id).loss.\(name).weight", value: DefinitionNode.text("0", origin))
        ]
        // A stage whose other terms need no teacher has none then.
        if Swift.type(of: stage.work).isTeacherOptional,
          stage.work.statedLoss?.namesReadingTeacher == [name]
        {
          let key = stage.work.teacherInputs.contains { $0.name != nil } ? "teachers" : "teacher"
          edits.append(("stages.\(stage.id).\(key)", .text("null", origin)))
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
  func stages(withTerm name: String) -> [StageDefinition] {
    let all = stages.filter { $0.work.statedLoss?.counts(name) ?? false }
    let distillations = all.filter { $0.work.distillation != nil }
    return distillations.isEmpty ? all : distillations
  }

  /// Of the terms that have a weight, each once.
  var termNames: [String] {
    stages.flatMap { stage in
      (stage.work.statedLoss?.terms ?? []).filter(\.counts).map(\.name)
    }.firstOccurrences
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
