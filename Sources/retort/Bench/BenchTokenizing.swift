// `retort bench tokenize`.
import ArgumentParser
import RetortBenchmarks
import RetortExperimentPlan
import RetortProcessor
import RetortTensorEngine
import RetortText
import RetortTransformers

struct BenchTokenizing: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Time the tokenizer on sentences in memory.")

  @Option(
    help: ArgumentHelp(
      "A model that has a vocabulary; that of distilbert-base-uncased if not given, or one trained on "
        + "made-up sentences if that is not there.", valueName: "model"))
  var vocab: String?

  @OptionGroup var sentences: SentenceOptions

  @Option(help: ArgumentHelp("How often all sentences are encoded.", valueName: "n"))
  var repetitions = 5

  @OptionGroup var options: BenchOptions

  func validate() throws { try requireAtLeast(1, repetitions, option: "--repetitions") }

  func run() throws {
    let text = try sentences.text(.train)
    let (tokenizer, name) = try tokenizer()
    let result = TokenizingBenchmark.run(
      text?.sentences.sentences ?? Self.madeUp(67_349), tokenizer: tokenizer, name: name,
      repetitions: repetitions,
      threads: options.computing.threads ?? Processor.availableCount,
      data: text?.data ?? "made up", versions: BenchOptions.versions)
    try options.write(result, text: result.text, failures: result.failures)
  }

  /// As many sentences as SST-2 has to train on, or fewer.
  private static func madeUp(_ count: Int) -> [String] {
    SentimentGrammar().labelledSentences(counts: [count], seed: 42)[0].sentences
  }

  private func tokenizer() throws -> (BertTokenizer, name: String) {
    if let vocab {
      let (vocabulary, settings) = try StoredVocabulary.read(vocab)
      return (BertTokenizer(vocabulary: vocabulary, options: settings.options), vocab)
    }
    if let published = try? BenchModel.uncasedTokenizer() {
      return (published, "distilbert-base-uncased")
    }
    var trainer = WordPieceTrainer(size: 1000, options: TokenizerSettings.uncased.options)
    for sentence in Self.madeUp(5000) { trainer.add(sentence) }
    return (
      BertTokenizer(
        vocabulary: try trainer.train(), options: TokenizerSettings.uncased.options),
      "trained on made-up sentences"
    )
  }
}
