import Foundation
import RetortTestSupport
import Testing

@testable import RetortFiles

@Suite("Replacing files")
struct AtomicFileTests {
  @Test("a file is created, then replaced, and nothing else is left")
  func replacing() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.txt")
    try AtomicFile.replace(path: path, with: "first")
    #expect(try text(at: path) == "first")
    try AtomicFile.replace(path: path, with: [UInt8]("second".utf8))
    #expect(try text(at: path) == "second")
    #expect(try folder.names() == ["a.txt"])
  }

  @Test("a writer's file appears when it is committed, whatever the sizes of the pieces")
  func streaming() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.bin")
    let writer = try AtomicFileWriter(path: path)
    var expected: [UInt8] = []
    for size in [1, 100_000, 0, 300_000, 5, 262_144, 262_143, 17] {
      let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ size) }
      try writer.write(piece)
      expected += piece
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(writer.byteCount == expected.count)
    try writer.commit()
    #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) == expected)
    #expect(try folder.names() == ["a.bin"])
  }

  @Test("a link stays and its file is replaced; a device, or a link to nothing, is refused")
  func links() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("there"), withIntermediateDirectories: false)
    let (file, link) = (folder.file("there/a.txt"), folder.file("link"))
    try AtomicFile.replace(path: file, with: "old")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "there/a.txt")
    try AtomicFile.replace(path: link, with: "new")
    #expect(try text(at: file) == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "there/a.txt")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("there")) == ["a.txt"])

    let nowhere = folder.file("nowhere")
    try FileManager.default.createSymbolicLink(atPath: nowhere, withDestinationPath: "none")
    let pipe = folder.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let found = "a symbolic link that leads nowhere"
    for error in [
      FileError.unexpected(path: nowhere, expected: "a file or none", found: found),
      .notReplaceable(path: pipe),
    ] {
      let path = error == .notReplaceable(path: pipe) ? pipe : nowhere
      #expect(throws: error) { try AtomicFile.replace(path: path, with: "x") }
    }
    #expect(try folder.names() == ["link", "nowhere", "pipe", "there"])
  }

  @Test("given up or dropped, the old file stays and the temporary one goes")
  func discarding() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.txt")
    try AtomicFile.replace(path: path, with: "old")
    do {
      let writer = try AtomicFileWriter(path: path)
      try writer.write("new")
    }
    #expect(try text(at: path) == "old")
    #expect(try folder.names() == ["a.txt"])
  }

  @Test(
    "failing after any step leaves the old content or the new, whole",
    arguments: PendingFile.Step.allCases)
  func failing(after failed: PendingFile.Step) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.txt")
    try AtomicFile.replace(path: path, with: "old")
    #expect(throws: FileError.self) {
      let pending = try PendingFile(replacing: path) { (step) throws(FileError) in
        if step == failed { throw .failed(action: "write", path: path, code: EIO) }
      }
      let writer = try AtomicFileWriter(pending)
      try writer.write("new")
      try writer.commit()
    }
    #expect(try text(at: path) == (failed == .renamed ? "new" : "old"))
    #expect(try folder.names() == ["a.txt"])
  }

  @Test(
    "killed after any step, the file is whole and the next writer cleans up",
    arguments: PendingFile.Step.allCases)
  func killed(after last: PendingFile.Step) async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.txt")
    try AtomicFile.replace(path: path, with: "old")
    let name = "\(last)"
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, name = name as String] in
      let pending = try PendingFile(replacing: path) { (step) throws(FileError) in
        if "\(step)" == name { kill(getpid(), SIGKILL) }
      }
      let writer = try AtomicFileWriter(pending)
      try writer.write("new")
      try writer.commit()
    }
    #expect(try text(at: path) == (last == .renamed ? "new" : "old"))
    #expect(try folder.names().count == (last == .renamed ? 1 : 2))
    try AtomicFile.replace(path: path, with: "newer")
    #expect(try folder.names() == ["a.txt"])
  }

  @Test(
    "what an earlier process of the same number left is removed, and what is being written stays")
  func sameProcessNumber() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.txt")
    let writing = try AtomicFileWriter(path: path)
    // As in a container, where every run may be process 1.
    let earlier = ProcessIdentity(
      machine: ProcessIdentity.current.machine, process: getpid(),
      start: ProcessIdentity.current.start - 1)
    // Of this process only numbers that no other test can have in use just now.
    for (owner, numbers) in [(earlier, 1..<2000), (.current, 1_000_000..<1_000_100)] {
      for number in numbers {
        try Data().write(to: URL(fileURLWithPath: folder.file(leftover(number, of: owner))))
      }
    }
    try writing.write("first")
    try AtomicFile.replace(path: path, with: "second")
    #expect(try folder.names().count == 2)
    try writing.commit()
    #expect(try text(at: path) == "first")
    #expect(try folder.names() == ["a.txt"])
  }

  private func leftover(_ number: Int, of owner: ProcessIdentity, name: String = "a.txt") -> String
  {
    ".\(name).\(owner.text)-\(number).tmp"
  }

  @Test(
    "what a process of another host, container or boot writes is left alone, unless it is a day old"
  )
  func otherMachines() throws {
    let folder = try TemporaryFolder()
    // The same number and a dead one; both may be alive over there.
    let others = [getpid(), 4_194_303].map {
      ProcessIdentity(machine: "0123456789abcdef", process: $0, start: 77)
    }
    let names = others.flatMap { owner in
      ["a.txt", "b.txt"].map { leftover(1, of: owner, name: $0) }
    }
    for name in names { try Data().write(to: URL(fileURLWithPath: folder.file(name))) }
    try AtomicFile.replace(path: folder.file("a.txt"), with: "new")
    #expect(try folder.names() == (names + ["a.txt"]).sorted())

    let old = time(nil) - TemporaryMark.leastAge - 60
    var times = [timespec(tv_sec: old, tv_nsec: 0), timespec(tv_sec: old, tv_nsec: 0)]
    for name in names { utimensat(AT_FDCWD, folder.file(name), &times, 0) }
    try AtomicFile.replace(path: folder.file("a.txt"), with: "newer")
    #expect(try folder.names() == ["a.txt"])
  }

  @Test("what a dead process of this machine left goes with the next replacement of any file")
  func deadProcess() throws {
    let folder = try TemporaryFolder()
    var child = pid_t()
    #expect(posix_spawn(&child, "/bin/true", nil, nil, [nil], nil) == 0)
    waitpid(child, nil, 0)
    let dead = ProcessIdentity(
      machine: ProcessIdentity.current.machine, process: child, start: 1)
    let living = ProcessIdentity(
      machine: ProcessIdentity.current.machine, process: getppid(), start: 0)
    let kept = leftover(1, of: living, name: "c.corpus.lengths")
    for name in [leftover(1, of: dead, name: "c.corpus.lengths"), kept, ".notes.12-3.tmp"] {
      try Data().write(to: URL(fileURLWithPath: folder.file(name)))
    }
    try AtomicFile.replace(path: folder.file("a.txt"), with: "new")
    #expect(try folder.names() == [kept, ".notes.12-3.tmp", "a.txt"].sorted())
  }

  @Test("in a folder that one process holds, everything half written is removed and nothing else")
  func leftoversOfAFolder() throws {
    let folder = try TemporaryFolder()
    let others = [".a.h5.1-2.tmp", ".hidden.tmp", ".lock", "a.1-2.tmp", "a.h5", "notes.tmp"]
    let another = ProcessIdentity(machine: "0123456789abcdef", process: 5, start: 77)
    for name in others + [another, .current].map({ leftover(7, of: $0) }) {
      try Data().write(to: URL(fileURLWithPath: folder.file(name)))
    }
    PendingFile.removeLeftovers(in: folder.path)
    #expect(try folder.names() == others)
  }

  @Test("on a full disk the old file stays, and the error says what to do")
  func fullDisk() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.bin")
    try AtomicFile.replace(path: path, with: "old")
    await #expect(processExitsWith: .success) { [path = path as String] in
      limitFileSize(to: 100_000)
      let error = #expect(throws: FileError.self) {
        try AtomicFile.replace(path: path, with: [UInt8](repeating: 1, count: 1_000_000))
      }
      #expect(
        error?.description
          == "\(path): could not write: File too large; raise the limit on file sizes (ulimit -f), "
          + "nothing that was there is lost")
    }
    #expect(try text(at: path) == "old")
    #expect(try folder.names() == ["a.bin"])
  }

  @Test("errors name the path and the cause")
  func errors() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("missing/a.txt")
    let error = #expect(throws: FileError.self) { try AtomicFile.replace(path: path, with: "x") }
    #expect(error?.description.contains(path) == true)
    #expect(error?.description.contains("No such file or directory; create the folder") == true)
    #expect(FileError.inUse(folder: "Runs/a", processID: 12).description.contains("process 12"))
  }
}

/// Makes every longer write of this process fail as it does on a full disk, instead of SIGXFSZ.
func limitFileSize(to bytes: UInt) {
  signal(SIGXFSZ, SIG_IGN)
  var limit = rlimit(rlim_cur: bytes, rlim_max: rlim_t.max)
  getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  limit.rlim_cur = bytes
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}

private func text(at path: String) throws -> String {
  try String(contentsOfFile: path, encoding: .utf8)
}
