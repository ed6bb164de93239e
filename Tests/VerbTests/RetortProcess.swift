// Runs the built program as a user does.
import Foundation
import Testing

/// One run of `retort`, ended.
struct RetortProcess {
  let status: Int32
  let output: String
  let errors: String

  /// The lines of standard error without their line feeds.
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// The program, in the folder of the build that these tests belong to.
  static let executable: URL = {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appendingPathComponent("retort")
  }()

  /// Runs the program to its end.
  /// - Parameters:
  ///   - input: its standard input.
  ///   - environment: variables beside those of this process; nil removes one.
  ///   - folder: where it is run.
  ///   - script: of a shell that runs it, `"$0"` with the arguments `"$@"`; nil for no shell.
  static func run(
    _ arguments: [String], input: Data = Data(), environment: [String: String?] = [:],
    folder: String? = nil, through script: String? = nil
  ) throws -> RetortProcess {
    try RunningRetort(
      arguments, input: input, environment: environment, folder: folder, through: script
    ).wait()
  }
}

/// A run of `retort` that may still be going on.
final class RunningRetort {
  private let process = Process()
  private let output: URL
  private let errors: URL
  private let folder: URL

  init(
    _ arguments: [String], input: Data = Data(), environment: [String: String?] = [:],
    folder: String? = nil, through script: String? = nil
  ) throws {
    // Files, not pipes: nothing can fill up and block, and no thread has to read.
    self.folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("retort-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    let inputFile = self.folder.appendingPathComponent("input")
    output = self.folder.appendingPathComponent("output")
    errors = self.folder.appendingPathComponent("errors")
    try input.write(to: inputFile)
    for file in [output, errors] { try Data().write(to: file) }

    let program = RetortProcess.executable
    process.executableURL = script == nil ? program : URL(fileURLWithPath: "/bin/sh")
    process.arguments = (script.map { ["-c", $0, program.path] } ?? []) + arguments
    var variables = ProcessInfo.processInfo.environment
    // Whoever runs the tests may have a narrow terminal.
    variables["COLUMNS"] = nil
    for (name, value) in environment { variables[name] = value }
    process.environment = variables
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
  }

  deinit {
    if process.isRunning { process.terminate() }
    try? FileManager.default.removeItem(at: folder)
  }

  /// What has been written to standard error so far.
  var errorsSoFar: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

  var isRunning: Bool { process.isRunning }

  func send(signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end; a program ended by a signal has 128 and its number as status, as in a shell.
  func wait() -> RetortProcess {
    process.waitUntilExit()
    let status = process.terminationStatus
    return RetortProcess(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      output: (try? String(contentsOf: output, encoding: .utf8)) ?? "", errors: errorsSoFar)
  }
}

/// Expects one clear line and exit status 1.
func expectFailure(
  _ result: RetortProcess, saying parts: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.status == 1, "\(result.errors)", sourceLocation: sourceLocation)
  #expect(
    result.errorLines.count == 1, "one line, found: \(result.errors)",
    sourceLocation: sourceLocation)
  #expect(
    result.errors.hasPrefix("retort: error: "), "\(result.errors)", sourceLocation: sourceLocation)
  for part in parts {
    #expect(
      result.errors.contains(part), "\(part) in: \(result.errors)", sourceLocation: sourceLocation)
  }
}
