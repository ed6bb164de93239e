// Every number of a definition, as large and as small as it can be written.
import RetortOptions
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Numbers at the ends of their ranges")
struct ExtremeNumbersTests {
  /// Whole numbers around the ends of 32 and 64 bits, and numbers that float32, or float64, does not hold.
  private static let values =
    [
      "0", "-1", "1", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808",
      "1e-38",
    ] + neverHeld
  private static let neverHeld = ["1e-320", "1e308", ".nan", ".inf"]

  /// A definition in which every number can be written. Stages have the names of their kinds, so that a path of the
  /// schema is one of the definition.
  private static let text = """
    format: 1
    name: extremes
    seed: 3
    corpora: { mine: { generated: { grammar: film_reviews, lines: 32 } } }
    tasks:
      mine: { generated: { grammar: film_reviews, train: 24, dev: 20, test: 6 } }
      own: { files: { train: a.csv }, text: a, label: b, classes: [x, y], dev: { fraction: 0.5 } }
      rated: { files: { train: a.csv }, text: a, label: b, kind: regression, dev: { fraction: 0.5 } }
      few: { of: own, labels: { count: 1, unit: rows }, hold_out: { sentences: 1, least_words: 2 } }
    vocabulary: { train: { corpus: [mine], size: 500 } }
    models:
      mine:
        architecture: bert
        sizes:
          { hidden_size: 48, layer_count: 4, head_count: 1, feed_forward_size: 16,
            maximum_positions: 256, initializer_range: 0.02, layer_norm_epsilon: 1.0e-12 }
        head: { kind: masked_lm, init: new }
        dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 }
      student: { architecture: bert, init_from: mine, layers: [0, 1, 2, 3, 2, 1] }
      cut: { architecture: bert, init_from: mine, layers: [0] }
      wide:
        architecture: bert
        sizes:
          { hidden_size: 768, layer_count: 1, head_count: 12, feed_forward_size: 3072,
            maximum_positions: 256, initializer_range: 0.02, layer_norm_epsilon: 1.0e-12 }
        dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 }
      thin:
        architecture: bert
        init_from: wide
        layers: [0]
        width:
          { hidden_size: 192, head_count: 6, feed_forward_size: 768, by: pca, keep: first, scale: none }
    stages:
      - id: judge
        finetune: { model: mine, task: own, \(finetuning) }
      - id: pretrain
        pretrain: { model: mine, \(training) }
      - id: reading
        pretrain: { model: mine, \(sentences("share: 0.5")), \(reading) }
      - id: learning
        distill:
          { teacher: mine, student: student, \(sentences("sentences: 9")), \(reading),
            loss: { masked_lm: { weight: 1 } } }
      - id: paged
        pretrain: { model: mine, \(sentences("paragraphs: 9")), \(reading) }
      - id: distill
        distill:
          { teacher: mine, student: student, account_every: { steps: 5 }, \(training),
            loss: { \(losses("positions: all, kept_logits: 4")), masked_lm: { weight: 1 } } }
      \(divergences)
      - id: terms
        distill: { teacher: mine, student: student, \(training), loss: { \(terms) } }
      - id: searched
        distill: { teacher: mine, student: cut, \(training), loss: { \(searches) } }
      - id: validated
        distill:
          { teacher: judge, student: student, \(training), masking: none,
            head: { kind: classification, like: teacher, init: new },
            loss: [{ soft_targets: { on: classes, weight: 1, divergence: forward_kl, temperature: 2.0, scale: none } }],
            validate_on: { task: own } }
      - id: scheduled
        distill:
          { teacher: mine, student: student, \(training),
            loss: { soft_targets: { weight: { linear: { from: 1, to: 0, share: 0.5 } },
                                    temperature: { linear: { from: 2, to: 1, share: 0.5 } },
                                    positions: masked } } }
      - id: finetune
        finetune:
          { model: student, task: own, teacher: judge, \(finetuning),
            loss: { \(losses(nil)), cross_entropy: { weight: 1 } } }
      - id: scored
        finetune:
          { model: student, task: rated, \(finetuning), loss: { label_mse: { weight: 1 } } }
      - id: augment
        augment:
          { \(sentences("share: 0.5")), method: tinybert, model: mine, copies: 2, candidates: 5, probability: 0.4 }
      - id: masked
        augment:
          { \(sentences("sentences: 9")), method: masking, copies: 2, mask_probability: 0.1,
            ngram_probability: 0.25, longest_ngram: 5 }
      - id: paged_copies
        augment:
          { \(sentences("paragraphs: 9")), method: masking, copies: 2, mask_probability: 0.1,
            ngram_probability: 0.25, longest_ngram: 5 }
    time_inference: { passes: 3 }
    measures:
      - masked_lm: { of: mine, count: 9, entropy_at: 2.0, masking: \(masking), \(text("share: 0.5")) }
      - masked_lm: { name: counted, of: mine, masking: \(masking), \(text("sentences: 9")) }
      - masked_lm: { name: paged, of: mine, masking: \(masking), \(text("paragraphs: 9")) }
      - teacher_agreement: { of: student, with: mine, on: vocabulary, temperature: 2.0, count: 9, \(text("share: 0.5")) }
      - sentence_agreement: { of: student, with: mine, pairs: none, count: 900, neighbours: 1, \(text("share: 0.5")) }
      - calibration: { of: judge, task: own, sequence_length: 16, bins: 15 }
      - linear_probe: { of: [mine, student], task: own, sequence_length: 16, inverse_penalty: 1.0 }
    hypothesis:
      text: The probe tells them apart.
      claims:
        - { of: mine, measure: linear_probe, at_least: 0.9 }
        - { of: mine, measure: linear_probe, at_most: 0.9 }
        - { of: mine, than: student, measure: linear_probe, more_by: 0.05 }
        - { of: mine, than: student, measure: linear_probe, less_by: 0.05 }
        - { of: mine, than: student, measure: linear_probe, within: 0.05 }

    """

