import Text
import Transformers

/// How many rows each term of a step's objective is the mean over, in all its batches together.
struct ObjectiveCounts {
  private let tokens: Int
  private let masked: Int
  private let objective: DistillationObjective

  init(_ group: [MaskedBatch], objective: DistillationObjective) {
    tokens = group.reduce(0) { $0 + $1.packed.tokenCount }
    masked = group.reduce(0) { $0 + $1.maskedCount }
    self.objective = objective
  }

  private func rows(of term: String) -> Int {
    switch term {
    case objective.softTargets?.name, DistillationPass.teacherEntropy:
      objective.softTargets?.positions == .masked ? masked : tokens
    case "masked_lm": masked
    default: tokens
    }
  }

  /// A term without rows (nothing was masked) is 0.
  func mean(of term: String, sum: Double) -> Double {
    let count = rows(of: term)
    return count == 0 ? 0 : sum / Double(count)
  }

  /// What the gradient of each row's loss is multiplied by.
  func gradientScale(of term: String, weight: Double) -> Double {
    mean(of: term, sum: weight)
  }
}

/// One batch through teacher, student and objective: the losses' sums, and the seeds of the backward pass.
struct DistillationPass {
  let student: TransformerModel
  let teacher: (any TeacherSource)?
  let objective: DistillationObjective
  let counts: ObjectiveCounts
  let scope: ComputeScope
  /// Whether the entropy of soft targets is measured beside the terms.
  var measuresTeacherEntropy = false

  /// What the entropy is named among the sums.
  static let teacherEntropy = "teacher_entropy"

  /// - Returns: for each term the sum over the rows it is taken on.
  func run(
    _ batch: MaskedBatch, at place: BatchPlace, mode: ForwardMode
  ) throws -> [String: Double] {
    let layout = SequenceLayout(offsets: batch.packed.offsets)
    let masked = batch.labels.indices.filter { batch.labels[$0] >= 0 }.map(Int32.init)
    // Logits are computed where a term reads them, last hidden states where logits or the cosine do.
    let readsAllLogits = objective.softTargets?.positions == .all
    let readsLogits = objective.softTargets != nil || objective.maskedLanguage != nil
    let logitRows: RowSelection? =
      readsAllLogits
      ? layout.allRows
      : readsLogits && !masked.isEmpty ? RowSelection(layout: layout, rows: masked) : nil
    let readsAllStates = objective.cosine != nil || readsAllLogits
    guard logitRows != nil || readsAllStates else { return [:] }

    let targets = try teacher?.targets(
      for: batch.packed, layout: layout, at: place,
      request: TeacherRequest(
        hidden: objective.cosine != nil,
        logitRows: objective.softTargets == nil ? nil : logitRows))
    guard
      let (hidden, rows) = student.encoder.encode(
        tokenIDs: batch.packed.tokenIDs, layout: layout,
        request: HiddenStateRequest(
          lastLayer: readsAllStates ? .all : .selection(masked)),
        mode: mode, in: scope
      ).last
    else { return [:] }

    var sums = [String: Double]()
    if let logitRows {
      sums = vocabularyTerms(
        hidden: hidden, rows: rows, logitRows: logitRows, labels: batch.labels, targets: targets,
        mode: mode)
    }
    if let weight = objective.cosine, let taught = targets?.hidden {
      sums["cosine"] = scope.cosineEmbeddingLoss(
        student: hidden, teacher: taught,
        gradientScale: counts.gradientScale(of: "cosine", weight: weight)
      ).reduce(0, +)
    }
    return sums
  }

  private func vocabularyTerms(
    hidden: Tensor, rows: RowSelection, logitRows: RowSelection, labels: [Int32],
    targets: TeacherTargets?, mode: ForwardMode
  ) -> [String: Double] {
    guard let head = student.maskedLanguageHead else {
      preconditionFailure("a student without a masked-LM head has no logits")
    }
    let selected =
      rows.count == logitRows.count ? hidden : scope.rows(logitRows.rows, of: hidden)
    let features = head.transform(
      selected, placement: logitRows.placement, mode: mode, in: scope)
    var names: [String] = []
    var objectives: [any VocabularyObjective] = []
    if let soft = objective.softTargets {
      let scale = counts.gradientScale(of: soft.name, weight: soft.weight)
      names.append(soft.name)
      if let kept = targets?.topLogits {
        objectives.append(
          TopKSoftTargetObjective(
            teacher: kept, temperature: soft.temperature, gradientScale: scale))
      } else {
        objectives.append(
          SoftTargetObjective(temperature: Float(soft.temperature), gradientScale: scale))
      }
    }
    if let weight = objective.maskedLanguage {
      names.append("masked_lm")
      objectives.append(
        MaskedLanguageObjective(
          labels: logitRows.rows.map { labels[Int($0)] },
          gradientScale: counts.gradientScale(of: "masked_lm", weight: weight)))
    }
    // Last: it adds nothing to a gradient that another has written.
    if let soft = objective.softTargets, measuresTeacherEntropy {
      names.append(Self.teacherEntropy)
      objectives.append(
        TeacherEntropyObjective(temperature: soft.temperature, kept: targets?.topLogits))
    }
    let values = scope.vocabularyHead(
      hidden: features, decoder: head.decoder, bias: head.decoderBias,
      teacher: targets?.vocabulary, objectives: objectives)
    return Dictionary(uniqueKeysWithValues: zip(names, values))
  }
}
