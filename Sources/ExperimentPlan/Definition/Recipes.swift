// Named recipes: published settings as data, filled in under what a definition leaves out.
import RetortOptions
import RetortStrictYAML

/// The settings of one published program for one kind of stage.
struct Recipe: Sendable {
  let name: String
  let kind: StageKind
  /// The keys of a stage's body, in YAML.
  let text: String

  static func named(_ name: String, for kind: StageKind) -> Recipe? {
    all.first { $0.name == name && $0.kind == kind }
  }

  static func names(for kind: StageKind) -> [String] {
    all.filter { $0.kind == kind }.map(\.name)
  }

  /// The name of a recipe for stages of a kind. What a wrong one would fill in is not missing as well.
  static func type(for kind: StageKind) -> OptionType<String> {
    let names = names(for: kind)
    return OptionType(
      schema: .text(words: "one of " + names.joined(separator: ", ")), example: names.first ?? "…",
      read: { node, key, map in
        if let name = node.scalar, names.contains(name) { return name }
        map.reportWrong(
          node, key, expected: "a recipe for \(kind.rawValue) (\(names.joined(separator: ", ")))",
          advice: node.scalar.flatMap { Spelling.nearest(to: $0, among: names) }
            .map { "did you mean '\($0)'?" })
        map.collector.forgiveMissing(in: map.path)
        return nil
      }, write: { .text($0) })
  }

  var tree: DefinitionNode {
    let read = YAMLReading.tree(of: text) { _, _ in .recipe(name) }
    precondition(read.diagnostics.isEmpty, "the recipe \(name) is not YAML: \(read.diagnostics)")
    return read.tree ?? .map([], .recipe(name))
  }

  /// Its values for a stage in which `written` stands. Where that names another optimizer or schedule, the recipe has no
  /// say in keys that the other does not have.
  func tree(under written: DefinitionNode) -> DefinitionNode {
    var tree = tree
    for description in StageDefinition.descriptions(of: kind) {
      guard case .map(let keys, _) = description.schema, var map = tree[description.key],
        map.entries != nil
      else { continue }
      for key in keys {
        guard let condition = key.condition,
          let chosen = written[description.key]?[condition.key]?.scalar,
          !condition.values.contains(chosen)
        else { continue }
        map[key.key] = nil
      }
      tree[description.key] = map
    }
    return tree
  }

  static let all = [trainer444, distilbertDistill, distilbertPretrain]

  /// Defaults of `transformers.TrainingArguments` at 4.44.2: AdamW as torch 2.4 has it, linear
  /// decay without warm-up, clipping at 1.0. `sequence_length` is the tokenizer's truncation.
  /// Its `load_best_model_at_end` is off, hence `select_best: last`.
  private static let trainer444 = Recipe(
    name: "hf-trainer-4.44", kind: .finetune,
    text: """
      sequence_length: 512
      batching: { batch_size: 8, accumulate: 1, group_by_length: false }
      optimizer: { name: adamw, learning_rate: 5.0e-5, betas: [0.9, 0.999], epsilon: 1.0e-8,
                   weight_decay: 0.0, max_grad_norm: 1.0 }
      schedule: { name: linear, warmup: 0.0 }
      freeze: []
      limit: { epochs: 3 }
      select_best: last
      evaluation: { batch_size: 8 }
      """)

  /// What DistilBERT's own scripts share between a distillation and plain masked-LM training:
  /// transformers-research-projects/distillation at fccd0cd, `train.py`, `distiller.py` and
  /// `lm_seqs_dataset.py`. 5 sequences times 50 accumulations are its 250 a step.
  private static let distilbertTraining = """
    sequence_length: 512
    minimum_length: 12
    maximum_unknown: 0.5
    masking: { probability: 0.15, smoothing: 0.7, mask: 0.8, keep: 0.1, random: 0.1 }
    batching: { batch_size: 5, accumulate: 50, group_by_length: true }
    optimizer: { name: adamw, learning_rate: 5.0e-4, betas: [0.9, 0.98], epsilon: 1.0e-6,
                 weight_decay: 0.0, max_grad_norm: 5.0 }
    schedule: { name: linear, warmup: 0.05 }
    limit: { epochs: 3 }

    """

  /// Weights 5/2/1 and frozen positions as in the scripts' README (`--alpha_ce 5.0 --alpha_mlm 2.0
  /// --alpha_cos 1.0 --freeze_pos_embs`): the 2019 code did keep the positions fixed.
  private static let distilbertDistill = Recipe(
    name: "distilbert-2019", kind: .distill,
    text: distilbertTraining + """
      freeze: [position_embeddings]
      loss:
        soft_targets: { weight: 5.0, temperature: 2.0, positions: all }
        masked_lm: { weight: 2.0 }
        cosine: { weight: 1.0, layer: last }
      """)

  private static let distilbertPretrain = Recipe(
    name: "distilbert-2019", kind: .pretrain,
    text: distilbertTraining + "freeze: []")
}

/// The program's own values for keys that change no result, or that design and sources fix.
enum StandardOptions {
  static func tree(for kind: StageKind, seed: DefinitionNode?) -> DefinitionNode {
    let training = kind.trains ? "checkpoint_every: { minutes: 10 }\n" : ""
    let read = YAMLReading.tree(of: kind.type.standard + training) { _, _ in .standard }
    var tree = read.tree ?? .map([], .standard)
    if let seed, kind.trains {
      tree["seed"] = DefinitionNode(content: seed.content, origin: .standard)
    }
    return tree
  }
}
