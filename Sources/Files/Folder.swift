// Folders: creation with all parents, listing, making names last.
import Glibc

public enum Folder {
  /// Creates a folder and every missing parent; one that exists already is no error.
  public static func create(path: String) throws(FileError) {
    if mkdir(path, 0o777) == 0 || (errno == EEXIST && exists(path: path)) { return }
    guard errno == ENOENT, let parent = parent(of: path), parent != path else {
      throw .current("create", path)
    }
    try create(path: parent)
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw .current("create", path) }
  }

  /// Creates a folder for temporary files, or takes one of this user's that a run before has left. A link, or another
  /// user's folder, is refused: files in it would be read, replaced and removed for somebody else.
  public static func createOwn(path: String) throws(FileError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return try create(path: path) }
    let found =
      switch status.st_mode & S_IFMT {
      case S_IFLNK: "a symbolic link"
      case S_IFDIR where status.st_uid != geteuid(): "one of user \(status.st_uid)"
      case S_IFDIR: ""
      default: "a file"
      }
    guard found.isEmpty else {
      throw .unexpected(path: path, expected: "a folder of this user's or none", found: found)
    }
  }

  /// True if there is a folder at the path.
  public static func exists(path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// True for a symbolic link, wherever it leads.
  public static func isLink(path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// Finds what would keep files from being written in a folder, which may have yet to be created. Nothing is changed.
  public static func checkWritable(path: String) throws(FileError) {
    var status = stat()
    var place = path.isEmpty ? "." : path
    while stat(place, &status) != 0 {
      let code = errno
      guard code == ENOENT || code == ENOTDIR else {
        throw .failed(action: "look at", path: place, code: code)
      }
      guard lstat(place, &status) != 0 else {
        throw .unexpected(
          path: place, expected: "a folder", found: "a symbolic link that leads nowhere")
      }
      guard let parent = parent(of: place), parent != place else { break }
      place = parent
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw .unexpected(path: place, expected: "a folder", found: "a file")
    }
    guard access(place, W_OK | X_OK) == 0 else {
      throw .failed(action: "write in", path: place, code: errno)
    }
  }

  /// The same as a line; nil for nothing.
  public static func problemWithWriting(in path: String) -> String? {
    do throws(FileError) {
      try checkWritable(path: path)
      return nil
    } catch { return "\(error)" }
  }

  /// Bytes that this user can still write below a path, which may have yet to be created; nil where the file system does
  /// not say.
  public static func freeByteCount(at path: String) -> Int? {
    var place = path.isEmpty ? "." : path
    var status = statvfs()
    while statvfs(place, &status) != 0 {
      guard errno == ENOENT, let parent = parent(of: place), parent != place else { return nil }
      place = parent
    }
    let (bytes, isTooLarge) = Int(status.f_bavail).multipliedReportingOverflow(
      by: Int(status.f_frsize))
    return isTooLarge ? nil : bytes
  }

  /// The names in a folder in the order of their bytes, without "." and "..".
  public static func names(path: String) throws(FileError) -> [String] {
    guard let stream = opendir(path) else { throw .current("open", path) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
  }

  /// Removes a folder and the files in it; a folder inside it is an error. Of a link only the link itself is removed.
  public static func remove(path: String) throws(FileError) {
    if isLink(path: path) {
      guard unlink(path) == 0 else { throw .current("remove", path) }
      return
    }
    for name in try names(path: path) {
      guard unlink("\(path)/\(name)") == 0 else { throw .current("remove", "\(path)/\(name)") }
    }
    guard rmdir(path) == 0 else { throw .current("remove", path) }
  }

  /// Makes the names in a folder last: a renamed file is safe only after this.
  public static func synchronize(path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .current("open", path) }
    defer { close(descriptor) }
    // Some network file systems cannot synchronise a folder and say so with EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw .current("synchronise", path) }
  }

  /// The folder that a path lies in: "." for a bare name, nil for the root.
  public static func parent(of path: String) -> String? {
    let trimmed = path.utf8.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard let slash = trimmed.lastIndex(of: "/") else { return trimmed.isEmpty ? nil : "." }
    let parent = trimmed[..<slash]
    return parent.isEmpty ? (trimmed == "/" ? nil : "/") : String(parent)
  }
}