  /// A stage for each divergence with numbers, by its key. Columns are correlated over classes alone, rows over more than
  /// two.
  private static let divergences =
    [
      ("jensen_shannon", "{ jensen_shannon: 0.5 }"),
      ("decoupled", "{ decoupled: { target: 1, others: 8 } }"),
      ("pearson", "{ pearson: { rows: 1, columns: 0 } }"),
    ].map { key, divergence in
      "- id: \(key)\n    distill: { teacher: mine, student: student, \(training), loss: { "
        + "soft_targets: { weight: 1, temperature: 2.0, positions: masked, divergence: \(divergence) } } }"
    }.joined(separator: "\n  ")
    + "\n  - id: columns\n    finetune: { model: student, task: own, teacher: judge, "
    + "\(finetuning), loss: { soft_targets: { weight: 1, temperature: 2.0, "
    + "divergence: { pearson: { rows: 0, columns: 1 } } } } }"
    + ["flsw: { base: 8, beta: 1, gamma: 2, least: 1 }", "cwsm: { base: 8, beta: 1, least: 1 }"].map
  {
    "\n  - id: \($0.prefix(4))\n    finetune: { model: student, task: own, teacher: judge, \(finetuning), "
      + "loss: { soft_targets: { weight: 1, temperature: { \($0) } } } }"
  }.joined()

  /// Terms that compare more than logits, each with a projection if it may have one.
  private static let terms =
    "hidden: { weight: 1, compare: mse, states: [[2, 1]], positions: all, average: tokens, \(projection) }, "
    + "sentence: { weight: 1, compare: { info_nce: 0.05 }, pooling: mean, normalise: true, \(projection.replacing("shared: true, ", with: "")) }, "
    + "gram: { weight: 1, of: features, states: [[[1, 1], [1, 1]]], average: sequences, \(projection) }, "
    + "attention: { weight: 1, of: scores, compare: mse, heads: each, blocks: [[1, 0]], average: pairs }, "
    + "relations: { weight: 1, of: { q-q: 1 }, heads: 1, blocks: [[1, 0]], average: sequences }"
  private static let searches: String = {
    let nearest = "{ nearest: { sequences: 9, seed: 1 } }, over_pairs: sum"
    return
      "hidden: { weight: 1, compare: mse, states: \(nearest), positions: all, average: tokens }, "
      + "attention: { weight: 1, of: scores, compare: mse, heads: each, blocks: \(nearest), average: pairs }, "
      + "relations: { weight: 1, of: [q-q], heads: 1, blocks: \(nearest), average: sequences }"
  }()
  private static let projection =
    "projection: { from: student, shared: true, bias: true, init: { normal: 0.02 }, "
    + "learning_rate: 1.0e-3, weight_decay: 0.01, clip: apart, force: true }"

