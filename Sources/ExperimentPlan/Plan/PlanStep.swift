// What a plan goes through: stages that train a model, and stages that make a text.
import RetortFormatting
import RetortOptions

/// A stage of the plan that makes a text.
public struct PlannedText: Sendable, Equatable {
  public let stage: TextStage
  /// In the order of the stage's own.
  public let inputs: [StageInput]

  public var id: String { stage.id }
  public var kind: StageKind { stage.kind }

  /// What fills a role, such as the model's.
  func input(_ role: String) -> StageInput {
    guard let index = stage.work.inputs.firstIndex(where: { $0.role == role }) else {
      preconditionFailure("the stage \(id) has no \(role)")
    }
    return inputs[index]
  }
}

/// A stage of the plan of either kind.
public enum PlanStep: Sendable, Equatable {
  case training(PlannedStage)
  case text(PlannedText)

  public var id: String {
    switch self {
    case .training(let planned): planned.id
    case .text(let planned): planned.id
    }
  }

  public var kind: StageKind { work.kind }

  /// The models or stages it begins from.
  public var inputs: [StageInput] {
    switch self {
    case .training(let planned): planned.inputs
    case .text(let planned): planned.inputs
    }
  }

  /// The models, stages and texts of stages that it needs, by name.
  public var sources: [String] { inputs.map(\.name) + textStages }

  var canonical: CanonicalValue {
    switch self {
    case .training(let planned): planned.stage.canonical
    case .text(let planned): planned.stage.canonical
    }
  }

  var work: any StageWork {
    switch self {
    case .training(let planned): planned.stage.work
    case .text(let planned): planned.stage.work
    }
  }

  /// The stages whose texts it reads.
  var textStages: [String] { work.textStages }

  var training: PlannedStage? { if case .training(let planned) = self { planned } else { nil } }
  var text: PlannedText? { if case .text(let planned) = self { planned } else { nil } }
}

extension StageWork {
  /// The stages whose texts it reads, each once.
  var textStages: [String] { texts.flatMap(\.stages).firstOccurrences }
}
