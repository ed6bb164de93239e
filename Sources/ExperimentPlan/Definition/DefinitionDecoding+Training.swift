// What all stages share: batching, optimizer, schedule, freeze, limit, checkpoint_every.
import Options

extension DefinitionDecoding {
  func training(_ body: MapReader, _ kind: StageKind) -> TrainingOptions? {
    let recipes = Recipe.names(for: kind).joined(separator: " or ")
    let advice = "write it, or name a recipe (\(recipes))"
    let length = body.required(
      "sequence_length", expected: "a whole number of at least 3", advice: advice,
      body.integer("sequence_length", atLeast: 3))
    let batching = body.required(
      "batching", expected: "{batch_size, accumulate, group_by_length}", advice: advice,
      body.map("batching", readBatching))
    let optimizer = body.required(
      "optimizer",
      expected: "{name, learning_rate, betas, epsilon, weight_decay, max_grad_norm}",
      advice: advice, body.map("optimizer", readOptimizer))
    let schedule = body.required(
      "schedule", expected: "{name, warmup}", advice: advice, body.map("schedule", readSchedule))
    let freeze = body.required(
      "freeze", expected: "a list ([] trains everything)", advice: advice,
      body.list("freeze") { frozenGroup($0, body) })
    let limit = body.required(
      "limit", expected: "one of {epochs: n}, {steps: n}, {tokens: n}", advice: advice,
      limit(body))
    let checkpointEvery = body.required(
      "checkpoint_every", expected: "one of {minutes: n}, {steps: n}", checkpointInterval(body))
    let seed = body.required(
      "seed", expected: "a whole number of at least 0", body.integer("seed", atLeast: 0))
    if case .standard? = body.node("seed")?.origin { inheritedSeeds.insert(body.path) }
    guard let length, let batching, let optimizer, let schedule, let freeze, let limit,
      let checkpointEvery, let seed
    else { return nil }
    return TrainingOptions(
      sequenceLength: length, batching: batching, optimizer: optimizer, schedule: schedule,
      freeze: freeze, limit: limit, checkpointEvery: checkpointEvery, seed: UInt64(seed))
  }

  private func readBatching(_ map: MapReader) -> BatchingOptions? {
    let count = { (key: String) in
      map.required(key, expected: "a whole number of at least 1", map.integer(key, atLeast: 1))
    }
    let (size, accumulate) = (count("batch_size"), count("accumulate"))
    let grouping = map.required(
      "group_by_length", expected: "true or false", map.truth("group_by_length"))
    guard let size, let accumulate, let grouping else { return nil }
    return BatchingOptions(batchSize: size, accumulate: accumulate, groupByLength: grouping)
  }

  private func readOptimizer(_ map: MapReader) -> OptimizerOptions? {
    let number = { (key: String, rule: NumberRule) in
      map.required(key, expected: rule.words, map.number(key, rule))
    }
    let name = map.required("name", expected: "adamw", map.choice("name", OptimizerName.self))
    let rate = number("learning_rate", .notNegative)
    let betas: (Double, Double)? = map.requiring("betas", expected: "[first, second]") {
      guard let node = map.node("betas") else { return nil }
      guard let items = node.items, items.count == 2 else {
        map.reportWrong(node, "betas", expected: "a list of 2 numbers")
        return nil
      }
      let values = items.map { map.number($0, "betas", .belowOne) }
      guard let first = values[0], let second = values[1] else { return nil }
      return (first, second)
    }
    let epsilon = number("epsilon", .positive)
    let decay = number("weight_decay", .notNegative)
    let norm = number("max_grad_norm", .positive)
    guard let name, let rate, let betas, let epsilon, let decay, let norm else { return nil }
    return OptimizerOptions(
      name: name, learningRate: rate, firstBeta: betas.0, secondBeta: betas.1, epsilon: epsilon,
      weightDecay: decay, maxGradNorm: norm)
  }

  private func readSchedule(_ map: MapReader) -> ScheduleOptions? {
    let name = map.required(
      "name", expected: "linear or constant", map.choice("name", ScheduleName.self))
    let warmup = map.required(
      "warmup", expected: NumberRule.fraction.words + ", the share of all steps",
      map.number("warmup", .fraction))
    guard let name, let warmup else { return nil }
    return ScheduleOptions(name: name, warmup: warmup)
  }

  private func frozenGroup(_ node: DefinitionNode, _ body: MapReader) -> FrozenGroup? {
    if let text = node.scalar, let group = FrozenGroup(text) { return group }
    body.reportWrong(
      node, "freeze", expected: "parameters to keep as they are",
      advice: Spelling.advice(for: node.scalar ?? "", among: FrozenGroup.names))
    return nil
  }

  /// The only key of a map of which exactly one must be given.
  private func onlyKey(_ map: MapReader, of keys: [String]) -> String? {
    let given = keys.filter(map.has)
    if given.count == 1 { return given[0] }
    // Unknown keys are reported by themselves; then nothing is missing as well.
    if given.isEmpty, map.node.entries?.isEmpty == false { return nil }
    collector.report(
      Diagnostic(
        map.node.origin, map.path, expected: "one of \(keys.joined(separator: ", "))",
        found: given.isEmpty ? "none of them" : given.joined(separator: " and ")))
    return nil
  }

  private func limit(_ body: MapReader) -> StageLimit? {
    body.map("limit") { map in
      guard let key = onlyKey(map, of: ["epochs", "steps", "tokens"]),
        let count = map.integer(key, atLeast: 1)
      else { return nil }
      switch key {
      case "epochs": return .epochs(count)
      case "steps": return .steps(count)
      default: return .tokens(count)
      }
    }
  }

  private func checkpointInterval(_ body: MapReader) -> CheckpointSpacing? {
    body.map("checkpoint_every") { map in
      switch onlyKey(map, of: ["minutes", "steps"]) {
      case "minutes": map.number("minutes", .positive).map { .minutes($0) }
      case "steps": map.integer("steps", atLeast: 1).map { .steps($0) }
      default: nil
      }
    }
  }
}
