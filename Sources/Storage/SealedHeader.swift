// The block before the HDF5 content that tells whether every byte after it is as it was written.
import RetortFiles

/// First 4,096 bytes of our HDF5 files, HDF5's "user block": two lines of text a person can read, zeros, and
/// at the very end the XXH64 of the block itself. Every byte of the file is thus under a digest, and
/// is checked before the HDF5 library, which can be led astray by damaged metadata, sees the file.
struct SealedHeader: Equatable, Sendable {
  static let byteCount = 4096

  let kind: SealedKind
  let version: Int
  /// Bytes after the block.
  let contentByteCount: Int
  /// XXH64 of the bytes after the block.
  let contentDigest: UInt64

  /// The block for a finished file's content.
  init(kind: SealedKind, sealing file: MappedFile) {
    self.kind = kind
    version = kind.version
    contentByteCount = file.bytes.count - Self.byteCount
    contentDigest = Self.streamedDigest(of: file)
  }

  /// XXH64 of the bytes after the block; the file's pages do not stay in memory.
  private static func streamedDigest(of file: MappedFile) -> UInt64 {
    var sum = XXH64()
    file.stream(from: byteCount) { sum.update($0) }
    return sum.finalize()
  }

  var bytes: [UInt8] {
    let text = """
      Retort \(kind.rawValue), format \(version)
      content \(contentByteCount) bytes from byte \(Self.byteCount), xxh64 \
      \(XXH64.hexadecimalText(contentDigest))
      The content is an HDF5 file; h5py and h5dump read this file as it is.

      """
    var block = Array(text.utf8)
    block += repeatElement(0, count: Self.byteCount - 8 - block.count)
    let digest = block.withUnsafeBytes { XXH64.digest(of: $0) }
    return block + withUnsafeBytes(of: digest.littleEndian, Array.init)
  }

  /// Reads the block of a file of the wanted kind; the content is not looked at yet.
  init(
    of file: UnsafeRawBufferPointer, path: String, wanted: SealedKind
  ) throws(SealedFileError) {
    try self.init(of: file, path: path)
    guard kind == wanted else {
      throw .wrongKind(path: path, expected: wanted.rawValue, found: kind.rawValue)
    }
    guard version == wanted.version else {
      throw .unsupportedVersion(
        path: path, kind: wanted.rawValue, supported: wanted.version, found: version)
    }
  }

  /// Reads the block of a file of any kind and version.
  init(of file: UnsafeRawBufferPointer, path: String) throws(SealedFileError) {
    guard file.count >= Self.byteCount else { throw .notOurs(path: path) }
    let block = UnsafeRawBufferPointer(rebasing: file[..<(Self.byteCount - 8)])
    let digest = UInt64(
      littleEndian: file.loadUnaligned(fromByteOffset: block.count, as: UInt64.self))
    guard digest == XXH64.digest(of: block) else {
      // Either not our file at all, or one whose first block is damaged.
      let signature = Array("\u{89}HDF\r\n\u{1a}\n".unicodeScalars.map { UInt8($0.value) })
      let hasContent = file.dropFirst(Self.byteCount).prefix(8).elementsEqual(signature)
      guard block.starts(with: "Retort ".utf8) || hasContent else { throw .notOurs(path: path) }
      throw .damaged(path: path, what: "its first \(Self.byteCount) bytes have changed")
    }
    let words = String(decoding: block.prefix { $0 != 0 }, as: UTF8.self)
      .split(separator: "\n").map { $0.split(separator: " ") }
    guard words.count >= 2, words[0].count >= 4, words[0][0] == "Retort", words[1].count >= 8,
      let version = words[0].last.flatMap({ Int($0) }),
      let contentByteCount = Int(words[1][1]),
      let contentDigest = words[1].last.flatMap({ UInt64($0, radix: 16) })
    else { throw .notOurs(path: path) }
    let name = words[0][1...].joined(separator: " ").split(separator: ",")[0]
    guard let kind = SealedKind(rawValue: String(name)) else {
      throw .wrongKind(path: path, expected: "file of this version", found: String(name))
    }
    self.kind = kind
    self.version = version
    self.contentByteCount = contentByteCount
    self.contentDigest = contentDigest
  }

  /// Checks every byte after the block.
  func verify(_ file: UnsafeRawBufferPointer, path: String) throws(SealedFileError) {
    try verify(byteCount: file.count, path: path) {
      XXH64.digest(of: UnsafeRawBufferPointer(rebasing: file[Self.byteCount...]))
    }
  }

  /// The same for a file that nobody is about to read.
  func verify(streaming file: MappedFile, path: String) throws(SealedFileError) {
    try verify(byteCount: file.bytes.count, path: path) { Self.streamedDigest(of: file) }
  }

  private func verify(
    byteCount: Int, path: String, digest: () -> UInt64
  ) throws(SealedFileError) {
    guard byteCount == contentByteCount + Self.byteCount else {
      throw .damaged(
        path: path,
        what: "it has \(byteCount) bytes instead of \(contentByteCount + Self.byteCount)")
    }
    guard digest() == contentDigest else {
      throw .damaged(path: path, what: "its bytes are not those that were written")
    }
  }
}

/// What a sealed file is, with the version of its layout that this program reads and writes.
public enum SealedKind: String, Sendable, CaseIterable {
  case checkpoint
  case activationStore = "activation store"

  public var version: Int { 1 }

  /// The kind of the file at a path, nil if it is none of ours; damage is not looked for.
  public static func ofFile(path: String) throws(FileError) -> SealedKind? {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { try? SealedHeader(of: file.bytes, path: path).kind }
  }
}

/// Why one of our HDF5 files cannot be read or written.
public enum SealedFileError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  case hdf5(path: String, HDF5Error)
  case notOurs(path: String)
  case wrongKind(path: String, expected: String, found: String)
  case unsupportedVersion(path: String, kind: String, supported: Int, found: Int)
  case damaged(path: String, what: String)
  case changedWhileReading(path: String)
  /// The file read back after writing is not what was to be written.
  case notAsWritten(path: String, what: String)

  public var description: String {
    switch self {
    case .file(let error): return error.description
    case .hdf5(let path, let error): return "\(path): \(error)"
    case .notOurs(let path):
      return "\(path): not a file of Retort's (no digest block before its content); "
        + "to use a Hugging Face folder run `retort import` first"
    case .wrongKind(let path, let expected, let found):
      return "\(path): a Retort file, but \(found) where \(expected) is expected"
    case .unsupportedVersion(let path, let kind, let supported, let found):
      return "\(path): \(kind) of format \(found), this program reads format \(supported); "
        + "use the version of the program that wrote it"
    case .damaged(let path, let what):
      return "\(path): damaged: \(what); restore the file from a copy or make it again"
    case .changedWhileReading(let path):
      return "\(path): replaced by another process while it was read; run again"
    case .notAsWritten(let path, let what):
      return "\(path): not as written: \(what); the file that was there is unchanged"
    }
  }
}
