// The layers that a stage's loss leaves to a search.
import RetortDistillation
import RetortFormatting
import RetortText
import RetortTransformers

extension StageExecution {
  /// The objective with every pair of layers found that it leaves to a search: those of the checkpoint, if the training goes on
  /// from one; else the nearest ones of the models as they begin, which are noted.
  /// - Parameters:
  ///   - teacher: called if there is something to find.
  ///   - text: what the stage learns from.
  func findingLayers(
    of objective: Objective, student: TransformerModel, text: any SequenceSource,
    teacher: () throws -> (any TeacherSource)?
  ) throws -> Objective {
    guard objective.searchesLayers else { return objective }
    let resumed = try checkpointing(of: student).takingLayers(of: objective)
    guard resumed.searchesLayers, let teacher = try teacher() else { return resumed }
    let (found, findings) = try LayerSearch(
      student: student, teacher: teacher, text: text, seed: training.seed, engine: engine
    ).objective(resumed)
    for finding in findings { note(finding.words) }
    return found
  }
}

extension LayerSearch.Finding {
  /// "hidden compares the nearest states 0→0 (CKA 1.000) 3→1 (CKA 0.912), found on 256 sequences, 9,120 tokens"
  var words: String {
    let list = zip(pairs, alignment).map { "\($0.words) (CKA \($1.fixed(3)))" }
    return "\(term) compares the nearest \(layers == .blocks ? "blocks" : "states") "
      + list.joined(separator: " ")
      + ", found on \(sequences.grouped) sequences, \(tokens.grouped) tokens"
  }
}
