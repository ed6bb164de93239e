import Files
import Foundation
import TestSupport
import Testing

@Suite("Folders, locks and mappings")
struct FolderTests {
  @Test("folders are created with their parents, and again without complaint")
  func creating() throws {
    let folder = try TemporaryFolder()
    let deep = folder.file("a/b/c")
    try Folder.create(path: deep)
    try Folder.create(path: deep + "/")
    #expect(Folder.exists(path: deep))
    try AtomicFile.replace(path: folder.file("file"), with: "x")
    #expect(throws: FileError.self) { try Folder.create(path: folder.file("file")) }
    #expect(throws: FileError.self) { try Folder.create(path: folder.file("file/below")) }
    #expect(try Folder.names(path: folder.path) == ["a", "file"])
  }

  @Test(
    "parents of paths",
    arguments: [("a", "."), ("a/b", "a"), ("/a", "/"), ("/a/b/", "/a"), ("./x", ".")])
  func parents(path: String, parent: String) {
    #expect(Folder.parent(of: path) == parent)
  }

  @Test("a second lock names the process that holds the first")
  func locking() async throws {
    let folder = try TemporaryFolder()
    let lock = try FolderLock(folder: folder.path)
    let path = folder.path
    let holder = getpid()
    await #expect(processExitsWith: .success) { [path = path as String, holder = holder as Int32] in
      #expect(throws: FileError.inUse(folder: path, processID: holder)) {
        try FolderLock(folder: path)
      }
    }
    lock.release()
    let again = try FolderLock(folder: folder.path)
    again.release()
  }

  /// A child that is being started holds copies of all descriptors until it executes its program.
  @Test("a released lock is free at once, also while another thread starts processes")
  func releasing() throws {
    let folder = try TemporaryFolder()
    let starting = Thread {
      for _ in 0..<300 {
        var child = pid_t()
        if posix_spawn(&child, "/bin/true", nil, nil, [nil], nil) == 0 {
          waitpid(child, nil, 0)
        }
      }
    }
    starting.start()
    while !starting.isFinished {
      let lock = try FolderLock(folder: folder.path)
      usleep(300)
      lock.release()
    }
  }

  @Test("a mapping shows the file's bytes and notices a replacement")
  func mapping() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.txt")
    try AtomicFile.replace(path: path, with: "some bytes")
    let file = try MappedFile(path: path)
    #expect(String(decoding: file.bytes, as: UTF8.self) == "some bytes")
    #expect(file.isStillAtItsPath())
    try AtomicFile.replace(path: path, with: "other ones")
    #expect(!file.isStillAtItsPath())
    #expect(String(decoding: file.bytes, as: UTF8.self) == "some bytes")
  }

  @Test("empty files map to nothing; folders and missing files are refused")
  func mappingEdges() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("empty")
    try AtomicFile.replace(path: path, with: "")
    #expect(try MappedFile(path: path).bytes.isEmpty)
    #expect(throws: FileError.notFound(path: folder.file("none"))) {
      try MappedFile(path: folder.file("none"))
    }
    #expect(throws: FileError.self) { try MappedFile(path: folder.path) }
  }
}
