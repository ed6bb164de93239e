// How much of a teacher's sentence vectors models keep.
import RetortDistillation
import RetortEvaluation
import RetortFormatting
import RetortOptions

/// Compares sentence vectors of models with those of a teacher, over the same sentences.
struct SentenceAgreementMeasure: Measure {
  var of: [String]
  var teacher: String
  var sample: MeasuredSample
  var pooling: SentencePooling
  var pairs: SentenceAgreement.Pairs
  var neighbours: [Int]

  static let kind = "sentence_agreement"
  static let version = 2
  static let title = "agreement of sentence vectors"
  static let about =
    "Mean cosine of a model's sentence vectors with a teacher's, Spearman's correlation of the similarities of pairs of sentences, "
    + "and the share of nearest neighbours that both have. A model of another width than the teacher has no cosine; "
    + "where similarities are all equal, or pairs too few, there is no correlation."
  static let figureKeys = [cosine.key, rank.key, "neighbours_N"]
  private static let cosine = FigureKind.correlation("cosine", "cosine")
  private static let rank = FigureKind.correlation(
    "rank_correlation", "rank correlation of similarities")
  static let options = OptionList(
    {
      SentenceAgreementMeasure(
        of: $0, teacher: $1, sample: $2, pooling: $3, pairs: $4, neighbours: $5)
    },
    .measured(\.of), .comparedWith(\.teacher),
    OptionField(\.sample, MeasuredSample.options),
    OptionField(\.pooling, SentencePooling.options),
    OptionField(
      "pairs", \.pairs, pairsType, otherwise: .all,
      "Pairs of sentences whose similarities are compared: all (of at most \(SentenceAgreement.mostForAllPairs.grouped) sentences), "
        + "none, or so many that the seed draws."),
    OptionField(
      "neighbours", \.neighbours,
      .list(
        of: .integer(atLeast: 1, atMost: 1_000, example: "1"),
        ListRule(isDistinct: true, oneAlone: true), standIn: []
      ).described(example: "[1, 10]"), otherwise: [1, 10],
      "Numbers of nearest neighbours of which the shared ones are counted, among at most "
        + "\(SentenceAgreement.mostSentences.grouped) sentences."))

  private static let pairsType: OptionType<SentenceAgreement.Pairs> = {
    let names: [(String, SentenceAgreement.Pairs)] = [("all", .all), ("none", .none)]
    let number = OptionType<Int>.integer(atLeast: 2, atMost: 10_000_000, example: "100_000")
    let words = "all, none or a whole number from 2 to 10000000"
    return OptionType(
      schema: .any([.choice(names.map(\.0)), number.schema]), words: words, example: "all",
      standIn: .all,
      read: { node, key, map in
        if let named = names.first(where: { $0.0 == node.scalar }) { return named.1 }
        if case .plain(let text) = node.content, let count = Scalars.integer(text),
          (2...10_000_000).contains(count)
        {
          return .drawn(count)
        }
        map.reportWrong(node, key, expected: words)
        return nil
      },
      write: { pairs in
        switch pairs {
        case .all: .text("all")
        case .none: .text("none")
        case .drawn(let count): .integer(count)
        }
      })
  }()

  var with: String? { teacher }
  var need: ModelNeed { .encoder }
  var figures: [FigureKind] {
    [Self.cosine] + (pairs == .none ? [] : [Self.rank]) + neighbours.map(Self.shared)
  }

  private static func shared(_ neighbours: Int) -> FigureKind {
    .share(
      "neighbours_\(neighbours)",
      neighbours == 1
        ? "same nearest neighbour" : "shared among \(neighbours) nearest neighbours")
  }

  func check(at path: String, _ shapes: MeasuredShapes, in checks: inout DefinitionChecks) {
    guard let count = sample.count else { return }
    if pairs == .all, count > SentenceAgreement.mostForAllPairs {
      checks.report(
        "\(path).count",
        expected: "at most \(SentenceAgreement.mostForAllPairs) sentences with pairs: all",
        found: "\(count)", advice: "or write a number of pairs that are drawn")
    }
    if let most = neighbours.max(), count < most + 2 {
      checks.report(
        "\(path).neighbours", expected: "numbers below \(count - 1), of \(count) sentences",
        found: "\(most)")
    }
  }

  func check(sequences count: Int) throws(MeasureError) {
    try SentenceAgreement.check(sentences: count, pairs: pairs, neighbours: neighbours)
  }

  func conditions(of text: ResolvedText) -> [String] {
    let pairs =
      switch self.pairs {
      case .all: "all pairs of sentences"
      case .none: "no pairs of sentences"
      case .drawn(let count): "\(count.grouped) pairs of sentences, drawn (seed \(sample.seed))"
      }
    return [pooling.words, pairs]
  }

  func run(
    of inputs: [MeasuredInput], in execution: MeasureExecution,
    take: (MeasuredInput, [MeasuredFigure]) throws -> Void
  ) throws {
    guard let with = execution.with else { preconditionFailure("an agreement without a teacher") }
    let isProbed = execution.isProbe
    let agreement = try SentenceAgreement(
      over: execution.sequences.source, pooling, pairs: pairs,
      neighbours: isProbed
        ? neighbours.filter { $0 < execution.sequences.source.count - 1 } : neighbours,
      seed: sample.seed, engine: execution.engine)
    try agreement.compare(
      with: execution.model(with), inputs.count, model: { try execution.model(inputs[$0]) },
      observer: execution.observer
    ) { number, figures in
      try take(
        inputs[number],
        [(Self.cosine, figures.cosine), (Self.rank, figures.rank)]
          .compactMap { kind, estimate in estimate.map { MeasuredFigure(kind, $0) } }
          + zip(neighbours, figures.neighbours).map { MeasuredFigure(Self.shared($0), $1) })
    }
  }
}

extension SentencePooling {
  static let options = OptionList(
    SentencePooling.init(_:isNormalised:),
    OptionField(
      "pooling", \.pooling, .choice, otherwise: .mean,
      "mean: the mean over all tokens of a sentence, as in sentence-transformers; first: the state of [CLS]."
    ),
    OptionField(
      "normalise", \.isNormalised, .truth, otherwise: true,
      "Whether vectors are divided by their length."))

  var words: String {
    (pooling == .mean ? "means over a sentence's tokens" : "states of the first token")
      + (isNormalised ? ", at length 1" : "")
  }
}
