// Writing a checkpoint.
import RetortFiles

extension Checkpoint {
  /// Writes a checkpoint. The file at the path is replaced in one step when the new one is complete, on
  /// the disk and verified; whatever happens before leaves it as it was.
  public static func write(
    path: String, content: CheckpointContent
  ) throws(CheckpointError) {
    try write(path: path, content: content) { (_) throws(FileError) in }
  }

  static func write(
    path: String, content: CheckpointContent,
    afterStep: @escaping (PendingFile.Step) throws(FileError) -> Void
  ) throws(CheckpointError) {
    do {
      try SealedHDF5File.write(path: path, kind: .checkpoint, afterStep: afterStep) {
        (builder) throws(HDF5Error) in
        try builder.attribute(
          versionAttribute, .integer(Int64(SealedKind.checkpoint.version)), of: "/")
        for (name, value) in content.attributes.sorted(by: { $0.key < $1.key }) {
          try builder.attribute(name, value, of: "/")
        }
        try builder.tensors(content.model, in: "/model")
        if !content.objective.isEmpty { try builder.tensors(content.objective, in: "/objective") }
        try builder.group("/optimizer")
        for (name, tensors) in content.optimizer.sorted(by: { $0.key < $1.key }) {
          try builder.tensors(tensors, in: "/optimizer/\(name)")
        }
        try builder.values(content.progress, in: "/progress")
        try builder.values(content.random, in: "/random")
        try builder.values(content.files.mapValues { .bytes($0) }, in: "/files")
      }
    } catch {
      throw .notWritten(error)
    }
  }
}

extension HDF5Builder {
  fileprivate func tensors(_ tensors: [StoredTensor], in group: String) throws(HDF5Error) {
    try self.group(group)
    for tensor in tensors {
      precondition(!tensor.path.contains("/"), "\(tensor.path): a tensor's name is one name")
      try array(
        "\(group)/\(tensor.path)", .float32, shape: tensor.shape,
        bytes: UnsafeRawBufferPointer(tensor.values))
    }
  }

  /// Single values become attributes of the group, lists and bytes arrays in it.
  func values(_ values: [String: StoredValue], in group: String) throws(HDF5Error) {
    try self.group(group)
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .integer, .real, .text:
        try attribute(name, value, of: group)
      case .integers(let numbers):
        try list("\(group)/\(name)", .int64, numbers)
      case .reals(let numbers):
        try list("\(group)/\(name)", .float64, numbers)
      case .bytes(let bytes):
        try list("\(group)/\(name)", .uint8, bytes)
      }
    }
  }

  /// Writes an array of one dimension.
  func list<Element: BitwiseCopyable>(
    _ path: String, _ type: ElementType, _ values: [Element]
  ) throws(HDF5Error) {
    try values.withUnsafeBufferPointer { (buffer) throws(HDF5Error) in
      try array(path, type, shape: [values.count], bytes: UnsafeRawBufferPointer(buffer))
    }
  }
}
