import Foundation
import RetortFiles
import RetortTestSupport
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
    #expect(try FolderLock.holder(of: path) == .process(holder))
    lock.release()
    #expect(try FolderLock.holder(of: path) == .nobody)
    #expect(try FolderLock.holder(of: folder.file("none")) == .nobody)
    let again = try FolderLock(folder: folder.path)
    again.release()
  }

  @Test("a link in the lock's place, or a file that is no lock, is neither followed nor emptied")
  func foreignLock() throws {
    let folder = try TemporaryFolder()
    let (victim, place) = (folder.file("victim"), folder.file("held"))
    try Folder.create(path: place)
    for content in ["precious\n", "1234\n"] {
      try AtomicFile.replace(path: victim, with: content)
      for make in [symlink, link] {
        #expect(make(victim, "\(place)/.lock") == 0)
        let error = #expect(throws: FileError.self) { try FolderLock(folder: place) }
        #expect(error?.description.hasPrefix("\(place)/.lock: expected a lock that this") == true)
        unlink("\(place)/.lock")
      }
      #expect(try MappedFile.contents(path: victim) == Array(content.utf8))
    }
    try AtomicFile.replace(path: "\(place)/.lock", with: "not a lock")
    #expect(throws: FileError.self) { try FolderLock(folder: place) }
    mkfifo("\(place)/.fifo", 0o600)
    #expect(rename("\(place)/.fifo", "\(place)/.lock") == 0)
    #expect(throws: FileError.self) { try FolderLock(folder: place) }
  }

  @Test("a log is not written through a link")
  func linkedLog() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.replace(path: folder.file("victim"), with: "precious\n")
    symlink(folder.file("victim"), folder.file("log.txt"))
    let error = #expect(throws: FileError.self) {
      try AppendedFile.open(path: folder.file("log.txt"))
    }
    #expect(error?.description.contains("expected a file or none, found a symbolic link") == true)
  }

  @Test("a folder for temporary files is this user's own, not a link")
  func ownFolders() throws {
    let folder = try TemporaryFolder()
    try Folder.createOwn(path: folder.file("a/b"))
    try Folder.createOwn(path: folder.file("a/b"))
    symlink(folder.file("a"), folder.file("link"))
    try AtomicFile.replace(path: folder.file("file"), with: "x")
    for name in ["link", "file"] {
      #expect(throws: FileError.self) { try Folder.createOwn(path: folder.file(name)) }
    }
    if geteuid() == 0 {
      chown(folder.file("a"), 12345, 12345)
      let error = #expect(throws: FileError.self) {
        try Folder.createOwn(path: folder.file("a"))
      }
      #expect(error?.description.contains("one of user 12345") == true)
    }
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

  @Test("whether files can be written in a folder that is there, or is yet to be made")
  func writable() throws {
    let folder = try TemporaryFolder()
    try Folder.checkWritable(path: folder.path)
    try Folder.checkWritable(path: folder.file("a/b/c"))
    #expect(try Folder.names(path: folder.path) == [])
    try folder.write("file", "x")
    for path in ["file", "file/b", "file/b/c"] {
      #expect(
        throws: FileError.unexpected(
          path: folder.file("file"), expected: "a folder", found: "a file")
      ) { try Folder.checkWritable(path: folder.file(path)) }
    }
    symlink(folder.file("nowhere"), folder.file("link"))
    #expect(
      throws: FileError.unexpected(
        path: folder.file("link"), expected: "a folder", found: "a symbolic link that leads nowhere"
      )
    ) { try Folder.checkWritable(path: folder.file("link/b")) }
    let name = try #require(folder.path.split(separator: "/").last)
    #expect(Folder.problemWithWriting(in: folder.file("../\(name)/x")) == nil)
    guard geteuid() != 0 else { return }
    chmod(folder.path, 0o500)
    defer { chmod(folder.path, 0o700) }
    #expect(
      throws: FileError.failed(action: "write in", path: folder.path, code: EACCES)
    ) { try Folder.checkWritable(path: folder.file("new")) }
  }
}
