// From the command line to an exit status.
import ArgumentParser
import Glibc
import RetortExperimentPlan
import RetortFormatting
import RetortOptions
import RetortProcessor
import RetortText

enum Program {
  /// Parses the command line, runs its verb and ends the process.
  static func run() -> Never {
    // A reader that goes away must not end a training; `StandardOutput` ends the process itself.
    signal(SIGPIPE, SIG_IGN)
    LostInput.install()
    LostMemory.install()
    do {
      try checkEncoding()
      try checkVerb(CommandLine.arguments.dropFirst().first)
      try checkEmptyWords(CommandLine.arguments.dropFirst())
      var command = try Retort.parseAsRoot(arguments)
      // Before any engine code: a missing instruction would end the program without a word.
      if command is any RunsKernels { try Processor.requireKernelLevel() }
      try command.run()
      try StandardOutput.shared.flush()
    } catch {
      end(with: error)
    }
    exit(ExitStatus.success.rawValue)
  }

  /// The command line; `help definition` is the verb that prints the reference of definitions.
  private static var arguments: [String] {
    let words = Array(CommandLine.arguments.dropFirst())
    return words.starts(with: ["help", "definition"]) ? Array(words.dropFirst()) : words
  }

  /// The argument parser would find fault with the arguments of a mistyped verb before the verb.
  private static func checkVerb(_ word: String?) throws {
    guard let word, !word.hasPrefix("-"), word != "help" else { return }
    let verbs = Retort.configuration.groupedSubcommands.flatMap { $0.subcommands }
      .compactMap { $0.configuration.commandName }
    guard !verbs.contains(word) else { return }
    throw ValidationError("No verb '\(word)'; \(Spelling.advice(for: word, among: verbs))")
  }

  /// Swift puts U+FFFD in the place of what is not UTF-8: a file of another name would be looked for.
  private static func checkEncoding() throws {
    for word in UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
      .dropFirst()
    {
      guard let word, String(validatingCString: word) == nil else { continue }
      throw ValidationError(
        "The argument '\(String(cString: word))' is not UTF-8; give the file a name in UTF-8 (convmv changes names)"
      )
    }
  }

  /// An empty path would be taken for the root of the file system, or for the working directory.
  private static func checkEmptyWords(_ words: ArraySlice<String>) throws {
    var option: String?
    for word in words {
      if word.isEmpty
        || word.hasPrefix("--") && word.hasSuffix("=") && !word.dropLast().contains("=")
      {
        let name = word.isEmpty ? option : String(word.dropLast())
        throw ValidationError(
          "\(name.map { "\($0) is empty" } ?? "An argument is empty"); was a variable of the shell not set?"
        )
      }
      option = word.hasPrefix("--") ? word : nil
    }
  }

  /// Says what is wrong and ends with the status that belongs to it.
  private static func end(with error: any Error) -> Never {
    if let closed = error as? OutputClosed { closed.endProcess() }
    // What was computed before the failure is still worth having.
    try? StandardOutput.shared.flush()
    Console.shared.endStatus()
    switch error {
    case let stop as Stopped:
      Console.shared.write(line: "retort: \(stop)", command: stop.command)
      exit(stop.signal.exitStatus)
    default:
      // Help, version and wrong usage are the argument parser's; it calls everything else a failure.
      if error is ExitCode || Retort.exitCode(for: error) != .failure {
        Retort.exit(withError: error)
      }
      // Several lines where several things are wrong, each clear by itself.
      for line in "\(error)".split(separator: "\n") {
        Console.shared.write(error: String(line))
      }
      exit(ExitStatus.failure.rawValue)
    }
  }
}

/// Exit statuses of the program's own; 64 for wrong usage is the argument parser's.
enum ExitStatus: Int32 {
  case success = 0
  case failure = 1
  /// `verify` found a figure outside the band of the published runs: a result, not a failure.
  case outsideBand = 2
}

/// A verb that computes with the engine, and so needs the instructions it was built for.
protocol RunsKernels {}

/// A failure of the command line itself, in one line: what, where, expected, found, what to do.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// Of a line of standard input.
  /// - Parameter offset: where the line begins in the stream.
  init(_ error: InvalidUTF8, line: Int, offset: Int) {
    self.init(
      "standard input:\(line): invalid UTF-8 at byte \(offset + error.byteOffset) of the input; "
        + "convert the text to UTF-8")
  }
}

/// A verb that a signal ended before its time, everything saved.
struct Stopped: Error, CustomStringConvertible {
  let signal: StopSignals.Signal
  /// What was saved.
  let description: String
  /// What to type to go on; nil where nothing was saved.
  var command: String?
}
