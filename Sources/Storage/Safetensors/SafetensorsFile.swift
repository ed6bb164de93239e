// Reading safetensors files.
import RetortFiles
import RetortNumbers

/// A safetensors file with a sound header, its tensors in a mapping.
public final class SafetensorsFile: Sendable {
  public let path: String
  /// In order of their bytes in the file.
  public let entries: [SafetensorsEntry]
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  private let file: MappedFile
  private let places: [String: Int]

  /// Checks the whole header: nothing it says can lead outside the file or into another tensor.
  public init(path: String) throws(SafetensorsError) {
    self.path = path
    do {
      file = try MappedFile(path: path)
    } catch {
      throw .file(error)
    }
    let header = try SafetensorsHeader(of: file.bytes, path: path)
    entries = header.entries
    metadata = header.metadata
    places = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
  }

  public func entry(_ name: String) -> SafetensorsEntry? { places[name].map { entries[$0] } }

  /// Names and shapes of all tensors, in order of their bytes.
  public var tensorShapes: [TensorShape] {
    entries.map { TensorShape(path: $0.name, shape: $0.shape) }
  }

  /// Reads a tensor of F32, F16 or BF16 as float32, exactly.
  /// - Parameter target: memory of exactly the tensor's element count.
  public func read(
    _ name: String, into target: UnsafeMutableBufferPointer<Float>
  ) throws(SafetensorsError) {
    guard let entry = entry(name) else { throw .missing(path: path, tensor: name) }
    precondition(
      target.count == entry.elementCount,
      "\(name): \(entry.elementCount) elements of shape \(entry.shape) into \(target.count)")
    let bytes = bytes(of: entry)
    guard let source = bytes.baseAddress, !target.isEmpty else { return }
    switch entry.type {
    case .float32: UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
    case .float16: HalfPrecision.widen(source, into: target)
    case .bfloat16: HalfPrecision.widenBFloat16(source, into: target)
    default: throw .notFloatingPoint(path: path, tensor: name, type: entry.type.rawValue)
    }
  }

  /// A tensor of F32, F16 or BF16 as float32.
  public func values(_ name: String) throws(SafetensorsError) -> [Float] {
    guard let entry = entry(name) else { throw .missing(path: path, tensor: name) }
    var values = [Float](repeating: 0, count: entry.elementCount)
    try values.withUnsafeMutableBufferPointer { (target) throws(SafetensorsError) in
      try read(name, into: target)
    }
    return values
  }

  /// The bytes of a tensor as they are stored; valid while this object lives, aligned to nothing.
  public func bytes(of entry: SafetensorsEntry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[entry.bytes])
  }
}
