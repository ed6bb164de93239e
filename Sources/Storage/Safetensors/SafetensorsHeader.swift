// The header of a safetensors file: which tensors there are and where, checked before it is believed.
import RetortStrictJSON

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
    let header = file[8..<dataStart]
    guard header.first == UInt8(ascii: "{") else {
      throw malformed("the header does not begin with '{'", byte: 8)
    }
    let tree: JSONTree
    do {
      tree = try JSONTree.parse(header)
    } catch {
      throw malformed(error.reason, byte: 8 + error.byte)
    }
    var tensors: [RawTensor] = []
    for member in tree.members ?? [] {
      if member.key == "__metadata__" {
        guard let entries = member.value.members else {
          throw malformed("__metadata__: expected an object", byte: 8)
        }
        for entry in entries {
          guard let text = entry.value.text else {
            throw malformed("__metadata__: \(entry.key): expected a text", byte: 8)
          }
          metadata[entry.key] = text
        }
      } else {
        do {
          tensors.append(try RawTensor(name: member.key, member.value))
        } catch {
          throw .inconsistent(path: path, tensor: member.key, what: error.what)
        }
      }
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

  init(name: String, _ tree: JSONTree) throws(Contradiction) {
    guard let members = tree.members else { throw Contradiction(what: "expected an object") }
    if let unknown = members.first(where: { !["dtype", "shape", "data_offsets"].contains($0.key) })
    {
      throw Contradiction(what: "unknown key \(unknown.key.debugDescription)")
    }
    func value<Value>(
      _ key: String, expected: String, _ read: (JSONTree) -> Value?
    ) throws(Contradiction) -> Value {
      guard let tree = tree[key] else { throw Contradiction(what: "it has no \(key)") }
      guard let value = read(tree) else {
        throw Contradiction(what: "\(key): expected \(expected), found \(tree.line)")
      }
      return value
    }
    /// Digits alone: neither a sign nor an exponent.
    func sizes(_ tree: JSONTree) -> [Int]? {
      guard let elements = tree.elements else { return nil }
      let numbers = elements.compactMap { element -> Int? in
        if case .number(let digits) = element { Int(digits) } else { nil }
      }
      return numbers.count == elements.count && numbers.allSatisfy { $0 >= 0 } ? numbers : nil
    }
    let type = try value("dtype", expected: "a text", \.text)
    let list = "a list of whole numbers of at least 0"
    let shape = try value("shape", expected: list, sizes)
    let offsets = try value("data_offsets", expected: list, sizes)
    self.name = name
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
