// Checkpoints: a model, its optimizer, where its training stands; one HDF5 file.
import RetortFiles

/// A verified checkpoint. Tensors are read from a mapping of the file, without a copy.
/// Layout: `/model`, `/objective`, `/optimizer/<state>`, `/progress`, `/random`, `/files`; see `CheckpointContent`.
public final class Checkpoint: Sendable {
  public let path: String
  private let file: SealedHDF5File

  /// Opens a checkpoint; every byte of the file is checked against its digest first.
  public init(path: String) throws(CheckpointError) {
    self.path = path
    do {
      file = try SealedHDF5File(path: path, kind: .checkpoint)
    } catch {
      throw .unreadable(error)
    }
  }

  /// Digest of the whole content, as 16 hexadecimal digits: what a child names as its parent.
  public var digest: String { XXH64.hexadecimalText(file.header.contentDigest) }

  /// Attributes of the file.
  public var attributes: [String: StoredValue] {
    var attributes = file.contents.attributes["/"] ?? [:]
    attributes[Self.versionAttribute] = nil
    return attributes
  }

  public subscript(_ attribute: CheckpointAttribute) -> StoredValue? {
    attributes[attribute.rawValue]
  }

  public var progress: [String: StoredValue] { values(in: "/progress") }
  public var random: [String: StoredValue] { values(in: "/random") }

  /// The whole files that the checkpoint carries, by name.
  public var files: [String: [UInt8]] { values(in: "/files").compactMapValues(\.bytes) }

  /// The names under `/optimizer`, such as `first_moment`; empty where only a model is stored.
  public var optimizerGroups: [String] {
    file.contents.attributes.keys.filter { $0.hasPrefix("/optimizer/") }
      .map { String($0.dropFirst("/optimizer/".count)) }.sorted()
  }

  /// Names of the float32 tensors in a group such as `/model`, relative to it, in order of storage.
  public func tensorNames(in group: String = "/model") -> [String] {
    tensorShapes(in: group).map(\.path)
  }

  /// Names and shapes of the float32 tensors in a group, in order of storage.
  public func tensorShapes(in group: String = "/model") -> [TensorShape] {
    let prefix = group + "/"
    return file.contents.arrays
      .filter { $0.key.hasPrefix(prefix) && $0.value.type == .float32 }
      .sorted { ($0.value.offset, $0.key) < ($1.value.offset, $1.key) }
      .map { TensorShape(path: String($0.key.dropFirst(prefix.count)), shape: $0.value.shape) }
  }

  /// A tensor by its name in a group. Its memory is the mapped file's: valid while this checkpoint is.
  public func tensor(
    _ name: String, in group: String = "/model"
  ) throws(CheckpointError) -> StoredTensor {
    let array = try array(name, in: group)
    return StoredTensor(
      path: name, shape: array.shape,
      values: file.bytes(of: array).bindMemory(to: Float.self))
  }

  private func array(_ name: String, in group: String) throws(CheckpointError) -> HDF5Array {
    let full = "\(group)/\(name)"
    guard let array = file.contents.arrays[full], array.type == .float32 else {
      throw .missing(path: path, name: full)
    }
    return array
  }

  /// Copies a tensor to memory of exactly its size.
  public func read(
    _ name: String, in group: String = "/model", into target: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    let tensor = try tensor(name, in: group)
    precondition(
      tensor.values.count == target.count,
      "\(name): \(tensor.values.count) elements of shape \(tensor.shape) into \(target.count)")
    _ = target.update(fromContentsOf: tensor.values)
  }

  /// Puts a tensor into memory of exactly its size that was made by `mmap`: a large one becomes a view
  /// of the file's pages, of which those that are written to are copied then.
  public func map(
    _ name: String, in group: String = "/model", into target: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    let array = try array(name, in: group)
    precondition(
      array.byteCount == UnsafeRawBufferPointer(target).count,
      "\(name): \(array.byteCount) bytes of shape \(array.shape) into \(target.count) values")
    file.place(array, in: UnsafeMutableRawBufferPointer(target))
  }

  /// Compares a group's tensors with those a model expects and lists every difference.
  public func validate(
    expected: [TensorShape], in group: String = "/model"
  ) throws(CheckpointError) {
    if let mismatch = TensorMismatch(expected: expected, found: tensorShapes(in: group)) {
      throw .mismatch(path: path, group: group, mismatch)
    }
  }

  /// Single values are attributes of the group, lists and bytes are arrays in it.
  private func values(in group: String) -> [String: StoredValue] {
    var values = file.contents.attributes[group] ?? [:]
    for (name, array) in file.contents.arrays where name.hasPrefix(group + "/") {
      let bytes = file.bytes(of: array)
      let value: StoredValue
      switch array.type {
      case .int64: value = .integers(Array(bytes.bindMemory(to: Int64.self)))
      case .float64: value = .reals(Array(bytes.bindMemory(to: Double.self)))
      case .uint8: value = .bytes(Array(bytes))
      default: continue  // a tensor
      }
      values[String(name.dropFirst(group.count + 1))] = value
    }
    return values
  }

  static let versionAttribute = "format_version"
}

/// Why a checkpoint cannot be written, opened or used.
public enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadable(SealedFileError)
  case notWritten(SealedFileError)
  case missing(path: String, name: String)
  case mismatch(path: String, group: String, TensorMismatch)
  /// Tensors with values that are infinite or not numbers.
  case notFinite(path: String, names: [String])

  public var description: String {
    switch self {
    case .unreadable(let error): error.description
    case .notWritten(let error): "checkpoint not written: \(error)"
    case .missing(let path, let name): "\(path): no float32 tensor \(name) in this checkpoint"
    case .mismatch(let path, let group, let mismatch):
      "\(path): \(group) is not the model that is expected: \(mismatch)"
    case .notFinite(let path, let names):
      "\(path): values that are infinite or not numbers in \(names.joined(separator: ", ")); "
        + "make the checkpoint again"
    }
  }
}
