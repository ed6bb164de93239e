// Other people's programs, where they are installed.
import Foundation
import Testing

public enum PeerProgram {
  /// A Python that has h5py, numpy and safetensors: Tests/Peers/requirements-ci.txt.
  public static let python = ProcessInfo.processInfo.environment["RETORT_READERS_PYTHON"]

  /// A Python that has the peers: Tests/Peers/requirements.txt.
  public static let peers = ProcessInfo.processInfo.environment["RETORT_PEERS_PYTHON"]

  /// HDF5's own reader; Debian has it in hdf5-tools.
  public static let h5dump = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(
    separator: ":"
  )
  .map { "\($0)/h5dump" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  /// The repository.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Runs a program, expects it to succeed without a complaint, and returns what it prints.
  public static func run(
    _ program: String, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    let complaints = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(arguments)", sourceLocation: sourceLocation)
    #expect(
      complaints.isEmpty, "\(String(decoding: complaints, as: UTF8.self))",
      sourceLocation: sourceLocation)
    return String(decoding: printed, as: UTF8.self)
  }
}
