// Reading the tensors of files that torch.save wrote, such as pytorch_model.bin.
import RetortFiles
import RetortNumbers

/// A dictionary of tensors saved by torch 1.0 or later, in a mapping. Nothing in the file is executed: the pickle
/// that describes the tensors is read by `Unpickler`, which knows what a dictionary of tensors needs and no more.
/// Source: torch 2.4.0, torch/serialization.py, `_save` and `_legacy_save`.
public final class TorchFile: @unchecked Sendable {
  public let path: String
  /// In the order of the file.
  public let entries: [Entry]
  private let file: MappedFile
  private let places: [String: Int]
  /// As many as entries.
  private let tensors: [TorchTensor]
  /// Bytes of each storage in the file, by its key.
  private let storages: [String: Range<Int>]

  /// A tensor as the file tells of it.
  public struct Entry: Equatable, Sendable {
    public let name: String
    public let shape: [Int]
    /// Torch's name: float32, int64, ...
    public let type: String
  }

  /// The largest description of tensors: that of a thousand layers has 2 MB.
  private static let longestPickle = 1 << 26

  /// Checks everything the file says: no tensor leads outside its storage, no storage outside the file.
  public init(path: String) throws(TorchFileError) {
    self.path = path
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    let content =
      file.bytes.starts(with: ZipDirectory.beginning)
      ? try Self.archive(file.bytes, path) : try Self.sequence(file.bytes, path)
    storages = content.storages
    var (entries, places): ([Entry], [String: Int]) = ([], [:])
    for (name, tensor) in content.tensors {
      func wrong(_ what: String) -> TorchFileError {
        .inconsistent(path: path, tensor: name, what: what)
      }
      if let problem = tensor.problem { throw wrong(problem) }
      let storage = tensor.storage
      guard let bytes = content.storages[storage.key] else {
        throw wrong("its storage \(storage.key.debugDescription) is not in the file")
      }
      let (needed, overflows) = storage.count.multipliedReportingOverflow(
        by: storage.kind.byteCount)
      guard !overflows, bytes.count >= needed else {
        throw wrong(
          "its storage has \(bytes.count) bytes, expected \(storage.count) numbers of "
            + storage.kind.rawValue)
      }
      guard places.updateValue(entries.count, forKey: name) == nil else {
        throw wrong("it occurs twice")
      }
      entries.append(Entry(name: name, shape: tensor.shape, type: storage.kind.rawValue))
    }
    (self.entries, self.places) = (entries, places)
    tensors = content.tensors.map(\.tensor)
  }

  public func entry(_ name: String) -> Entry? { places[name].map { entries[$0] } }

  /// Reads a tensor of float32, float16 or bfloat16 as float32, exactly, in row-major order.
  /// - Parameter target: memory of exactly the tensor's element count.
  public func read(
    _ name: String, into target: UnsafeMutableBufferPointer<Float>
  ) throws(TorchFileError) {
    guard let place = places[name], case let tensor = tensors[place],
      let bytes = storages[tensor.storage.key]
    else { throw .missing(path: path, tensor: name) }
    precondition(
      target.count == tensor.elementCount, "\(name) of shape \(tensor.shape) into \(target.count)")
    let widen: (UnsafeRawPointer, UnsafeMutableBufferPointer<Float>) -> Void
    switch tensor.storage.kind {
    case .float32:
      widen = { source, target in
        UnsafeMutableRawBufferPointer(target).copyMemory(
          from: UnsafeRawBufferPointer(start: source, count: 4 * target.count))
      }
    case .float16: widen = { HalfPrecision.widen($0, into: $1) }
    case .bfloat16: widen = { HalfPrecision.widenBFloat16($0, into: $1) }
    default:
      throw .notFloatingPoint(path: path, tensor: name, type: tensor.storage.kind.rawValue)
    }
    guard let start = file.bytes.baseAddress, !target.isEmpty else { return }
    let (source, width) = (start + bytes.lowerBound, tensor.storage.kind.byteCount)
    if tensor.isContiguous { return widen(source + width * tensor.offset, target) }
    var written = 0
    tensor.forEachElement { place in
      widen(
        source + width * place, UnsafeMutableBufferPointer(rebasing: target[written...written]))
      written += 1
    }
  }

  // MARK: The two forms of file

  private struct Content {
    var tensors: [(name: String, tensor: TorchTensor)] = []
    var storages: [String: Range<Int>] = [:]
  }

