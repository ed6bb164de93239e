// An HDF5 file under a digest: written whole or not at all, verified before it is believed.
import Glibc
import RetortFiles

/// A verified HDF5 file of ours, its arrays in memory through a mapping.
/// Pointers into it are valid while this object lives.
final class SealedHDF5File: Sendable {
  let path: String
  let header: SealedHeader
  let contents: HDF5Contents
  private let file: MappedFile

  /// Checks every byte of the file against its digest, then lists what is in it.
  /// - Parameter streaming: whether the pages that were checked are given back, as nobody is about to read them.
  init(path: String, kind: SealedKind, streaming: Bool = false) throws(SealedFileError) {
    self.path = path
    let file = try mapped { () throws(FileError) in try MappedFile(path: path) }
    self.file = file
    header = try SealedHeader(of: file.bytes, path: path, wanted: kind)
    if streaming {
      try header.verify(streaming: file, path: path)
    } else {
      try header.verify(file.bytes, path: path)
    }
    do {
      contents = try HDF5Library.locked { () throws(HDF5Error) in
        try HDF5Contents.read(path: path)
      }
    } catch {
      throw .hdf5(path: path, error)
    }
    guard file.isStillAtItsPath() else { throw .changedWhileReading(path: path) }
    for (name, array) in contents.arrays where array.offset + array.byteCount > file.bytes.count {
      throw .damaged(path: path, what: "\(name) lies beyond its end")
    }
  }

  /// The bytes of an array, little-endian, without a copy.
  func bytes(of array: HDF5Array) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[array.offset..<(array.offset + array.byteCount)])
  }

  /// Copies parts of the file, as `MappedFile.copy` does.
  func copy(
    _ parts: [(bytes: Range<Int>, target: UnsafeMutableRawPointer)]
  ) throws(FileError) {
    try file.copy(parts)
  }

  /// Puts an array into memory made by `mmap`, large ones as a view of the file's pages.
  func place(_ array: HDF5Array, in memory: UnsafeMutableRawBufferPointer) {
    file.place(array.offset..<(array.offset + array.byteCount), in: memory)
  }

  /// The bytes of the array at a path if there is one of the type.
  func bytes(_ name: String, _ type: ElementType) -> UnsafeRawBufferPointer? {
    guard let array = contents.arrays[name], array.type == type else { return nil }
    return bytes(of: array)
  }

  /// Writes a file: beside the old one, closed, sealed, synchronised, opened again and verified, and
  /// only then put in the old one's place.
  /// - Parameter afterStep: called after each step of the replacement; tests stop there.
  static func write(
    path: String, kind: SealedKind,
    afterStep: @escaping (PendingFile.Step) throws(FileError) -> Void = { _ in },
    _ build: (HDF5Builder) throws(HDF5Error) -> Void
  ) throws(SealedFileError) {
    let pending = try mapped { () throws(FileError) in
      try PendingFile(replacing: path, afterStep: afterStep)
    }
    defer { pending.discard() }  // without effect after the commit
    do {
      try HDF5Library.locked { () throws(HDF5Error) in
        try HDF5Builder.create(
          path: pending.temporaryPath, userBlock: SealedHeader.byteCount, build)
      }
    } catch {
      // Want of space is the file system's affair, and its error says what to do.
      let codes = [ENOSPC, EDQUOT, EFBIG]
      guard let code = codes.first(where: { String(cString: strerror($0)) == error.reason }) else {
        throw .hdf5(path: path, error)
      }
      throw .file(.failed(action: "write", path: path, code: code))
    }
    try mapped { () throws(FileError) in
      try seal(pending.temporaryPath, kind: kind, path: path)
      try pending.synchronize()
    }
    do {
      _ = try SealedHDF5File(path: pending.temporaryPath, kind: kind, streaming: true)
    } catch {
      throw .notAsWritten(path: path, what: error.description)
    }
    try mapped { () throws(FileError) in try pending.commit() }
  }

  /// Writes the block with the digest of everything after it.
  private static func seal(
    _ temporaryPath: String, kind: SealedKind, path: String
  ) throws(FileError) {
    let descriptor = open(temporaryPath, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .failed(action: "write", path: path, code: errno) }
    let block: [UInt8]
    do {
      let file = try MappedFile(path: temporaryPath)
      block = withExtendedLifetime(file) { SealedHeader(kind: kind, sealing: file).bytes }
    } catch {
      close(descriptor)
      throw error
    }
    let written = pwrite(descriptor, block, block.count, 0)
    let code = written < 0 ? errno : EIO
    let closed = close(descriptor) == 0
    guard written == block.count, closed else {
      throw .failed(action: "write", path: path, code: code)
    }
  }
}

/// A failure of the file system as a failure to read or write one of our files.
private func mapped<R>(_ body: () throws(FileError) -> R) throws(SealedFileError) -> R {
  do {
    return try body()
  } catch {
    throw .file(error)
  }
}
