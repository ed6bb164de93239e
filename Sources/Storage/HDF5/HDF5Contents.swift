// Everything an HDF5 file of ours holds, listed in one pass.
import CRetortHDF5

/// Where an array lies in a file.
package struct HDF5Array: Sendable {
  package let type: ElementType
  package let shape: [Int]
  /// First byte, counted from the beginning of the file; 0 for an array without elements.
  package let offset: Int

  package var byteCount: Int { shape.reduce(type.byteCount, *) }
}

/// Groups, attributes and arrays of a file by their full paths. The arrays' bytes are then read from
/// a mapping of the file; the library is done with it.
package struct HDF5Contents: Sendable {
  package private(set) var arrays: [String: HDF5Array] = [:]
  /// Attributes by group; every group has an entry.
  package private(set) var attributes: [String: [String: StoredValue]] = [:]

  package static func read(path: String) throws(HDF5Error) -> HDF5Contents {
    var contents = HDF5Contents()
    try withHDF5(
      H5Pcreate(hdf5_class_file_access()), "H5Pcreate", "", closing: H5Pclose, "H5Pclose"
    ) { (access) throws(HDF5Error) in
      try checked(H5Pset_file_locking(access, false, true), "H5Pset_file_locking", "")
      try checked(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG), "H5Pset_fclose_degree", "")
      try withHDF5(
        H5Fopen(path, hdf5_access_read_only(), access), "H5Fopen", "",
        closing: H5Fclose, "H5Fclose"
      ) { (file) throws(HDF5Error) in
        try contents.addGroup("/", in: file)
      }
    }
    return contents
  }

  private mutating func addGroup(_ path: String, in file: hid_t) throws(HDF5Error) {
    let standard = hdf5_default_properties()
    try withHDF5(
      H5Gopen2(file, path, standard), "H5Gopen2", path, closing: H5Gclose, "H5Gclose"
    ) { (group) throws(HDF5Error) in
      attributes[path] = try Self.attributes(of: group, path)
      for name in try Self.linkNames(of: group, path) {
        let child = path == "/" ? "/\(name)" : "\(path)/\(name)"
        let isGroup = try withHDF5(
          H5Oopen(file, child, standard), "H5Oopen", child, closing: H5Oclose, "H5Oclose"
        ) { (object) throws(HDF5Error) in
          let kind = H5Iget_type(object)
          if kind == H5I_DATASET { arrays[child] = try Self.array(object, child) }
          guard kind == H5I_DATASET || kind == H5I_GROUP else {
            throw HDF5Error(call: "H5Iget_type", object: child, reason: "not a group or an array")
          }
          return kind == H5I_GROUP
        }
        if isGroup { try addGroup(child, in: file) }
      }
    }
  }

  private static func linkNames(of group: hid_t, _ path: String) throws(HDF5Error) -> [String] {
    var names: [String] = []
    let answer = withUnsafeMutablePointer(to: &names) { list in
      hdf5_visit_links(
        group,
        { name, context in
          guard let name else { return -1 }
          context?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name))
          return 0
        }, list)
    }
    try checked(answer, "H5Literate", path)
    return names
  }

  private static func array(_ dataset: hid_t, _ path: String) throws(HDF5Error) -> HDF5Array {
    let type = try withHDF5(
      H5Dget_type(dataset), "H5Dget_type", path, closing: H5Tclose, "H5Tclose"
    ) { (type) throws(HDF5Error) in try ElementType(hdf5Type: type, object: path) }
    guard let type else {
      throw HDF5Error(call: "H5Dget_type", object: path, reason: "an element type that is not ours")
    }
    let shape = try withHDF5(
      H5Dget_space(dataset), "H5Dget_space", path, closing: H5Sclose, "H5Sclose"
    ) { (space) throws(HDF5Error) in try Self.shape(of: space, path) }
    let offset = H5Dget_offset(dataset)
    guard offset != hdf5_undefined_address() else {
      guard shape.contains(0) else {
        throw HDF5Error(call: "H5Dget_offset", object: path, reason: "not stored in one piece")
      }
      return HDF5Array(type: type, shape: shape, offset: 0)
    }
    return HDF5Array(type: type, shape: shape, offset: Int(offset))
  }

  private static func shape(of space: hid_t, _ path: String) throws(HDF5Error) -> [Int] {
    let rank = try checked(
      H5Sget_simple_extent_ndims(space), "H5Sget_simple_extent_ndims", path)
    var sizes = [hsize_t](repeating: 0, count: Int(rank))
    try checked(
      H5Sget_simple_extent_dims(space, &sizes, nil), "H5Sget_simple_extent_dims", path)
    return sizes.map { Int($0) }
  }

  private static func attributes(
    of group: hid_t, _ path: String
  ) throws(HDF5Error) -> [String: StoredValue] {
    var names: [String] = []
    let answer = withUnsafeMutablePointer(to: &names) { list in
      H5Aiterate2(
        group, H5_INDEX_NAME, H5_ITER_INC, nil,
        { _, name, _, context in
          guard let name else { return -1 }
          context?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name))
          return 0
        }, list)
    }
    try checked(answer, "H5Aiterate2", path)
    var values: [String: StoredValue] = [:]
    for name in names {
      let object = "\(path)@\(name)"
      values[name] = try withHDF5(
        H5Aopen(group, name, hdf5_default_properties()), "H5Aopen", object,
        closing: H5Aclose, "H5Aclose"
      ) { (attribute) throws(HDF5Error) in try Self.value(of: attribute, object) }
    }
    return values
  }

  private static func value(
    of attribute: hid_t, _ object: String
  ) throws(HDF5Error) -> StoredValue {
    let shape = try withHDF5(
      H5Aget_space(attribute), "H5Aget_space", object, closing: H5Sclose, "H5Sclose"
    ) { (space) throws(HDF5Error) in try Self.shape(of: space, object) }
    return try withHDF5(
      H5Aget_type(attribute), "H5Aget_type", object, closing: H5Tclose, "H5Tclose"
    ) { (type) throws(HDF5Error) in
      let count = shape.reduce(1, *)
      if H5Tget_class(type) == H5T_STRING, shape.isEmpty {
        return .text(try Self.text(of: attribute, object))
      }
      switch try ElementType(hdf5Type: type, object: object) {
      case .int64:
        let values: [Int64] = try Self.numbers(of: attribute, type, count, object)
        return shape.isEmpty ? .integer(values[0]) : .integers(values)
      case .float64:
        let values: [Double] = try Self.numbers(of: attribute, type, count, object)
        return shape.isEmpty ? .real(values[0]) : .reals(values)
      case .uint8:
        return .bytes(try Self.numbers(of: attribute, type, count, object))
      default:
        throw HDF5Error(call: "H5Aget_type", object: object, reason: "a type that is not ours")
      }
    }
  }

  private static func numbers<Number: ExpressibleByIntegerLiteral>(
    of attribute: hid_t, _ type: hid_t, _ count: Int, _ object: String
  ) throws(HDF5Error) -> [Number] {
    var values = [Number](repeating: 0, count: count)
    guard count > 0 else { return values }
    try values.withUnsafeMutableBufferPointer { (buffer) throws(HDF5Error) in
      _ = try checked(H5Aread(attribute, type, buffer.baseAddress), "H5Aread", object)
    }
    return values
  }

  private static func text(of attribute: hid_t, _ object: String) throws(HDF5Error) -> String {
    try withHDF5StringType(object) { (type) throws(HDF5Error) in
      var characters: UnsafeMutablePointer<CChar>?
      try checked(H5Aread(attribute, type, &characters), "H5Aread", object)
      guard let characters else { return "" }
      defer { H5free_memory(characters) }
      return String(cString: characters)
    }
  }
}
