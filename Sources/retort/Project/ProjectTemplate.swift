// What `retort init` writes.
import RetortExperimentPlan

struct ProjectTemplate {
  /// Of the experiment.
  let name: String
  private let data: ProjectData
  private let teacher: ProjectTeacher

  /// The definition's path in the folder.
  var definition: String { "Experiments/\(name).yaml" }

  /// - Parameters:
  ///   - folder: its last part is the experiment's name.
  /// - Throws: for a name that cannot be that of a page.
  init(
    folder: String, data: ProjectData = .example, teacher: ProjectTeacher = .example
  ) throws(CommandFailure) {
    name = try Self.name(of: folder)
    self.data = data
    self.teacher = teacher
  }

  /// The experiment's name.
  static func name(of folder: String) throws(CommandFailure) -> String {
    let name = folder.split(separator: "/").last.map(String.init) ?? ""
    guard DefinitionNames.isName(name) else {
      let lower = name.lowercased()
      throw CommandFailure(
        "\(folder): expected \(DefinitionNames.words), found '\(name)'"
          + (DefinitionNames.isName(lower) ? "; did you mean '\(lower)'?" : ""))
    }
    return name
  }

  /// Paths in the folder with their content.
  var files: [(path: String, text: String)] {
    [(definition, definitionText)]
      + (data.isExample ? [("data/reviews.csv", Self.examples)] : [])
      + [
        ("Results/records/.gitkeep", ""),
        (".gitignore", "# Made again by `retort run`.\nRuns/\n"),
      ]
  }

  private var definitionText: String {
    let texts = data.texts.map(Self.scalar)
    let layers = teacher.halfOfLayers
    let share = data.rows < Self.fewRows ? "0.25" : "0.1"
    return """
      # \(name): a student of half its teacher's depth, distilled on labelled text of your own.
      # `retort validate` finds every mistake in this file; `retort help definition` explains every key.
      format: 1
      name: \(Self.scalar(name))
      question: How much of the teacher's \(data.classes == nil ? "correlation with the labels" : "accuracy") does a student of half its depth keep?
      seed: 42            # seed of all random numbers; sweep: { seed: [42, 43, 44] } runs three
      random: counter

      # Your text and labels: a CSV, TSV, JSON lines or Parquet file with a column of each.
      tasks:
        \(Self.scalar(data.task)):
          files: { train: \(Self.scalar(data.path)) }   # relative to this file; add dev: and test: if you have them
          text: \(texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]")   # the column of the text; [first, second] for pairs
          label: \(Self.scalar(data.label))   # the column of the label
          \(answers)
          dev: { fraction: \(share), seed: 7 }   # leave out if files has a dev:
          metrics: \(data.classes == nil ? "[pearson, spearmanr]" : "[accuracy, f1_macro]")

      models:
        # Your teacher: a BERT or DistilBERT, as hub:owner/name or as a folder that transformers saved; relative to this
        # file.
        teacher_model:
          from: \(Self.scalar(teacher.address))
        # The student: \(layers.count == 1 ? "layer" : "layers") \(layers.map(String.init).joined(separator: ", ")) of the teacher's \(teacher.layerCount), counted from 0.
        student:
          architecture: \(studentFamily)
          init_from: teacher_model
          layers: [\(layers.map(String.init).joined(separator: ", "))]
      \(foldsTokenTypes ? "    token_type: fold        # leave out if the teacher is a DistilBERT\n" : "")\
          dropout: { hidden: 0.1, attention: 0.1, classifier: 0.2 }

      stages:
        # The teacher learns the task.
        - id: teacher
          finetune:
            model: teacher_model
      \(Self.newHead(teacher.keepsClassifier))\
            \(training)

        # For comparison: the same student from the labels alone.
        - id: plain
          finetune:
            model: student
      \(Self.newHead(teacher.keepsClassifier))\
            \(training)

        # The student learns from the teacher's \(data.classes == nil ? "last hidden states" : "answers") and from the labels, half of each.
        - id: distilled
          finetune:
            model: student
            teacher: teacher
            loss: \(distillation)
      \(Self.newHead(teacher.keepsClassifier))\
            \(training)

      """
  }

  /// What its labels are.
  private var answers: String {
    guard let classes = data.classes else { return "kind: regression   # the labels are numbers" }
    let names = classes.map(Self.scalar).joined(separator: ", ")
    return "classes: [\(names)]   # in the order you like; leave out to sort them"
  }

  private var distillation: String {
    guard data.classes == nil else {
      return "{ soft_targets: { weight: 0.5, temperature: 2.0 }, cross_entropy: { weight: 0.5 } }"
    }
    return
      "{ hidden: { weight: 0.5, compare: mse, states: last, positions: all, average: tokens }, "
      + "label_mse: { weight: 0.5 } }"
  }

  /// A text pair needs token types, which DistilBERT has not.
  private var studentFamily: String {
    teacher.family == .bert && data.texts.count == 2 ? "bert" : "distilbert"
  }

  private var foldsTokenTypes: Bool { teacher.family == .bert && studentFamily == "distilbert" }

  private static func newHead(_ isKept: Bool) -> String {
    isKept
      ? ""
      : "      head: { kind: classification, init: new }   # the folder's classes are others, or have no names\n"
  }

  /// How each of its stages trains.
  private var training: String {
    """
    task: \(Self.scalar(data.task))
          recipe: hf-trainer-4.44
          sequence_length: \(min(128, teacher.positions))
          batch_size: 16
          learning_rate: 5.0e-5
          limit: { epochs: \(data.rows < Self.fewRows ? "10 }   # few rows need more passes; 3 for thousands" : "3 }")
          select_best: eval_loss
    """
  }

  /// Below, a task takes more passes and a larger share to be judged on.
  private static let fewRows = 2000

  /// A value as YAML has it: words and paths as they are, all else in quotation marks.
  private static func scalar(_ text: String) -> String {
    let isSafe = text.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "_-./ ".contains($0))
    }
    let begins = text.first?.isLetter == true || text.hasPrefix("/") || text.hasPrefix("../")
    let isWord = !["yes", "no", "y", "n", "on", "off", "true", "false", "null"].contains(
      text.lowercased())
    if isSafe && begins && isWord && text.last != " " || text.hasPrefix("hub:") { return text }
    // By scalars: to a Character, a quotation mark may be one with the accent behind it.
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\\", "\"": "\\\(scalar)"
      case "\n": "\\n"
      case _
      where scalar.properties.generalCategory == .control || scalar == "\u{2028}"
        || scalar == "\u{2029}":
        "\\u" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
          + String(scalar.value, radix: 16)
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }

  /// 96 short reviews in three classes, every text once.
  private static var examples: String {
    let subjects = [
      "the plot", "the cast", "the music", "the ending", "the camera work", "the dialogue",
      "the first hour", "the second half",
    ]
    let verdicts: [(label: String, words: [String])] = [
      ("bad", ["is dull", "is a mess", "does not work", "is hard to sit through"]),
      ("fair", ["is all right", "is neither good nor bad", "is uneven", "will do"]),
      ("good", ["is a joy", "is superb", "works very well", "is a pleasure to watch"]),
    ]
    var lines = ["review,verdict"]
    for subject in subjects {
      for number in 0..<4 {
        for verdict in verdicts {
          lines.append("\(subject) \(verdict.words[number]),\(verdict.label)")
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
