// Writing safetensors files that `transformers` loads.
import RetortFiles
import RetortStrictJSON

public enum SafetensorsWriter {
  /// Writes float32 tensors, replacing the file at the path in one step.
  /// - Parameters:
  ///   - tensors: written in this order; their names must differ.
  ///   - metadata: `format` "pt" is what transformers 4.44.2 asks for, and refuses to load without.
  public static func write(
    path: String, tensors: [StoredTensor], metadata: [String: String] = ["format": "pt"]
  ) throws(SafetensorsError) {
    precondition(Set(tensors.map(\.path)).count == tensors.count, "tensors' names must differ")
    let quoted = { (text: String) in JSONTree.string(text).line }
    var header = "{\"__metadata__\":{"
    header += metadata.sorted { $0.key < $1.key }
      .map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ",")
    header += "}"
    var offset = 0
    for tensor in tensors {
      let end = offset + 4 * tensor.values.count
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      header += ",\(quoted(tensor.path)):{\"dtype\":\"F32\",\"shape\":[\(shape)],"
      header += "\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    header += "}"
    // Blanks make the data begin at a multiple of eight, so that readers can use it in place.
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    do {
      let writer = try AtomicFileWriter(path: path)
      try writer.write(withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init))
      try writer.write(header)
      for tensor in tensors { try writer.write(UnsafeRawBufferPointer(tensor.values)) }
      try writer.commit()
    } catch {
      throw .file(error)
    }
  }
}
