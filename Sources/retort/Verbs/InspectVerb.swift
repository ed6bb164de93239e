// `retort inspect`: what is in a file.
import ArgumentParser
import RetortExperimentPlan
import RetortFiles
import RetortRecords
import RetortReporting
import RetortStorage
import RetortTransformers

struct InspectVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a checkpoint, an activation store, a run record or a model's folder."
  )

  @Argument(
    help: ArgumentHelp(
      "A checkpoint or activation store (.h5), a record (.json) or run folder, a stage of a run as in "
        + "Runs/x#sst2, a Hugging Face folder, or hub:owner/name[@revision].", valueName: "file"))
  var file: String

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let inspection = try inspect()
    try StandardOutput.shared.write(line: json ? JSONText.document(inspection) : inspection.text)
  }

  private func inspect() throws -> Inspection {
    if let stage = RunStage(file) {
      return Inspection(checkpoint: try Checkpoint(path: stage.modelPath(in: Locations())))
    }
    if file.hasPrefix("hub:") {
      let model = try ModelAddress.parse(file, option: "inspect").located(needing: [.configuration])
      return try Inspection(folder: HuggingFaceFolder(path: model.path))
    }
    if Folder.exists(path: file) {
      if RunFolder.exists(path: file) {
        let status = try RunStatus(run: file)
        guard status.state == .finished else { return Inspection(run: status) }
        return try inspectRecord("\(file)/\(RunFolder.recordName)")
      }
      if try Folder.names(path: file).contains("config.json") {
        return try Inspection(folder: HuggingFaceFolder(path: file))
      }
      throw CommandFailure(
        "\(file): neither a run's folder (record.json, stages.json) nor a model's (config.json)")
    }
    if file.hasSuffix(".json") { return try inspectRecord(file) }
    if file.hasSuffix(".safetensors") {
      return Inspection(weights: try SafetensorsFile(path: file))
    }
    if try SealedKind.ofFile(path: file) == .activationStore {
      return Inspection(store: try FileSummary(path: file), path: file)
    }
    return Inspection(checkpoint: try Checkpoint(path: file))
  }

  private func inspectRecord(_ path: String) throws -> Inspection {
    Inspection(record: try RunRecord.read(path: path), path: path)
  }
}
