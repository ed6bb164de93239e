// `retort tokenize`: lines of text in, lines of tokens or ids out.
import ArgumentParser
import RetortFiles
import RetortText
import RetortTransformers

struct TokenizeVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Split text into the tokens a model sees.",
    discussion: """
      Reads lines of UTF-8 on standard input; writes one line for each, tokens or ids separated by \
      spaces, as the input arrives. Nothing is cut off unless --max-length says so.
      """)

  @Option(
    help: ArgumentHelp(
      "vocab.txt, or a model that has one; a tokenizer_config.json in the same folder is applied.",
      valueName: "path"))
  var vocab: String

  @Flag(help: "Write ids in place of tokens.")
  var ids = false

  @Flag(help: "Leave [CLS] and [SEP] out.")
  var noSpecials = false

  @Flag(help: "Keep case and accents, whatever the model's folder says.")
  var cased = false

  @Option(
    help: ArgumentHelp(
      "Cut lines after this many tokens, [CLS] and [SEP] included.", valueName: "n"))
  var maxLength: Int?

  @OptionGroup var computing: ComputingOptions

  @OptionGroup var malformed: MalformedTextOptions

  func validate() throws {
    let least = noSpecials ? 1 : 2
    if let maxLength, maxLength < least {
      throw ValidationError("--max-length is \(maxLength), expected at least \(least)")
    }
  }

  func run() throws {
    let tokenizer = try makeTokenizer()
    let pieces = PieceTexts(
      ids ? tokenizer.vocabulary.tokens.indices.map(String.init) : tokenizer.vocabulary.tokens)

    var reader = LineReader()
    var replaced = 0
    try reader.forEachArrival { arrival in
      let encoded = EncodedLines(
        arrival.lines, tokenizer: tokenizer, addSpecials: !noSpecials, maximumLength: maxLength,
        invalidUTF8: malformed.invalidUtf8, threads: computing.threadCount)
      try StandardOutput.shared.write(pieces.text(of: encoded.sequences))
      replaced += encoded.repairedCount
      if let refusal = encoded.refusal {
        let line = encoded.sequences.count
        throw CommandFailure(
          refusal, line: arrival.number(of: line), offset: arrival.offset(of: line))
      }
      try StandardOutput.shared.flush()
    }
    malformed.report(replacedLines: replaced)
  }
}

extension TokenizeVerb {
  /// The tokenizer of a model, or of a vocabulary with the settings of its model.
  private func makeTokenizer() throws -> BertTokenizer {
    var (vocabulary, settings) = try StoredVocabulary.read(vocab)
    if cased { (settings.lowercase, settings.stripAccents) = (false, false) }
    return BertTokenizer(vocabulary: vocabulary, options: settings.options)
  }
}
