// Sentences that benchmarks read.
import ArgumentParser
import RetortBenchmarks
import RetortDistillation
import RetortExperimentPlan
import RetortProcessor
import RetortTensorEngine
import RetortText

/// `--sentences FILE`.
struct SentenceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Lines of sentence, tab, label, without a header, read in that order. SST-2 from RETORT_CACHE "
        + "or RETORT_MIRROR if not given, made-up sentences of its lengths if it is not there.",
      valueName: "file"))
  var sentences: String?

  /// The sentences of the file, or of SST-2; nil where there are none.
  /// - Parameter split: of SST-2; training sentences come in the order of a first epoch with seed 42.
  func text(_ split: DataSplit) throws -> (sentences: LabelledSentences, data: String)? {
    if let sentences {
      let read = try LabelledSentences(
        task: .sst2, split: .train, path: sentences, hasHeader: false)
      return (read, sentences)
    }
    guard let files = try? Locations().locate(GLUETask.sst2) else { return nil }
    let read = try LabelledSentences(
      task: .sst2, split: split, path: split == .dev ? files.dev : files.train)
    guard split == .train, let labels = read.labels else { return (read, "SST-2 \(split)") }
    let order = EpochOrder.shuffled(count: read.count, batchSize: 1, seed: 42, epoch: 0).joined()
    let shuffled = LabelledSentences(
      sentences: order.map { read.sentences[$0] }, labels: order.map { labels[$0] },
      classNames: read.classNames)
    return (shuffled, "SST-2 \(split), shuffled")
  }

  /// The first `count` of them as tokens of the model, with where they are from.
  /// - Parameter count: nil for all; of made-up ones as many as SST-2's validation set has.
  func tokens(
    of model: BenchModel, _ split: DataSplit, count: Int?
  ) throws -> (sentences: LabelledSequences, data: String) {
    let text = try text(split)
    let tokenizer: BertTokenizer?
    do { tokenizer = try model.makeTokenizer() } catch {
      // A file that was named must be read; anything else can be made up.
      if sentences != nil { throw error }
      tokenizer = nil
    }
    guard let (labelled, data) = text, let tokenizer else {
      guard model.configuration.vocabularySize > MadeUpSentences.firstWord else {
        throw CommandFailure(
          "a model of \(model.configuration.vocabularySize) words is too small for made-up "
            + "sentences; give some with --sentences")
      }
      let made = MadeUpSentences.make(
        count: count ?? 872, vocabularySize: model.configuration.vocabularySize, seed: 42)
      return (made, "made up")
    }
    let range = 0..<min(count ?? labelled.count, labelled.count)
    return (
      LabelledSequences(
        sequences: TokenSequences(
          Array(labelled.sentences[range]), tokenizer: tokenizer,
          maximumLength: model.configuration.maximumPositions,
          threads: Processor.availableCount),
        labels: labelled.labels.map { Array($0[range]) }), data
    )
  }
}
