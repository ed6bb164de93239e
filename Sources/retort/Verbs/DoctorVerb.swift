// `retort doctor`: selected kernels, numerical correctness, speed and problems of this machine.
import ArgumentParser

struct DoctorVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check this machine: selected kernels, numerical correctness and speed.",
    discussion: """
      Every operation, forward and backward, and small whole models are computed and compared with stored results \
      of PyTorch. Exit status 1 if a number is wrong or if the processor is not supported.
      """)

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let diagnosis = Examination.diagnose()
    if json {
      try StandardOutput.shared.write(line: JSONText.document(diagnosis, keys: .snakeCase))
    } else {
      try StandardOutput.shared.write(text: diagnosis.text)
    }
    if diagnosis.isFailure { throw ExitCode(ExitStatus.failure.rawValue) }
  }
}
