// Making copies of sentences in which some words are others.
import RetortDistillation
import RetortOptions
import RetortRecords
import RetortText

struct AugmentStage: TextWork {
  var source: AugmentedSentences
  var method: ChosenAugmentation
  /// Whether a sentence stands before its copies.
  var keepsOriginals: Bool
  var seed: UInt64

  static let kind = StageKind.augment
  static let about =
    "Makes a text of sentences and copies of them in which some words are others. Other stages read it by the stage's name, "
    + "as in sentences: { from: augmented }. No label is read, and nothing is trained."
  static let oneOf = AugmentedSentences.oneOf
  static let options = OptionList(
    AugmentStage.init(source:method:keepsOriginals:seed:),
    AugmentedSentences.field(\.source),
    OptionField(
      choosing: "method", \.method, among: AugmentationMethods.all.map(ChosenAugmentation.variant),
      "How copies are made."),
    OptionField(
      "keep_originals", \.keepsOriginals, .truth, otherwise: true,
      "Whether each sentence stands before its copies. Copies equal to it are dropped in either case."
    ),
    .inheritedSeed(
      \.seed, "Seed of the copies: they depend on it, on a sentence and on its number alone."))

  var inputs: [StageInputName] {
    method.model.map { [StageInputName(role: "model", name: $0)] } ?? []
  }
  var texts: [CorpusSource] { source.sentences.map { [.sentences($0)] } ?? [] }
  var taskRead: TaskSource? { source.task }
  var versions: [(name: String, version: Int)] { [method.version] }
  var mostLines: Int { method.copies + (keepsOriginals ? 1 : 0) }

  var title: String { "augment \(source.words) (\(method.name))" }

  var details: [String] {
    [
      (keepsOriginals ? "each sentence and " : "") + "at most \(method.copies) copies of it; "
        + "a copy equal to the sentence or to an earlier one is dropped"
    ] + method.details + [
      "seed \(seed); random numbers by sentence and word", "no label is read",
    ]
  }
}

/// The sentences that are copied.
enum AugmentedSentences: Sendable, Equatable {
  /// The training sentences of a task, without their labels.
  case task(TaskSource)
  case sentences(SentenceSource)

  static let oneOf = ["task", "sentences"]

  var task: TaskSource? { if case .task(let task) = self { task } else { nil } }
  var sentences: SentenceSource? {
    if case .sentences(let source) = self { source } else { nil }
  }

  var words: String {
    switch self {
    case .task(let task): "the training sentences of \(task.name)"
    case .sentences(let source): source.name
    }
  }

  /// Both ways, of which one is written.
  private struct Ways: Sendable {
    var task: TaskSource?
    var sentences: SentenceSource?

    static let options = OptionList(
      Ways.init(task:sentences:),
      OptionField(
        optional: "task", \.task, TaskSource.reference.ofContents,
        "The training sentences of a task: a built-in one, or a name of `tasks:`. Its labels are not read."
      ),
      OptionField(
        optional: "sentences", \.sentences, SentenceSource.type.ofContents,
        "Sentences of texts; every line of a text with split: lines."))
  }

  static func field<Root>(
    _ path: any KeyPath<Root, AugmentedSentences> & Sendable
  ) -> OptionField<Root, AugmentedSentences> {
    OptionField(
      describedAs: Ways.options.descriptions, standIn: .task(.unknown),
      read: { map in
        let ways = Ways.options.read(map)
        switch (map.has("task"), map.has("sentences")) {
        case (false, false):
          map.reportMissing(
            "task",
            expected: "\(TaskSource.reference.words), as in task: \(TaskSource.reference.example)",
            advice: "or write sentences: { from: … }")
          return nil
        case (true, true):
          map.report(
            Diagnostic(
              map.node.origin, map.path, expected: "task or sentences", found: "both",
              advice: "keep one"), "sentences")
          return nil
        case (true, false): return (ways?.task).map { .task($0) }
        case (false, true): return (ways?.sentences).map { .sentences($0) }
        }
      },
      write: {
        Ways.options.write(
          Ways(task: $0[keyPath: path].task, sentences: $0[keyPath: path].sentences))
      })
  }
}

/// A method of augmentation, with the model that it asks if it asks one.
enum ChosenAugmentation: Sendable, Equatable {
  case modelFree(any ModelFreeAugmentation)
  case asking(model: String, any ModelAugmentation)

  private var chosen: any AugmentationMethod {
    switch self {
    case .modelFree(let method): method
    case .asking(_, let method): method
    }
  }

  var name: String { type(of: chosen).name }
  var copies: Int { chosen.copies }
  var version: (name: String, version: Int) { ("augment.\(name)", type(of: chosen).version) }

  /// The model or stage that it asks; nil for a method that needs none.
  var model: String? { if case .asking(let model, _) = self { model } else { nil } }

  /// Words that the model's vocabulary must have at least; nil for a method that needs none.
  var candidates: Int? { if case .asking(_, let method) = self { method.candidates } else { nil } }

  var details: [String] {
    switch self {
    case .modelFree(let method): method.details
    case .asking(let model, let method): method.details(model: model)
    }
  }

  static func == (a: ChosenAugmentation, b: ChosenAugmentation) -> Bool {
    a.model == b.model && a.name == b.name && a.entries.elementsEqual(b.entries) { $0 == $1 }
  }

  private var entries: [(String, CanonicalValue)] {
    func entries(_ method: some AugmentationMethod) -> [(String, CanonicalValue)] {
      type(of: method).options.write(method)
    }
    return entries(chosen)
  }
}

extension ChosenAugmentation {
  private struct Asking<Method: ModelAugmentation>: Sendable {
    let model: String
    let method: Method

    static var options: OptionList<Asking> {
      OptionList(
        Asking.init(model:method:),
        OptionField(
          "model", \.model, DefinitionNames.modelOrStage(example: "bert"),
          "The model that is asked, or the stage that made it. It has a masked-LM head; it is not trained."
        ),
        OptionField(\.method, Method.options))
    }
  }

  static func variant(_ type: any AugmentationMethod.Type) -> OptionVariant<ChosenAugmentation> {
    func asking<Method: ModelAugmentation>(
      _ type: Method.Type
    ) -> OptionVariant<ChosenAugmentation> {
      OptionVariant(
        Method.name, Method.about, Asking<Method>.options,
        make: { .asking(model: $0.model, $0.method) },
        take: {
          guard case .asking(let model, let method as Method) = $0 else { return nil }
          return Asking(model: model, method: method)
        })
    }
    func modelFree<Method: ModelFreeAugmentation>(
      _ type: Method.Type
    ) -> OptionVariant<ChosenAugmentation> {
      OptionVariant(
        Method.name, Method.about, Method.options, make: { .modelFree($0) },
        take: {
          guard case .modelFree(let method as Method) = $0 else { return nil }
          return method
        })
    }
    if let type = type as? any ModelAugmentation.Type { return asking(type) }
    guard let type = type as? any ModelFreeAugmentation.Type else {
      preconditionFailure("\(type.name) either asks a model or does not")
    }
    return modelFree(type)
  }
}
