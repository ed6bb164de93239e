// Vocabulary, corpora and tasks of a plan, read or generated when first needed.
import Foundation
import RetortDistillation
import RetortFiles
import RetortText
import RetortTransformers

/// The data of one run. Each piece is prepared once.
final class PreparedData {
  let locations: Locations
  /// Where the texts of stages are.
  var stageTexts: any StageTexts = NoStageTexts()
  private let threads: Int
  private let definition: ResolvedDefinition
  private let plan: ResolvedPlan
  private let note: (String) -> Void
  private var madeVocabulary: PreparedVocabulary?
  private var tasks: [TaskSource: Task] = [:]
  private var tokenized: [TokenizedPart: LabelledSequences] = [:]
  private var corpora: [CorpusKey: TokenizedCorpus] = [:]

  /// What a corpus of tokens is made of besides the vocabulary: how it is masked is not part of it.
  private struct CorpusKey: Hashable {
    let texts: [CorpusSource]
    let sequenceLength: Int
    let minimumLength: Int
    let maximumUnknown: Double
    let cutsLongLines: Bool
  }

  private struct TokenizedPart: Hashable {
    let source: TaskSource
    let part: Task.Part
    let maximumLength: Int
  }

  /// A vocabulary, the text of its vocab.txt, and how text is cut into its tokens.
  private struct PreparedVocabulary {
    let vocabulary: Vocabulary
    let file: [UInt8]
    let settings: TokenizerSettings
  }

  /// A development set on which the models of a task are evaluated besides the task's own.
  struct FurtherSet {
    var name: String
    let dev: LabelledSentences
  }

  /// The three splits of a task, as text.
  struct Task {
    var name: String
    var train: LabelledSentences
    var dev: LabelledSentences
    /// Empty where there is none.
    let test: LabelledSentences
    var further: [FurtherSet]
    /// How the training set was made smaller, one for each selection.
    var accounts: [SelectionAccount] = []
    var classNames: [String] { train.classNames }

    /// A set of its examples.
    enum Part: Hashable {
      case train, dev, test
      /// One of `further`, by its place.
      case further(Int)
    }

    /// Those that have examples or are always there, with the names that records give them.
    var parts: [(part: Part, name: String, split: String)] {
      [(.train, name, "train"), (.dev, name, "dev")]
        + further.indices.map { (.further($0), further[$0].name, "dev") }
        + [(.test, name, "test")]
    }

    subscript(part: Part) -> LabelledSentences {
      switch part {
      case .train: train
      case .dev: dev
      case .test: test
      case .further(let place): further[place].dev
      }
    }

    init(
      name: String, train: LabelledSentences, dev: LabelledSentences, test: LabelledSentences?,
      further: [FurtherSet] = []
    ) {
      (self.name, self.train, self.dev, self.further) = (name, train, dev, further)
      self.test =
        test
        ?? (train.kind == .regression
          ? LabelledSentences(sentences: [], numbers: nil)
          : LabelledSentences(sentences: [], labels: nil, classNames: train.classNames))
    }
  }

  /// - Parameter threads: how many prepare text; what they make does not depend on it.
  init(
    plan: ResolvedPlan, locations: Locations, threads: Int, note: @escaping (String) -> Void
  ) {
    self.plan = plan
    self.threads = threads
    definition = plan.definition
    self.locations = locations
    self.note = note
  }

  // MARK: Vocabulary

  /// The tokenizer's, which knows the tokens that the model's folder adds.
  func vocabulary() throws -> Vocabulary { try tokenizer().vocabulary }

  /// The text of vocab.txt.
  func vocabularyFile() throws -> [UInt8] { try preparedVocabulary().file }

  /// What goes into tokenizer_config.json.
  func tokenizerSettings() throws -> TokenizerSettings { try preparedVocabulary().settings }

  func tokenizer() throws -> BertTokenizer {
    let prepared = try preparedVocabulary()
    return BertTokenizer(vocabulary: prepared.vocabulary, options: prepared.settings.options)
  }

