// The resolved definition written out: a definition again, with nothing left to fill in.
import RetortFormatting
import RetortOptions
import RetortStrictYAML

extension ResolvedDefinition {
  /// The whole definition as YAML; reading it gives an equal definition.
  public var canonicalText: String { CanonicalText.write(canonical, sorted: false) }

  private var canonical: CanonicalValue { .map(Self.options.write(self)) }

  /// Without the seeds that are the experiment's and swept.
  /// - Parameter path: of the value; seeds in it may be inherited in maps below.
  func inheriting(_ path: String, _ value: CanonicalValue) -> CanonicalValue {
    guard case .map(let entries) = value else { return value }
    return .map(
      entries.compactMap { key, value in
        if key == "seed", inheritedSeeds.contains(path) { return nil }
        // The body of a stage has the stage's path.
        let isBody = path.hasPrefix("stages.") && StageKind(key: key) != nil
        return (key, inheriting(isBody ? path : "\(path).\(key)", value))
      })
  }

  /// Every text that any stage or the vocabulary reads, in order of first use.
  public var corpusSources: [CorpusSource] {
    var found: [CorpusSource] = []
    if case .trained(let texts, _) = vocabulary.source { found += texts }
    for stage in allStages { found += stage.work.texts.flatMap(\.origins) }
    found += measuredTexts.flatMap(\.texts).flatMap(\.origins)
    return found.firstOccurrences
  }

  /// Where every stored model is, in order of first use.
  public var modelAddresses: [ModelAddress] {
    models.compactMap(\.source.address).firstOccurrences
  }

  /// All sentences that any stage learns from, in order of first use.
  public var sentenceSources: [SentenceSource] {
    (allStages.compactMap(\.work.sentences) + measuredTexts.compactMap { $0.corpus?.sentences })
      .firstOccurrences
  }

  private var measuredTexts: [ResolvedText] { measures.compactMap { resolved($0.measure.sample) } }

  /// Every task that a stage or measure uses, in order of first use; before a part of a task that task.
  public var taskSources: [TaskSource] {
    (allStages.compactMap(\.work.taskRead) + measures.flatMap(\.measure.tasks))
      .flatMap(\.withWholes).firstOccurrences
  }
}

extension SweepAxis {
  var canonicalValues: CanonicalValue {
    let read = YAMLReading.tree(of: "[" + values.joined(separator: ", ") + "]") { _, _ in
      .standard
    }
    return read.tree?.canonical ?? .list(values.map { .text($0) })
  }

  /// One of its values.
  static func canonical(_ value: String) -> CanonicalValue {
    YAMLReading.tree(of: value) { _, _ in .standard }.tree?.canonical ?? .text(value)
  }
}

extension DefinitionNode {
  var canonical: CanonicalValue {
    switch content {
    case .plain(let text):
      if let whole = Scalars.integer(text) { return .integer(whole) }
      if let number = Scalars.number(text) { return .number(number) }
      if let truth = Scalars.truth(text) { return .truth(truth) }
      return .text(text)
    case .quoted(let text): return .text(text)
    case .list(let items): return .list(items.map(\.canonical))
    case .map(let entries): return .map(entries.map { ($0.key, $0.value.canonical) })
    }
  }
}
