// What stops a run before or between its stages.

/// Why a run cannot begin or go on. Errors of files, data and training speak for themselves.
public enum RunError: Error, Sendable, Equatable, CustomStringConvertible {
  case notSupported(String)
  case noSuchStage(String, known: [String])
  case vocabularySize(model: String, rows: Int, entries: Int)
  /// A model that cannot be built, or would be another once it was stored.
  case impossibleModel(String, problems: [String])
  /// A model that cannot read the pairs of texts of a task.
  case noPairs(model: String, problem: String)
  /// A stage whose loss reads nothing of a teacher.
  case noTeacher(stage: String)
  /// A stage of several teachers: a store has the outputs of one.
  case severalTeachers(stage: String)
  /// A stage whose loss reads class logits, which are computed once and kept in memory.
  case classLogitsAreNotStored(stage: String)
  /// A stage whose loss reads no logits of a teacher's vocabulary.
  case noTeacherLogits(stage: String)
  /// A loss on attention, of a stage whose teacher's outputs are to be stored.
  case projectionsAreNotStored(stage: String)
  case tooManyLogits(Int, words: Int)
  /// A model's predictions while it was timed differ from those of its evaluation.
  case otherAnswers(stage: String, examples: Int)
  /// Its result is not in the cache.
  case stageNotRun(String, definition: String)

  public var description: String {
    switch self {
    case .notSupported(let what): "\(what) is not supported yet; take it out of the definition"
    case .noSuchStage(let id, let known):
      "no stage \(id); the definition has \(known.joined(separator: ", "))"
    case .vocabularySize(let model, let rows, let entries):
      "\(model): model and vocabulary do not match: embeddings of \(rows) words, vocabulary of \(entries) entries"
    case .impossibleModel(let name, let problems):
      "models.\(name): \(problems.joined(separator: "; "))"
    case .noPairs(let model, let problem): "\(model): \(problem)"
    case .noTeacher(let stage):
      "\(stage): expected a distill stage whose loss reads a teacher's outputs, found none; choose "
        + "another with --stage"
    case .severalTeachers(let stage):
      "\(stage): expected one teacher, found several; a store has the outputs of one"
    case .classLogitsAreNotStored(let stage):
      "\(stage): expected a loss of hidden states or vocabulary logits, found one of class logits; a store is not "
        + "needed: the stage computes them once and keeps them in memory"
    case .noTeacherLogits(let stage):
      "\(stage): expected a term on the teacher's vocabulary logits, whose largest are kept, found none "
        + "in its loss; leave --top-k out"
    case .projectionsAreNotStored(let stage):
      "\(stage): its loss reads queries, keys and values of the teacher's attention, which a store does not hold; leave "
        + "the stage's teacher live"
    case .tooManyLogits(let count, let words):
      "--top-k \(count) exceeds the vocabulary of \(words); keep fewer"
    case .otherAnswers(let stage, let examples):
      "\(stage): timed one sentence at a time, the cached model's predictions differ from its record on "
        + "\(examples) examples; run `retort doctor`"
    case .stageNotRun(let id, let definition):
      "\(id): makes the teacher and has not been run; run it first: "
        + "retort run \(definition) --stage \(id)"
    }
  }
}
