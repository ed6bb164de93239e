// The keys of a definition, in the order in which they are written.
import RetortDistillation
import RetortOptions

extension ResolvedDefinition {
  /// Everything that a definition may hold.
  static let options = OptionList(
    {
      (
        _: Int, name: String, question: String?, hypothesis: HypothesisDefinition?, budget: String?,
        seed: UInt64, random: RandomSource,
        _: [CorpusSource], _: [TaskSource], vocabulary: VocabularyDefinition,
        models: [ModelDefinition], stages: DefinedStages, baselines: [Baseline],
        measures: [MeasureDefinition], sweep: [SweepAxis], ablate: [Ablation], references: [String],
        passes: Int?
      ) in
      ResolvedDefinition(
        name: name, question: question, hypothesis: hypothesis, budget: budget, seed: seed,
        random: random, vocabulary: vocabulary, models: models, stages: stages.trainings,
        texts: stages.texts, baselines: baselines, measures: measures, sweep: sweep, ablate: ablate,
        compareWith: references, inferencePasses: passes)
    },
    formatField,
    OptionField(
      "name", \.name, DefinitionNames.name.described(as: "a name for runs and results"),
      "What runs and results are called."
    ),
    OptionField(
      optional: "question", \.question,
      .text(example: "How much does a student of half the depth keep?"),
      "What the experiment asks; heads its page."
    ),
    HypothesisDefinition.field,
    OptionField(
      optional: "budget", \.budget, .text(example: "Two hours on two cores."),
      "What the experiment may cost, in words that go under its tables."
    ),
    OptionField(
      "seed", \.seed,
      .seed.checked(standIn: 0) { seed, _, _, map in
        (map.collector as? DefinitionDecoding)?.defaultSeed = seed
        return true
      }, "Seed of everything that has no seed of its own."
    ),
    OptionField(
      "random", \.random, .choice, alwaysWritten: .counter,
      "Where random numbers come from. counter: functions of seed, step and place, the same at any number of "
        + "threads. torch-2.4-cpu: the numbers that PyTorch 2.4.0 draws on a CPU, to replay a run of it."
    ),
    corporaField, tasksField, vocabularyField, modelsField, stagesField,
    OptionField(
      "baselines", \.baselines, .list(of: .choice, ListRule(isDistinct: true, oneAlone: true)),
      otherwise: [],
      "Comparisons that are run too. no_distillation: the student's first weights straight to fine-tuning. "
        + "mlm_only: the same distillation without the terms that look at the teacher. "
        + "teacher: the teacher itself, fine-tuned. random_init: a student of the same sizes with random weights, fine-tuned. "
        + "Of a student that is evaluated without labels (validate_on) and not fine-tuned after, no_distillation and "
        + "random_init are fine-tuned as its teacher was."
    ),
    MeasureDefinition.field, sweepField,
    OptionField(
      "ablate", \.ablate, .list(of: Ablation.type, ListRule(isDistinct: true, oneAlone: true)),
      otherwise: [],
      "What is left out, one run each: a term of the loss, or init, the student's weights from the teacher."
    ),
    OptionField(
      "compare_with", \.compareWith, .list(of: referenceType, ListRule(oneAlone: true)),
      otherwise: [],
      "Published numbers that results are shown with: files of Experiments/references/."
    ),
    OptionField(
      optional: "time_inference", \.inferencePasses,
      .map(
        OptionList(
          { $0 },
          OptionField(
            "passes", \.self, .integer(atLeast: 1, example: "3"),
            "Passes over the validation split."
          ))),
      "Times every fine-tuned model on its validation split, one sentence at a time. No result depends on it."
    ))

  private static let formatField = OptionField<ResolvedDefinition, Int>(
    describedAs: [
      OptionDescription(
        key: "format", schema: .exactly(formatVersion),
        about: "The version of this language.", presence: .required, example: "\(formatVersion)")
    ],
    standIn: formatVersion,
    read: { map in
      let version = formatVersion
      guard let node = map.node("format") else {
        map.reportMissing("format", expected: "format: \(version)")
        return nil
      }
      guard let found = map.value("format", .integer(atLeast: 1)) else { return nil }
      guard found != version else { return found }
      map.reportWrong(
        node, "format", expected: "\(version)", advice: "this program reads format \(version)")
      return nil
    }, write: { _ in [("format", .integer(formatVersion))] })

  private static let corporaField = OptionField<ResolvedDefinition, [CorpusSource]>(
    describedAs: [
      OptionDescription(
        key: "corpora",
        schema: .named(CorpusSource.declaration("NAME").schema, pattern: DefinitionNames.pattern),
        about: "Texts under names of your own.", presence: .optional,
        example: "{ mine: { file: texts/mine.txt } }")
    ],
    standIn: [],
    read: { map in
      guard let decoding = map.collector as? DefinitionDecoding else { return nil }
      for (name, source) in decoding.named(
        map, "corpora",
        {
          CorpusSource.declaration($1).read($0, $1, $2)
        })
      {
        decoding.corpora.updateValue(source, forKey: name)
      }
      return []
    },
    write: { definition in
      let corpora = definition.corpusSources.filter(\.isDeclared)
      guard !corpora.isEmpty else { return [] }
      return [
        (
          "corpora",
          .map(
            corpora.map {
              ($0.name, definition.inheriting("corpora.\($0.name)", $0.canonicalContent))
            })
        )
      ]
    })

