// What stops a run before or between its stages.
import RetortFormatting

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
  /// A stage whose loss reads no logits of a teacher's vocabulary.
  case noTeacherLogits(stage: String)
  /// A column to be kept that no store has.
  case noSuchOutput(String)
  case noSuchTeacher(String, known: [String])
  case noSuchLayer(String, expected: String)
  /// Class logits to be kept of a model without a classifier.
  case hasNoClassifier(String)
  /// Class logits to be kept beside those of the vocabulary.
  case logitsOfTwoHeads(String)
  /// A store for which there is not enough space.
  case noRoom(path: String, bytes: Int, needed: Int, free: Int)
  /// A store that has outputs which another in its place would not have.
  case wouldLoseOutputs(path: String, found: String, wanted: String)
  case tooManyLogits(Int, words: Int)
  /// A model's predictions while it was timed differ from those of its evaluation.
  case otherAnswers(stage: String, examples: Int)
  /// Its result is not in the cache.
  case stageNotRun(String, definition: String)
  /// A stage's text is not in the cache.
  case textNotMade(String, definition: String)

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
      "\(stage): expected a stage whose loss reads a teacher, found one without; choose another with --stage"
    case .noTeacherLogits(let stage):
      "\(stage): expected a term on the teacher's vocabulary logits, whose largest are kept, found none "
        + "in its loss; leave --top-k out"
    case .noSuchOutput(let path):
      "--also \(path): expected hidden/N, hidden/last, projections/N/query, key or value, pooled/mean, pooled/first or "
        + "classes, below teachers/NAME/ for one of several teachers"
    case .noSuchTeacher(let path, let known):
      "--also \(path): the stage has no such teacher; it reads \(known.joined(separator: ", "))"
    case .noSuchLayer(let path, let expected):
      "--also \(path): expected one of \(expected), which the teacher has"
    case .hasNoClassifier(let model):
      "--also classes: expected a teacher with a classifier, found '\(model)', which has none; leave it out"
    case .logitsOfTwoHeads(let model):
      "--also classes: the loss reads logits of the vocabulary of '\(model)', and a model has one head; leave it out"
    case .noRoom(let path, let bytes, let needed, let free):
      "\(path): a store of \(bytes.memoryText) takes \(needed.memoryText) until it is whole, and \(free.memoryText) are "
        + "free; free some space, choose another disk with --out, or keep less"
    case .wouldLoseOutputs(let path, let found, let wanted):
      "\(path): the store has \(found), and would have \(wanted); write to another path with --out, or remove the store"
    case .tooManyLogits(let count, let words):
      "--top-k \(count) exceeds the vocabulary of \(words); keep fewer"
    case .otherAnswers(let stage, let examples):
      "\(stage): timed one sentence at a time, the cached model's predictions differ from its record on "
        + "\(examples) examples; run `retort doctor`"
    case .textNotMade(let id, let definition):
      "\(id): makes a text that is read and has not been run; run it first: "
        + "retort run \(definition) --stage \(id)"
    case .stageNotRun(let id, let definition):
      "\(id): makes the teacher and has not been run; run it first: "
        + "retort run \(definition) --stage \(id)"
    }
  }
}