  private static let common =
    "sequence_length: 16, batch_size: 4, accumulate: 2, limit: { epochs: 2 }, "
    + "schedule: { name: cosine, cycles: 0.5, warmup: 0.1 }"
  private static let training = "corpus: [mine], \(reading)"
  private static let reading = "recipe: distilbert-2019, \(common)"
  private static func sentences(_ heldOut: String) -> String {
    "sentences: { from: [mine], words: [2, 40], hold_out: { \(heldOut) } }"
  }
  private static let masking =
    "{ probability: 0.15, smoothing: 0.7, mask: 0.8, keep: 0.1, random: 0.1 }"
  private static func text(_ heldOut: String) -> String {
    "sequence_length: 16, text: { \(sentences(heldOut)) }"
  }
  private static let finetuning =
    "recipe: hf-trainer-4.44, evaluation: { batch_size: 8 }, select_best: eval_loss, "
    + "early_stopping: { patience: 3 }, \(common)"
  private static func losses(_ positions: String?) -> String {
    "soft_targets: { weight: 1, temperature: 2.0\(positions.map { ", \($0)" } ?? "") }, "
      + "cosine: { weight: 1, layer: last }, "
      + "hidden: { weight: 1, compare: mse, states: [[2, 1]], positions: all, average: tokens }"
  }

  /// A number that can be written: where, and a value of it.
  private struct Place: Sendable {
    /// With `*` for a name of the user's own.
    let path: String
    let example: String
    /// Text for a value: the items of a list are equal.
    let write: @Sendable (String) -> String

    /// The same in the definition, under each of the names that it could be meant for.
    var paths: [String] {
      guard path.contains("*") else {
        // What a classification does not have a regression has, and what a corpus does not have sentences have.
        return [
          path, path.replacing("stages.finetune.", with: "stages.scored."),
          path.replacing("stages.augment.", with: "stages.masked."),
          path.replacing("stages.augment.", with: "stages.paged_copies."),
        ]
          + ["jensen_shannon", "decoupled", "pearson", "columns"].map {
            // A definition has one divergence a term.
            path.replacing(
              "stages.distill.loss.soft_targets.divergence",
              with: "stages.\($0).loss.soft_targets.divergence"
            )
            .replacing(
              "stages.finetune.loss.soft_targets.divergence",
              with: "stages.\($0).loss.soft_targets.divergence")
          }
          + ["hidden", "sentence", "gram", "attention", "relations"].flatMap { term in
            ["terms", "searched"].map { stage in
              path.replacing("stages.distill.loss.\(term).", with: "stages.\(stage).loss.\(term).")
                .replacing("stages.finetune.loss.\(term).", with: "stages.\(stage).loss.\(term).")
            }
          }
          + ["linear", "flsw", "cwsm"].map { key in
            // So is one temperature.
            ["distill", "finetune"].reduce(path) { path, kind in
              path.replacing(
                "stages.\(kind).loss.soft_targets.temperature.\(key)",
                with:
                  "stages.\(key == "linear" ? "scheduled" : key).loss.soft_targets.temperature.\(key)"
              )
            }
          }
          + [
            path.replacing(
              "stages.distill.loss.soft_targets.weight.linear",
              with: "stages.scheduled.loss.soft_targets.weight.linear"),
            path.replacing("stages.distill.validate_on", with: "stages.validated.validate_on"),
            path.replacing("measures.masked_lm.text", with: "measures.counted.text"),
            path.replacing("measures.masked_lm.text", with: "measures.paged.text"),
          ]
          // A claim has one bound.
          + (1...4).map { path.replacing("hypothesis.claims.0.", with: "hypothesis.claims.\($0).") }
          + ["reading", "learning", "paged"].map {
            path.replacing("stages.pretrain.sentences", with: "stages.\($0).sentences")
              .replacing("stages.distill.sentences", with: "stages.\($0).sentences")
          }
      }
      return ["mine", "own", "student", "few", "thin"].map { path.replacing("*", with: $0) }
    }
  }