  private static let tasksField = OptionField<ResolvedDefinition, [TaskSource]>(
    describedAs: [
      OptionDescription(
        key: "tasks",
        schema: .named(TaskSource.declaration("NAME").schema, pattern: DefinitionNames.pattern),
        about: "Labelled sentences under names of your own.", presence: .optional,
        example: "{ sentiment: \(TaskSource.declaration("NAME").example) }")
    ],
    standIn: [],
    read: { map in
      guard let decoding = map.collector as? DefinitionDecoding else { return nil }
      for (name, source) in decoding.named(
        map, "tasks",
        {
          let source = TaskSource.declaration($1).read($0, $1, $2)
          // A part of a task may stand below it.
          decoding.tasks.updateValue(source, forKey: $1)
          return source
        })
      {
        decoding.tasks.updateValue(source, forKey: name)
      }
      return []
    },
    write: { definition in
      let tasks = definition.taskSources.filter(\.isDeclared)
      guard !tasks.isEmpty else { return [] }
      return [
        (
          "tasks",
          .map(
            tasks.map {
              ($0.name, definition.inheriting("tasks.\($0.name)", $0.canonicalContent))
            })
        )
      ]
    })

  private static let vocabularyField = OptionField<ResolvedDefinition, VocabularyDefinition>(
    describedAs: [
      OptionDescription(
        key: "vocabulary", schema: VocabularyDefinition.type.schema,
        about:
          "How text is cut into tokens. Default: the vocabulary of the first model that is read from a folder.",
        presence: .optional, example: "{ from: teacher }")
    ],
    standIn: .unknown,
    read: { map in
      guard let node = map.node("vocabulary") else { return VocabularyDefinition.standing(in: map) }
      guard var read = VocabularyDefinition.type.read(node, "vocabulary", map) else { return nil }
      if case .trained = read.source { read.lowercase = read.lowercase ?? true }
      return read
    }, write: { [("vocabulary", VocabularyDefinition.type.write($0.vocabulary))] })

  private static let modelsField = OptionField<ResolvedDefinition, [ModelDefinition]>(
    describedAs: [
      OptionDescription(
        key: "models", schema: .named(ModelDefinition.schema, pattern: DefinitionNames.pattern),
        about: "The models by name.",
        presence: .required, example: "{ teacher: { from: hub:google-bert/bert-base-uncased } }")
    ],
    standIn: [],
    read: { map in
      guard let decoding = map.collector as? DefinitionDecoding else { return nil }
      return map.required("models", expected: "a map of models by name", decoding.models(map))
    },
    write: { definition in
      [
        (
          "models",
          .map(
            definition.models.map {
              ($0.name, definition.inheriting("models.\($0.name)", $0.canonical))
            })
        )
      ]
    })

  private static let stagesField = OptionField<ResolvedDefinition, DefinedStages>(
    describedAs: [
      OptionDescription(
        key: "stages", schema: .list(StageDefinition.schema, ListRule(least: 1)),
        about:
          "What is trained, and texts that are made, in any order: each stage names what it begins from.",
        presence: .required,
        example:
          "[{ id: sst2, finetune: { recipe: hf-trainer-4.44, model: student, task: glue/sst2, "
          + "sequence_length: 128 } }]")
    ],
    standIn: DefinedStages(),
    read: { map in
      guard let decoding = map.collector as? DefinitionDecoding else { return nil }
      return map.required("stages", expected: "a list of stages", decoding.stages(map))
    },
    write: { definition in
      [
        (
          "stages",
          .list(
            definition.allStages.map {
              definition.inheriting("stages.\($0.id)", $0.canonical)
            })
        )
      ]
    })

  private static let sweepField = OptionField<ResolvedDefinition, [SweepAxis]>(
    describedAs: [
      OptionDescription(
        key: "sweep",
        schema: .named(
          .list(
            .anything(words: "a value of that key"),
            ListRule(least: 1, isDistinct: true, oneAlone: false)), pattern: nil),
        about: "Key paths and the values each takes: the definition is run for every combination.",
        presence: .optional, example: "{ stages.sst2.seed: [42, 43, 44] }")
    ],
    standIn: [],
    read: { map in
      guard let node = map.node("sweep") else { return [] }
      guard let below = MapReader(node, at: "sweep", map.collector) else { return nil }
      return below.ownNames.compactMap { entry in
        guard let items = entry.value.items, !items.isEmpty else {
          below.reportWrong(entry.value, entry.key, expected: "a list of values")
          return nil
        }
        return SweepAxis(path: entry.key, values: items.map(FilledValues.text))
      }
    },
    // Values are kept as canonical text, so they are read back by the same rules.
    write: { definition in
      definition.sweep.isEmpty
        ? [] : [("sweep", .map(definition.sweep.map { ($0.path, $0.canonicalValues) }))]
    })

  private static let referenceType = OptionType<String>(
    schema: .text(
      words: "the name of a file of published numbers", pattern: #"\.*[a-z][a-z0-9_.-]*"#),
    example: "tpf02-report",
    standIn: "",
    read: { node, key, map in
      // Published numbers are named after versions too: pytorch-2.4.
      guard let name = node.text, DefinitionNames.isName(name.filter { $0 != "." }) else {
        map.reportWrong(node, key, expected: "the name of a file of published numbers")
        return nil
      }
      if let known = (map.collector as? DefinitionDecoding)?.context.knownReferences,
        !known.contains(name)
      {
        map.reportWrong(
          node, key, expected: "a name in Experiments/references/",
          advice: Spelling.advice(for: name, among: known))
        return nil
      }
      return name
    }, write: { .text($0) })
}
