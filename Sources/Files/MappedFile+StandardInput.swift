// Standard input seen as memory.
import Glibc

extension MappedFile {
  /// All of standard input: a file that it was redirected from is mapped as it is, what comes through a pipe is first
  /// written to a file without a name in `TMPDIR` (`/tmp` if not set), which goes with this object.
  public static func standardInput() throws(FileError) -> MappedFile {
    let name = "standard input"
    var status = stat()
    let isWhole =
      fstat(STDIN_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0
    let descriptor = isWhole ? dup(STDIN_FILENO) : try spooled()
    guard descriptor >= 0 else { throw .current("read", name) }
    return try MappedFile(owning: descriptor, path: name, .sequential)
  }

  /// Copies the stream to its end.
  /// - Returns: the descriptor of the copy.
  private static func spooled() throws(FileError) -> Int32 {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/retort-input-XXXXXX".utf8CString)
    let copy = template.withUnsafeMutableBufferPointer {
      $0.baseAddress.map { mkstemp($0) } ?? -1
    }
    guard copy >= 0 else { throw .current("write a temporary file in", folder) }
    _ = template.withUnsafeBufferPointer { $0.baseAddress.map { unlink($0) } }
    do throws(FileError) {
      try copyStandardInput(to: copy, in: folder)
    } catch {
      close(copy)
      throw error
    }
    return copy
  }

  private static func copyStandardInput(
    to copy: Int32, in folder: String
  ) throws(FileError) {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { piece.deallocate() }
    while true {
      let count = read(STDIN_FILENO, piece.baseAddress, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .current("read", "standard input") }
      guard count > 0 else { return }
      var written = 0
      while written < count {
        let more = write(copy, piece.baseAddress.map { $0 + written }, count - written)
        if more < 0, errno == EINTR { continue }
        guard more > 0 else { throw .current("write a temporary file in", folder) }
        written += more
      }
    }
  }
}