  private static let places: [Place] = {
    var found: [Place] = []
    func visit(_ options: [OptionDescription], _ path: String) {
      for option in options {
        below(option.schema, path.isEmpty ? option.key : "\(path).\(option.key)", option.example)
      }
    }
    func below(_ schema: OptionSchema, _ path: String, _ example: String) {
      switch schema {
      case .map(let options, _), .oneKey(let options): visit(options, path)
      // Steps are no names.
      case .named where path.hasSuffix(".steps"): break
      case .named(let value, _): below(value, "\(path).*", example)
      // How a weight changes is the same for all terms.
      case .any(let types) where path.hasSuffix(".weight"):
        let isWhole = path == "stages.distill.loss.soft_targets.weight"
        types.prefix(isWhole ? types.count : 1).forEach { below($0, path, example) }
      case .any(let types): types.forEach { below($0, path, example) }
      // A list of terms has the settings of a map.
      case .forms(let forms):
        for form in forms {
          if case .list = form.schema { continue }
          below(form.schema, path, example)
        }
      case .number, .integer, .exactly:
        if !found.contains(where: { $0.path == path }) {
          found.append(Place(path: path, example: example) { $0 })
        }
      case .list(.integer, let rule):
        found.append(
          Place(path: path, example: "1") { value in
            "[" + Array(repeating: value, count: rule.most ?? 1).joined(separator: ", ") + "]"
          })
      case .list(.number, let rule):
        found.append(
          Place(path: path, example: rule.most == nil ? "1" : "0.5") { value in
            "[" + Array(repeating: value, count: rule.most ?? 1).joined(separator: ", ") + "]"
          })
      case .list(let item, _):
        // Stages and measures are told by their names, other maps of a list by their numbers.
        below(item, ["stages", "measures"].contains(path) ? path : "\(path).0", example)
      case .truth, .text, .choice, .anything: break
      }
    }
    visit(ResolvedDefinition.options.descriptions, "")
    // Terms of both kinds of stages are read by one declaration: one of the two is enough.
    let shared = ["hidden", "sentence", "gram", "attention", "relations"]
    return found.filter { place in
      // All measures on text share its keys.
      if place.path.contains("_agreement.text.") || place.path.contains("_agreement.masking.") {
        return false
      }
      return !shared.contains { place.path.hasPrefix("stages.finetune.loss.\($0).") }
    }
  }()

  /// The explanation, or the mistakes.
  private static func outcome(_ path: String, _ value: String) -> (
    text: String?, mistakes: [String]
  ) {
    do {
      let loaded = try LoadedDefinition.load(
        text: text, path: "x.yaml", overrides: ["\(path)=\(value)"])
      let data = DataSize(sequences: 1000, tokens: 20_000)
      let explanation = PlanExplanation(
        ResolvedPlan(loaded.definition), filled: loaded.filledValues, variants: loaded.variants,
        sizes: [
          "pretrain": data, "reading": data, "distill": data, "learning": data, "judge": data,
        ], look: { _ in .absent })
      return (explanation.text, [])
    } catch {
      return (nil, error.diagnostics.map(\.description))
    }
  }

  @Test func theDefinitionIsRight() {
    #expect(DefinitionText.messages(Self.text) == [])
  }

  /// Every number reads the whole definition many times: shares of them are tested at the same time.
  private static let shareCount = 4

  @Test("every number is explained or refused in words", arguments: 0..<shareCount)
  func extremes(share: Int) {
    #expect(Self.places.count > 80)
    for number in stride(from: share, to: Self.places.count, by: Self.shareCount) {
      let place = Self.places[number]
      var tried: Set<String> = []
      let path = place.paths.first {
        tried.insert($0).inserted && Self.outcome($0, place.write(place.example)).text != nil
      }
      #expect(path != nil, "\(place.path) cannot be \(place.example)")
      guard let path else { continue }
      for value in Self.values {
        let (text, mistakes) = Self.outcome(path, place.write(value))
        #expect(text != nil || !mistakes.isEmpty, "\(path)=\(value)")
        #expect(text == nil || !Self.neverHeld.contains(value), "\(path)=\(value) is accepted")
      }
    }
  }
}