  private func preparedVocabulary() throws -> PreparedVocabulary {
    if let madeVocabulary { return madeVocabulary }
    let made: PreparedVocabulary
    switch definition.vocabulary.source {
    case .folder(let address): made = try readVocabulary(address)
    case .model(let name):
      switch plan.model(named: name)?.source {
      case .folder(let address), .randomWeights(let address): made = try readVocabulary(address)
      default: throw RunError.notSupported("a vocabulary of the model \(name)")
      }
    case .trained(let texts, let size):
      let settings = definition.vocabulary.settings(over: .uncased)
      var trainer = WordPieceTrainer(size: size, options: settings.options)
      for text in texts {
        let file = try MappedFile(path: locations.file(of: text))
        try withExtendedLifetime(file) {
          try trainer.add(file.bytes.bindMemory(to: UInt8.self))
        }
      }
      let vocabulary = try trainer.train()
      note("a vocabulary of \(vocabulary.count) entries was trained")
      made = PreparedVocabulary(
        vocabulary: vocabulary,
        file: Array((vocabulary.tokens.joined(separator: "\n") + "\n").utf8), settings: settings)
    }
    madeVocabulary = made
    return made
  }

  /// Refuses models whose learned weights belong to other tokens than the definition's vocabulary has: with the same
  /// number of them nothing else would show it.
  /// - Throws: every such model, with the first token that differs.
  func checkVocabularies(of steps: [PlanStep]) throws {
    let learned = plan.folders(neededBy: steps).filter(\.needsWeights)
    guard !learned.isEmpty else { return }
    let own = try vocabulary()
    var problems: [String] = []
    for (address, _) in learned {
      let other = try readVocabulary(address).vocabulary
      if let difference = ModelOutline.difference(of: other.tokens, from: own.tokens) {
        problems.append("\(address): \(difference)")
      }
    }
    guard problems.isEmpty else { throw LocationError(problems: problems) }
  }

  private func readVocabulary(_ address: ModelAddress) throws -> PreparedVocabulary {
    let model = try locations.locate(address, needing: [.vocabulary])
    if model.isCheckpoint {
      let stored = try StoredModel(path: model.path)
      return PreparedVocabulary(
        vocabulary: stored.vocabulary, file: stored.vocabularyFile,
        settings: definition.vocabulary.settings(over: stored.tokenizer))
    }
    let folder = try model.tokenizer()
    let file = folder.vocabulary ?? []
    return PreparedVocabulary(
      vocabulary: try Vocabulary(text: file, path: folder.path), file: file,
      settings: definition.vocabulary.settings(over: folder.settings))
  }

  // MARK: Corpora

  /// The corpora of a stage as one source of sequences.
  func corpus(
    _ options: CorpusOptions, sequenceLength: Int
  ) throws -> TokenizedCorpus {
    let key = CorpusKey(
      texts: options.texts, sequenceLength: sequenceLength, minimumLength: options.minimumLength,
      maximumUnknown: options.maximumUnknown, cutsLongLines: options.sentences != nil)
    if let known = corpora[key] { return known }
    let corpus = try TokenizedCorpus.open(
      texts: options.texts.map { try locations.file(of: located($0)) }, tokenizer: tokenizer(),
      sequenceLength: sequenceLength, minimumLength: options.minimumLength,
      maximumUnknownFraction: options.maximumUnknown, cacheFolder: locations.prepared,
      limitTokens: nil, cutsLongLines: key.cutsLongLines, threads: threads)
    corpora[key] = corpus
    return corpus
  }

  /// What a stage learns from.
  func size(of planned: PlannedStage) throws -> DataSize {
    let (work, length) = (planned.stage.work, planned.stage.training.sequenceLength)
    if let options = work.corpus {
      let corpus = try corpus(options, sequenceLength: length)
      return try size(of: corpus, options)
    }
    guard let source = work.task else { return DataSize(sequences: 0) }
    let examples = try sequences(of: source, .train, maximumLength: length)
    return DataSize(sequences: examples.count, tokens: examples.sequences.tokenCount)
  }

  // MARK: Tasks

  func task(_ source: TaskSource) throws -> Task {
    if let task = tasks[source] { return task }
    let task = try locations.read(source, remark: note)
    tasks[source] = task
    return task
  }

  /// A set of a task's examples as tokens.
  func sequences(
    of source: TaskSource, _ part: Task.Part, maximumLength: Int
  ) throws -> LabelledSequences {
    let key = TokenizedPart(source: source, part: part, maximumLength: maximumLength)
    if let known = tokenized[key] { return known }
    let sentences = try task(source)[part]
    let made = LabelledSequences(
      sequences: TokenSequences(
        sentences.sentences, pairedWith: sentences.secondSentences, tokenizer: try tokenizer(),
        maximumLength: maximumLength, threads: threads),
      labels: sentences.labels, numbers: sentences.numbers)
    tokenized[key] = made
    return made
  }
}
