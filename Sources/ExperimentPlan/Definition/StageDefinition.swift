// The stages of a definition: pretrain, distill, finetune. Plain values.

/// The text a stage learns from, and how it is cut and masked.
public struct CorpusOptions: Sendable, Equatable {
  public var texts: [CorpusSource]
  /// Shorter sequences are left out ([CLS] and [SEP] counted).
  public var minimumLength: Int
  /// Sequences with a larger share of unknown tokens are left out.
  public var maximumUnknown: Double
  public var masking: MaskingOptions
}

/// Plain masked-language-model training.
public struct PretrainOptions: Sendable, Equatable {
  /// A model, or the stage that made it.
  public var model: String
  public var corpus: CorpusOptions
}

/// Which positions the soft targets are compared at.
public enum TargetPositions: String, Sendable, CaseIterable { case all, masked }

/// Where the teacher's outputs come from.
public enum TeacherOutputs: Sendable, Equatable {
  /// The teacher runs beside the student.
  case live
  /// An activation store written by `retort activations DEF --stage ID`.
  case store(path: String)
}

/// Weighted terms of the distillation loss. A weight of 0 leaves the term out.
public struct LossOptions: Sendable, Equatable {
  public var softTargetWeight: Double
  public var temperature: Double
  public var positions: TargetPositions
  public var maskedLMWeight: Double
  public var cosineWeight: Double
}

public struct DistillOptions: Sendable, Equatable {
  public var teacher: String
  public var student: String
  public var outputs: TeacherOutputs
  public var corpus: CorpusOptions
  public var loss: LossOptions
  /// Steps from one account of the loss terms to the next; nil for none.
  public var accountSteps: Int?
}

/// A fine-tuned teacher whose answers a fine-tuning learns from beside the labels.
public struct TeachingOptions: Sendable, Equatable {
  /// The fine-tuning that made it.
  public var teacher: String
  public var softTargetWeight: Double
  public var temperature: Double
  public var labelWeight: Double
}

/// Fine-tuning of a classifier on a task; a new head is drawn from the stage's seed.
public struct FinetuneOptions: Sendable, Equatable {
  public var model: String
  public var task: TaskSource
  public var selectBest: ModelSelection
  /// Sentences in one forward pass of an evaluation; the result does not depend on it.
  public var evaluationBatchSize: Int
  /// Nil to learn from the labels alone.
  public var teaching: TeachingOptions?
}

public enum StageKind: String, Sendable, CaseIterable { case pretrain, distill, finetune }

public enum StageWork: Sendable, Equatable {
  case pretrain(PretrainOptions)
  case distill(DistillOptions)
  case finetune(FinetuneOptions)

  public var kind: StageKind {
    switch self {
    case .pretrain: .pretrain
    case .distill: .distill
    case .finetune: .finetune
    }
  }
}

public struct StageDefinition: Sendable, Equatable {
  public var id: String
  public var work: StageWork
  public var training: TrainingOptions
  /// The named recipe that filled in what the definition left out.
  public var recipe: String?

  public var kind: StageKind { work.kind }

  /// The models or stages it needs, teacher first.
  public var inputs: [String] {
    switch work {
    case .pretrain(let options): [options.model]
    case .distill(let options): [options.teacher, options.student]
    case .finetune(let options): [options.teaching?.teacher, options.model].compactMap { $0 }
    }
  }
}
