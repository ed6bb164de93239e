// Whether a verb may replace a model that is there: an option of those that write one.
import ArgumentParser
import RetortExperimentPlan
import RetortFiles

/// `--force`.
struct ReplacingOptions: ParsableArguments {
  @Flag(help: "Overwrite the output if it exists.")
  var force = false

  /// Refuses an output that is there already; a folder with nothing in it is not.
  /// - Parameter option: where the output was named, for the error message.
  func check(_ output: String, option: String) throws {
    guard !force, FileIdentity(path: output) != nil else { return }
    if Folder.exists(path: output), try Folder.names(path: output).isEmpty { return }
    throw CommandFailure(
      "\(option) \(output): already exists; choose another name, or overwrite it with --force")
  }
}
