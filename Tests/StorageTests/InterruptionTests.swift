import Foundation
import Glibc
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortStorage

@Suite("Interrupted writing")
struct InterruptionTests {
  @Test("failing after any step leaves a whole checkpoint", arguments: PendingFile.Step.allCases)
  func failing(after failed: PendingFile.Step) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try SmallCheckpoint(step: 1).write(to: path)
    #expect(throws: CheckpointError.self) {
      try SmallCheckpoint(step: 2).write(to: path) {
        (step) throws(FileError) in
        if step == failed { throw .failed(action: "write", path: path, code: EIO) }
      }
    }
    let expected: Int64 = failed == .renamed ? 2 : 1
    #expect(try Checkpoint(path: path).progress["step"] == .integer(expected))
    #expect(try folder.names() == ["a.h5"])
  }

  /// Each round is a process that writes one checkpoint after another and kills itself from a
  /// second thread at a moment drawn from its own id.
  @Test("killed at any moment while writing, the file is a whole checkpoint", arguments: 0..<10)
  func killed(round: Int) async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try SmallCheckpoint(step: 1).write(to: path)
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let killer = Thread {
        usleep(UInt32.random(in: 0..<30_000))
        kill(getpid(), SIGKILL)
      }
      killer.start()
      for step in 2... {
        try SmallCheckpoint(step: step).write(to: path)
      }
    }
    let checkpoint = try Checkpoint(path: path)
    let step = try #require(checkpoint.progress["step"]?.integer)
    #expect(try checkpoint.values("head.weight")[1] == Float(step) * 1.25)
    try SmallCheckpoint(step: 1).write(to: path)
    #expect(try folder.names() == ["a.h5"], "what the killed process left is removed")
  }

  /// The limits end the writing at every place: metadata, data, flushing, sealing.
  @Test("on a full disk the checkpoint that was there stays, with one clear line")
  func fullDisk() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try SmallCheckpoint(step: 1).write(to: path)
    let size = try MappedFile(path: path).bytes.count
    await #expect(processExitsWith: .success) { [path = path as String, size = size as Int] in
      signal(SIGXFSZ, SIG_IGN)
      for limit in [0, 1, 4096] + Array(stride(from: 100, to: size, by: 701)) {
        var sizes = rlimit(rlim_cur: UInt(limit), rlim_max: .max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &sizes)
        let error = #expect(throws: CheckpointError.self, "limit \(limit)") {
          try SmallCheckpoint(step: 2).write(to: path)
        }
        let line = error?.description ?? ""
        #expect(line.hasPrefix("checkpoint not written: \(path): "))
        #expect(line.contains("File too large"), "\(line)")
        #expect(!line.contains("\n"))
        sizes.rlim_cur = .max
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &sizes)
        #expect(try Checkpoint(path: path).progress["step"] == .integer(1))
      }
      try SmallCheckpoint(step: 3).write(to: path)
    }
    #expect(try Checkpoint(path: path).progress["step"] == .integer(3))
    #expect(try folder.names() == ["a.h5"])
  }
}