  /// Since torch 1.6: a zip archive of `<name>/data.pkl` and `<name>/data/<key>`.
  private static func archive(
    _ file: UnsafeRawBufferPointer, _ path: String
  ) throws(TorchFileError) -> Content {
    let directory: ZipDirectory
    do { directory = try ZipDirectory(of: file) } catch {
      throw .malformed(path: path, byte: error.byte, what: error.what)
    }
    let pickles = directory.members.filter { $0.key.hasSuffix("/data.pkl") }
    guard pickles.count == 1, let (name, place) = pickles.first else {
      throw .malformed(
        path: path, byte: 0,
        what: "a zip archive with \(pickles.count) members data.pkl, expected one")
    }
    let folder = name.dropLast("data.pkl".count)
    if let order = directory.members["\(folder)byteorder"],
      !file[order].elementsEqual("little".utf8)
    {
      throw .malformed(
        path: path, byte: order.lowerBound, what: "its numbers are not little-endian")
    }
    var content = Content()
    for (member, bytes) in directory.members where member.hasPrefix("\(folder)data/") {
      content.storages[String(member.dropFirst(folder.count + 5))] = bytes
    }
    let pickle = file[place]
    guard pickle.count <= longestPickle else {
      throw .malformed(
        path: path, byte: place.lowerBound,
        what: "a description of \(pickle.count) bytes; at most \(longestPickle) are allowed")
    }
    var unpickler = Unpickler(UnsafeRawBufferPointer(rebasing: pickle))
    content.tensors = try read(&unpickler, path, from: place.lowerBound) {
      (value) throws(Unpickler.Failure) in try tensors(value)
    }
    return content
  }

  /// Before torch 1.6: five pickles (magic number, version, system, tensors, keys of storages), then each storage's
  /// element count and elements.
  private static func sequence(
    _ file: UnsafeRawBufferPointer, _ path: String
  ) throws(TorchFileError) -> Content {
    let beginning: [UInt8] = [
      0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]
    guard file.starts(with: beginning) else {
      throw .malformed(
        path: path, byte: 0, what: "it begins neither as a zip archive nor with torch's number")
    }
    let limited = UnsafeRawBufferPointer(rebasing: file[..<min(file.count, longestPickle)])
    var content = Content()
    var kinds: [String: TorchStorage] = [:]
    var keys: [String] = []
    var place = beginning.count
    for number in 1...4 {
      var unpickler = Unpickler(limited, at: place)
      try read(&unpickler, path, from: 0) { (value) throws(Unpickler.Failure) in
        if number == 3 { content.tensors = try tensors(value) }
        guard number == 4, case .list(let items) = value else { return }
        for case .text(let key) in items.values { keys.append(key) }
      }
      place = unpickler.end
    }
    for (_, tensor) in content.tensors { kinds[tensor.storage.key] = tensor.storage }
    var reader = LittleEndianBytes(file, at: place)
    for key in keys {
      guard let kind = kinds[key]?.kind, let count = reader.size(UInt64.self),
        case let (size, overflows) = count.multipliedReportingOverflow(by: kind.byteCount),
        !overflows, case let start = reader.place, reader.take(size) != nil
      else {
        throw .malformed(
          path: path, byte: min(reader.place, file.count),
          what: "the storage \(key.debugDescription) lies outside the file")
      }
      content.storages[key] = start..<(start + size)
    }
    return content
  }

  @discardableResult
  private static func read<Result>(
    _ unpickler: inout Unpickler, _ path: String, from start: Int,
    _ use: (PickledValue) throws(Unpickler.Failure) -> Result
  ) throws(TorchFileError) -> Result {
    do {
      return try unpickler.read(use)
    } catch {
      switch error {
      case .malformed(let byte, let what):
        throw .malformed(path: path, byte: start + byte, what: what)
      case .refused(let byte, let what):
        throw .refused(path: path, byte: start + byte, what: what)
      }
    }
  }

  private static func tensors(
    _ value: PickledValue
  ) throws(Unpickler.Failure) -> [(name: String, tensor: TorchTensor)] {
    guard case .dictionary(let items) = value else {
      throw .refused(byte: 0, what: "the file does not hold a dictionary of tensors")
    }
    var tensors: [(name: String, tensor: TorchTensor)] = []
    for (key, value) in items.pairs {
      guard case .text(let name) = key, case .tensor(let tensor) = value else {
        throw .refused(byte: 0, what: "the dictionary has an entry that is no tensor with a name")
      }
      tensors.append((name, tensor))
    }
    return tensors
  }
}
