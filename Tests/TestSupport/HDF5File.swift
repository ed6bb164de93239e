// HDF5 files of other programs: contiguous arrays of our element types, read as they are.
import RetortFiles
import RetortStorage

/// An HDF5 file without our digest, such as h5py writes: fixtures, other people's data. What is in it
/// is believed; files of ours are opened as `Checkpoint` or as an activation store, which verify.
public final class HDF5File: Sendable {
  public let path: String
  private let file: MappedFile
  private let contents: HDF5Contents

  public init(path: String) throws(HDF5FileError) {
    self.path = path
    do {
      file = try MappedFile(path: path)
    } catch {
      throw .file(error)
    }
    do {
      contents = try HDF5Library.locked { () throws(HDF5Error) in
        try HDF5Contents.read(path: path)
      }
    } catch {
      throw .hdf5(path: path, error)
    }
    for (name, array) in contents.arrays where array.offset + array.byteCount > file.bytes.count {
      throw .missing(path: path, name: "\(name) within the file's \(file.bytes.count) bytes")
    }
  }

  /// The paths of all arrays, sorted.
  public var arrayPaths: [String] { contents.arrays.keys.sorted() }

  /// The attributes of a group; none if there is no such group.
  public func attributes(of group: String = "/") -> [String: StoredValue] {
    contents.attributes[group] ?? [:]
  }

  public func has(_ name: String) -> Bool { contents.arrays[name] != nil }

  public func shape(_ name: String) throws(HDF5FileError) -> [Int] { try array(name).shape }

  public func type(_ name: String) throws(HDF5FileError) -> ElementType { try array(name).type }

  /// The numbers of an array of float32, float16 or float64, the last rounded.
  public func floats(_ name: String) throws(HDF5FileError) -> [Float] {
    let array = try array(name)
    let bytes = raw(array)
    switch array.type {
    case .float32: return Self.copy(bytes)
    case .float64: return Self.copy(bytes).map { (value: Double) in Float(value) }
    case .float16:
      return Self.copy(bytes).map { (bits: UInt16) in Float(Float16(bitPattern: bits)) }
    default: throw .missing(path: path, name: "\(name) of floating point")
    }
  }

  /// The numbers of an array of float64 or float32.
  public func doubles(_ name: String) throws(HDF5FileError) -> [Double] {
    let array = try array(name)
    guard array.type == .float64 else { return try floats(name).map(Double.init) }
    return Self.copy(raw(array))
  }

  /// The numbers of an array of int32, int64 or uint8.
  public func integers(_ name: String) throws(HDF5FileError) -> [Int] {
    let array = try array(name)
    switch array.type {
    case .int32: return Self.copy(raw(array)).map { (value: Int32) in Int(value) }
    case .int64: return Self.copy(raw(array)).map { (value: Int64) in Int(value) }
    case .uint8: return raw(array).map { Int($0) }
    default: throw .missing(path: path, name: "\(name) of whole numbers")
    }
  }

  private func array(_ name: String) throws(HDF5FileError) -> HDF5Array {
    guard let array = contents.arrays[name] else { throw .missing(path: path, name: name) }
    return array
  }

  private func raw(_ array: HDF5Array) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[array.offset..<(array.offset + array.byteCount)])
  }

  /// Other programs align arrays as they like.
  private static func copy<Element: BitwiseCopyable>(_ bytes: UnsafeRawBufferPointer) -> [Element] {
    Array(unsafeUninitializedCapacity: bytes.count / MemoryLayout<Element>.stride) {
      target, count in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
      count = bytes.count / MemoryLayout<Element>.stride
    }
  }
}

/// Why an HDF5 file of another program cannot be read.
public enum HDF5FileError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  case hdf5(path: String, HDF5Error)
  case missing(path: String, name: String)

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .hdf5(let path, let error): "\(path): \(error)"
    case .missing(let path, let name): "\(path): no \(name) in this file"
    }
  }
}
