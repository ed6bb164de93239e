// Files that are made once and read again by later runs.

/// The digest of a file in a file beside it, which tells the file as it was written from one that was cut or edited
/// since. It finds damage; it does not resist forgery.
public enum FileSeal {
  private static func seal(of path: String) -> String { "\(path).xxh64" }

  /// Writes the digest of a file that is complete.
  public static func write(for path: String) throws(FileError) {
    try AtomicFile.replace(path: seal(of: path), with: digest(of: path) + "\n")
  }

  /// Whether the file is there, with its digest beside it.
  public static func isIntact(path: String) -> Bool {
    guard let written = try? MappedFile.contents(path: seal(of: path)),
      let found = try? digest(of: path)
    else { return false }
    return written.elementsEqual((found + "\n").utf8)
  }

  private static func digest(of path: String) throws(FileError) -> String {
    var sum = XXH64()
    try MappedFile(path: path).stream(from: 0) { sum.update($0) }
    return XXH64.hexadecimalText(sum.finalize())
  }
}
