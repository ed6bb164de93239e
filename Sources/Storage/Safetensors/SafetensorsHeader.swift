// The header of a safetensors file: which tensors there are and where, checked before it is believed.

/// One tensor as the header tells of it.
public struct SafetensorsEntry: Equatable, Sendable {
  public let name: String
  public let type: ElementKind
  public let shape: [Int]
  /// Bytes of the tensor, counted from the beginning of the file.
  public let bytes: Range<Int>

  public var elementCount: Int { shape.reduce(1, *) }

  /// The element types of the format; those of floating point up to 32 bits can be read as float32.
  public enum ElementKind: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8E5M2 = "F8_E5M2"
    case float8E4M3 = "F8_E4M3"
    case int16 = "I16"
    case uint16 = "U16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int32 = "I32"
    case uint32 = "U32"
    case float32 = "F32"
    case int64 = "I64"
    case uint64 = "U64"
    case float64 = "F64"

    public var byteCount: Int {
      switch self {
      case .bool, .uint8, .int8, .float8E5M2, .float8E4M3: 1
      case .int16, .uint16, .float16, .bfloat16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      }
    }
  }
}

/// The format: eight bytes of header length, little-endian; the header, a JSON object of tensors by
/// name; the tensors' bytes without gaps.
/// Source: safetensors 0.4.5, README "Format", with the limits of its own reader.
struct SafetensorsHeader {
  /// In order of their bytes.
  private(set) var entries: [SafetensorsEntry] = []
  private(set) var metadata: [String: String] = [:]

  private static let longest = 100_000_000

  init(of file: UnsafeRawBufferPointer, path: String) throws(SafetensorsError) {
    func malformed(_ what: String, byte: Int = 0) -> SafetensorsError {
      .malformed(path: path, byte: byte, what: what)
    }
    guard file.count >= 8 else { throw malformed("it has \(file.count) bytes, a header needs 8") }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= Self.longest else {
      throw malformed("a header of \(length) bytes; at most \(Self.longest) are allowed")
    }
    let dataStart = 8 + Int(length)
    guard dataStart <= file.count else {
      throw malformed("a header of \(length) bytes in a file of \(file.count): it is cut short")
    }
    var reader = StrictJSONReader(
      bytes: UnsafeRawBufferPointer(rebasing: file[8..<dataStart]), firstByte: 8)
    var tensors: [RawTensor] = []
    do throws(StrictJSONReader.Failure) {
      guard file[8..<dataStart].first == UInt8(ascii: "{") else {
        throw StrictJSONReader.Failure(byte: 8, what: "the header does not begin with '{'")
      }
      try reader.object { (name, reader) throws(StrictJSONReader.Failure) in
        if name == "__metadata__" {
          try reader.object { (key, reader) throws(StrictJSONReader.Failure) in
            metadata[key] = try reader.string()
          }
        } else {
          tensors.append(try RawTensor(name: name, &reader))
        }
      }
      try reader.end()
    } catch {
      throw malformed(error.what, byte: error.byte)
    }
    for tensor in tensors {
      do {
        entries.append(try tensor.checked(dataStart: dataStart, dataEnd: file.count))
      } catch {
        throw .inconsistent(path: path, tensor: tensor.name, what: error.what)
      }
    }
    entries.sort {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }
    try checkGaps(dataStart: dataStart, dataEnd: file.count, path: path)
  }

  private func checkGaps(dataStart: Int, dataEnd: Int, path: String) throws(SafetensorsError) {
    var place = dataStart
    for entry in entries {
      guard entry.bytes.lowerBound == place else {
        throw .inconsistent(
          path: path, tensor: entry.name,
          what: entry.bytes.lowerBound < place
            ? "its bytes overlap those of another tensor"
            : "\(entry.bytes.lowerBound - place) bytes before it belong to no tensor")
      }
      place = entry.bytes.upperBound
    }
    guard place == dataEnd else {
      throw .malformed(
        path: path, byte: place, what: "\(dataEnd - place) bytes at the end belong to no tensor")
    }
  }
}

/// A tensor's entry as it stands in the header.
private struct RawTensor {
  let name: String
  let type: String
  let shape: [Int]
  let offsets: [Int]

  struct Contradiction: Error { let what: String }

  init(
    name: String, _ reader: inout StrictJSONReader
  ) throws(StrictJSONReader.Failure) {
    self.name = name
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    let start = reader.byte
    try reader.object { (key, reader) throws(StrictJSONReader.Failure) in
      switch key {
      case "dtype": type = try reader.string()
      case "shape": shape = try reader.integers()
      case "data_offsets": offsets = try reader.integers()
      default: throw reader.failure("unknown key \(key.debugDescription) of a tensor")
      }
    }
    guard let type, let shape, let offsets else {
      throw StrictJSONReader.Failure(
        byte: start,
        what: "tensor \(name.debugDescription) lacks one of dtype, shape and data_offsets")
    }
    self.type = type
    self.shape = shape
    self.offsets = offsets
  }

  func checked(dataStart: Int, dataEnd: Int) throws(Contradiction) -> SafetensorsEntry {
    guard let kind = SafetensorsEntry.ElementKind(rawValue: type) else {
      throw Contradiction(what: "unknown element type \(type.debugDescription)")
    }
    var byteCount = kind.byteCount
    for size in shape {
      let (product, overflows) = byteCount.multipliedReportingOverflow(by: size)
      guard !overflows else { throw Contradiction(what: "shape \(shape) is too large") }
      byteCount = product
    }
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= dataEnd - dataStart else {
      throw Contradiction(
        what:
          "data_offsets \(offsets) do not lie in the file's \(dataEnd - dataStart) bytes of data")
    }
    guard offsets[1] - offsets[0] == byteCount else {
      throw Contradiction(
        what: "shape \(shape) of \(type) needs \(byteCount) bytes, data_offsets give "
          + "\(offsets[1] - offsets[0])")
    }
    return SafetensorsEntry(
      name: name, type: kind, shape: shape,
      bytes: (dataStart + offsets[0])..<(dataStart + offsets[1]))
  }
}
