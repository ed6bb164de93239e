// `retort doctor`: what this machine is, how fast it multiplies, what is wrong.
import ArgumentParser

struct DoctorVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look at this machine: what was chosen on it, how fast it is, what is wrong.")

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let diagnosis = Examination.diagnose()
    try StandardOutput.shared.write(
      line: json ? JSONText.pretty(diagnosis) : diagnosis.text)
    // Slow or small is a finding; a machine on which nothing can run is a failure.
    if !diagnosis.processor.missing.isEmpty { throw ExitCode(ExitStatus.failure.rawValue) }
  }
}
