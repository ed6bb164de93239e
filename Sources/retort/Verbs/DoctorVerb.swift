// `retort doctor`: what this machine is, whether it computes right, how fast it multiplies, what is wrong.
import ArgumentParser

struct DoctorVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look at this machine: what was chosen on it, whether it computes right, how fast.",
    discussion: """
      Every operation, forward and backward, and small whole models are computed and held against \
      golden numbers of PyTorch. A number that is wrong, or a processor on which nothing can run, \
      makes the exit status 1.
      """)

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let diagnosis = Examination.diagnose()
    try StandardOutput.shared.write(
      line: json ? JSONText.document(diagnosis) : diagnosis.text)
    if diagnosis.isFailure { throw ExitCode(ExitStatus.failure.rawValue) }
  }
}
