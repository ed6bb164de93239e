// A copy of a file of any size.

public enum FileCopy {
  /// Either a whole copy is there in the end or what was there before. Memory does not depend on the file's size.
  public static func make(of source: String, at path: String) throws(FileError) {
    let file = try MappedFile(path: source)
    defer { extendLifetime(file) }
    let writer = try AtomicFileWriter(path: path)
    let step = 32 << 20
    for start in stride(from: 0, to: file.bytes.count, by: step) {
      let part = start..<min(file.bytes.count, start + step)
      try writer.write(UnsafeRawBufferPointer(rebasing: file.bytes[part]))
      file.release(part)
    }
    try writer.commit()
  }
}
