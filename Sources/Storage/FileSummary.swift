// What is in one of our HDF5 files, for people to look at.
import RetortFiles

/// Kind, attributes and arrays of a verified checkpoint or activation store.
public struct FileSummary: Sendable {
  public let kind: SealedKind
  public let version: Int
  public let byteCount: Int
  /// Digest of the content, as 16 hexadecimal digits.
  public let digest: String
  /// Attributes by group; `/` for those of the file.
  public let attributes: [String: [String: StoredValue]]
  /// In order of storage.
  public let arrays: [ArraySummary]

  public struct ArraySummary: Equatable, Sendable {
    public let path: String
    public let type: ElementType
    public let shape: [Int]
  }

  public init(path: String) throws(SealedFileError) {
    let kind: SealedKind?
    do {
      kind = try SealedKind.ofFile(path: path)
    } catch {
      throw .file(error)
    }
    // A file of no kind is opened as a checkpoint, for the error that says what is wrong with it.
    let file = try SealedHDF5File(path: path, kind: kind ?? .checkpoint)
    self.kind = file.header.kind
    version = file.header.version
    byteCount = file.header.contentByteCount + SealedHeader.byteCount
    digest = XXH64.hexadecimalText(file.header.contentDigest)
    attributes = file.contents.attributes
    arrays = file.contents.arrays
      .sorted { ($0.value.offset, $0.key) < ($1.value.offset, $1.key) }
      .map { ArraySummary(path: $0.key, type: $0.value.type, shape: $0.value.shape) }
  }
}
