// What `retort init` writes.
import RetortExperimentPlan

struct ProjectTemplate {
  /// Of the experiment.
  let name: String

  /// The definition's path in the folder.
  var definition: String { "Experiments/\(name).yaml" }

  /// - Parameter folder: its last part is the experiment's name.
  /// - Throws: for a name that cannot be that of a page.
  init(folder: String) throws(CommandFailure) {
    name = folder.split(separator: "/").last.map(String.init) ?? ""
    guard DefinitionNames.isName(name) else {
      let lower = name.lowercased()
      throw CommandFailure(
        "\(folder): expected \(DefinitionNames.words), found '\(name)'"
          + (DefinitionNames.isName(lower) ? "; did you mean '\(lower)'?" : ""))
    }
  }

  /// Paths in the folder with their content.
  var files: [(path: String, text: String)] {
    [
      (definition, definitionText), ("data/reviews.csv", Self.examples),
      ("Results/records/.gitkeep", ""), (".gitignore", "# Made again by `retort run`.\nRuns/\n"),
    ]
  }

  private var definitionText: String {
    """
    # \(name): a student of half its teacher's depth, distilled on labelled text of your own.
    # `retort validate` finds every mistake in this file; `retort help definition` explains every key.
    format: 1
    name: \(name)
    question: How much of the teacher's accuracy does a student of half its depth keep?
    seed: 42            # seed of all random numbers; sweep: { seed: [42, 43, 44] } runs three
    random: counter

    # Your text and labels: a CSV, TSV or JSON lines file with a column of each.
    tasks:
      reviews:
        files: { train: ../data/reviews.csv }     # relative to this file; add dev: and test: if you have them
        text: review                              # the column of the text; [first, second] for pairs
        label: verdict                            # the column of the label
        classes: [bad, fair, good]                # in the order you like; leave out to sort them
        dev: { fraction: 0.25, seed: 7 }          # leave out if files has a dev:
        metrics: [accuracy, f1_macro]

    models:
      # Your teacher: a BERT or DistilBERT, as hub:owner/name or as a folder that transformers saved.
      teacher_model:
        from: hub:sentence-transformers/all-MiniLM-L6-v2
      # The student: the teacher's layers 0, 2 and 5 of 6, counted from 0.
      student:
        architecture: distilbert
        init_from: teacher_model
        layers: [0, 2, 5]
        token_type: fold        # leave out if the teacher is a DistilBERT
        dropout: { hidden: 0.1, attention: 0.1, classifier: 0.2 }

    stages:
      # The teacher learns the task.
      - id: teacher
        finetune:
          model: teacher_model
          task: reviews
          recipe: hf-trainer-4.44
          \(Self.training)

      # For comparison: the same student from the labels alone.
      - id: plain
        finetune:
          model: student
          task: reviews
          recipe: hf-trainer-4.44
          \(Self.training)

      # The student learns from the teacher's answers and from the labels, half of each.
      - id: distilled
        finetune:
          model: student
          teacher: teacher
          loss: { soft_targets: { weight: 0.5, temperature: 2.0 }, cross_entropy: { weight: 0.5 } }
          task: reviews
          recipe: hf-trainer-4.44
          \(Self.training)

    """
  }

  /// How each of its stages trains.
  private static let training = """
    sequence_length: 128
          batch_size: 16
          learning_rate: 5.0e-5
          limit: { epochs: 3 }
          select_best: eval_loss
    """

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
