// Options of every verb that takes a model.
import ArgumentParser
import RetortDistillation
import RetortExperimentPlan
import RetortFiles
import RetortProcessor
import RetortTensorEngine

/// `--model M`.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A checkpoint (.h5), a Hugging Face folder, hub:owner/name[@revision], or a stage of a run as "
        + "in Runs/x#sst2.", valueName: "model"))
  var model: String

  @OptionGroup var computing: ComputingOptions

  func open() throws -> StoredModel { try StoredModel.open(model, option: "--model") }
}

/// `--model M --max-length N`, of verbs that classify.
struct ClassifierOptions: ParsableArguments {
  @OptionGroup var model: ModelOptions

  @Option(
    help: ArgumentHelp(
      "Cut texts after this many tokens, [CLS] and [SEP] included. Default: for RUN#STAGE as when the stage learned; "
        + "otherwise what the model allows.", valueName: "n"))
  var maxLength: Int?

  func validate() throws {
    if let maxLength, maxLength < 3 {
      throw ValidationError("--max-length is \(maxLength), expected at least 3")
    }
  }

  func open() throws -> StoredModel { try model.open() }

  func makeClassifier(_ stored: StoredModel) throws -> Classifier {
    if let maxLength, maxLength > stored.maximumLength {
      throw CommandFailure(
        "--max-length is \(maxLength), and the model takes \(stored.maximumLength) tokens; lower it"
      )
    }
    return try Classifier(
      stored, maximumLength: maxLength ?? RunStage(model.model)?.sequenceLength(),
      engine: model.computing.makeEngine())
  }
}

/// `--threads N`.
struct ComputingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads that compute; results do not depend on it. One for every processor that this process "
        + "may use (affinity, control groups) if not given.",
      valueName: "n"))
  var threads: Int?

  /// More than any machine has processors.
  private static let mostThreads = 1024

  func validate() throws {
    if let threads, !(1...Self.mostThreads).contains(threads) {
      throw ValidationError(
        "--threads is \(threads), expected a number from 1 to \(Self.mostThreads)")
    }
  }

  var threadCount: Int { threads ?? Processor.availableCount }

  func makeEngine() -> Engine { Engine(threadCount: threadCount) }
}

extension StoredModel {
  /// Opens what a person may call a model.
  /// - Parameter option: where it was named, for the error message.
  static func open(_ text: String, option: String) throws -> StoredModel {
    let stored = try StoredModel(path: ModelAddress.parse(text, option: option).located().path)
    for note in stored.notes { Console.shared.write(line: "\(stored.path): \(note)") }
    return stored
  }
}

extension ModelAddress {
  /// A stage of a run is the checkpoint that it left in the stage cache.
  /// - Parameter option: where it was named, for the error message.
  static func parse(_ text: String, option: String) throws -> ModelAddress {
    if let stage = RunStage(text) { return .path(try stage.modelPath(in: Locations())) }
    if RunFolder.exists(path: text) {
      throw RunStageError.noStageNamed(
        run: text, known: try RunStages(run: text).entries.map(\.id))
    }
    guard let address = ModelAddress(text) else {
      let meant = meant(by: text).map { "; did you mean \($0)?" } ?? ""
      throw CommandFailure(
        "\(option) \(text): expected a checkpoint (.h5), RUN#STAGE, \(form)\(meant)")
    }
    return address
  }

  func located(needing files: [ModelFile] = ModelFile.allCases) throws -> LocatedModel {
    try Locations().locate(self, needing: files)
  }
}
