// Writing an HDF5 file: groups, attributes, contiguous arrays.
import CRetortHDF5

/// A new HDF5 file. Valid only inside `HDF5Builder.create`; every call of the library is checked.
/// The same content gives the same bytes: no times are kept, and everything is written in order.
struct HDF5Builder {
  private let file: hid_t

  /// Creates the file at the path anew, with `userBlock` bytes of ours before the HDF5 content and
  /// every array of at least one byte aligned to 4 KiB.
  static func create(
    path: String, userBlock: Int, _ build: (HDF5Builder) throws(HDF5Error) -> Void
  ) throws(HDF5Error) {
    try withHDF5(
      H5Pcreate(hdf5_class_file_create()), "H5Pcreate", "", closing: H5Pclose, "H5Pclose"
    ) { (creation) throws(HDF5Error) in
      try checked(H5Pset_userblock(creation, hsize_t(userBlock)), "H5Pset_userblock", "")
      try checked(H5Pset_obj_track_times(creation, false), "H5Pset_obj_track_times", "")
      try withHDF5(
        H5Pcreate(hdf5_class_file_access()), "H5Pcreate", "", closing: H5Pclose, "H5Pclose"
      ) { (access) throws(HDF5Error) in
        try checked(
          H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110),
          "H5Pset_libver_bounds", "")
        try checked(H5Pset_alignment(access, 1, 4096), "H5Pset_alignment", "")
        // Metadata comes in large blocks, or each small piece of it would be aligned as well.
        try checked(H5Pset_meta_block_size(access, 1 << 15), "H5Pset_meta_block_size", "")
        try checked(H5Pset_small_data_block_size(access, 0), "H5Pset_small_data_block_size", "")
        try checked(H5Pset_file_locking(access, false, true), "H5Pset_file_locking", "")
        try checked(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG), "H5Pset_fclose_degree", "")
        let file = try checked(
          H5Fcreate(path, hdf5_access_truncate(), creation, access), "H5Fcreate", "")
        // Flushed before it is closed, and after a failure not closed at all: closing a file that
        // cannot be written crashes the library. What remains of it is a descriptor.
        try build(HDF5Builder(file: file))
        try checked(H5Fflush(file, H5F_SCOPE_GLOBAL), "H5Fflush", "")
        try checked(H5Fclose(file), "H5Fclose", "")
      }
    }
  }

  /// Creates a group whose parent exists.
  func group(_ path: String) throws(HDF5Error) {
    try withHDF5(
      H5Pcreate(hdf5_class_group_create()), "H5Pcreate", path, closing: H5Pclose, "H5Pclose"
    ) { (creation) throws(HDF5Error) in
      try checked(H5Pset_obj_track_times(creation, false), "H5Pset_obj_track_times", path)
      let standard = hdf5_default_properties()
      try withHDF5(
        H5Gcreate2(file, path, standard, creation, standard), "H5Gcreate2", path,
        closing: H5Gclose, "H5Gclose"
      ) { (_) throws(HDF5Error) in }
    }
  }

  /// Writes an array in one piece.
  /// - Parameter bytes: little-endian elements, as many as the shape says.
  func array(
    _ path: String, _ type: ElementType, shape: [Int], bytes: UnsafeRawBufferPointer
  ) throws(HDF5Error) {
    try array(path, type, shape: shape) { (write) throws(HDF5Error) in try write(bytes) }
  }

  /// Writes an array piece by piece.
  /// - Parameter fill: hands on the array's rows in order, some whole rows at a time, all of them in the end.
  func array(
    _ path: String, _ type: ElementType, shape: [Int],
    fill: ((UnsafeRawBufferPointer) throws(HDF5Error) -> Void) throws(HDF5Error) -> Void
  ) throws(HDF5Error) {
    try withHDF5(
      H5Pcreate(hdf5_class_dataset_create()), "H5Pcreate", path, closing: H5Pclose, "H5Pclose"
    ) { (creation) throws(HDF5Error) in
      try checked(H5Pset_layout(creation, H5D_CONTIGUOUS), "H5Pset_layout", path)
      try checked(H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY), "H5Pset_alloc_time", path)
      try checked(H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER), "H5Pset_fill_time", path)
      try checked(H5Pset_obj_track_times(creation, false), "H5Pset_obj_track_times", path)
      try type.withHDF5Type { (elementType) throws(HDF5Error) in
        try withSpace(shape, path) { (space) throws(HDF5Error) in
          let standard = hdf5_default_properties()
          try withHDF5(
            H5Dcreate2(file, path, elementType, space, standard, creation, standard),
            "H5Dcreate2", path, closing: H5Dclose, "H5Dclose"
          ) { (dataset) throws(HDF5Error) in
            var row = 0
            try fill { (part) throws(HDF5Error) in
              row += try write(part, shape, type, elementType, at: row, to: dataset, space, path)
            }
            precondition(row == shape.first ?? 1, "\(path): \(row) rows do not make shape \(shape)")
          }
        }
      }
    }
  }

  /// - Returns: how many rows were written.
  private func write(
    _ part: UnsafeRawBufferPointer, _ shape: [Int], _ type: ElementType, _ elementType: hid_t,
    at row: Int, to dataset: hid_t, _ space: hid_t, _ path: String
  ) throws(HDF5Error) -> Int {
    let rowBytes = shape.dropFirst().reduce(type.byteCount, *)
    let rows = rowBytes == 0 ? shape[0] : part.count / rowBytes
    precondition(rows * rowBytes == part.count, "\(path): a part must hold whole rows")
    guard part.count > 0 else { return rows }
    let start = [hsize_t(row)] + shape.dropFirst().map { _ in 0 }
    let count = [hsize_t(rows)] + shape.dropFirst().map { hsize_t($0) }
    try checked(
      H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nil, count, nil),
      "H5Sselect_hyperslab", path)
    try withSpace([rows] + shape.dropFirst(), path) { (memory) throws(HDF5Error) in
      try checked(
        H5Dwrite(
          dataset, elementType, memory, space, hdf5_default_properties(), part.baseAddress),
        "H5Dwrite", path)
    }
    return rows
  }

  /// Writes an attribute of a group; lists and bytes are arrays of one dimension.
  func attribute(_ name: String, _ value: StoredValue, of group: String) throws(HDF5Error) {
    let object = "\(group)@\(name)"
    switch value {
    case .integer(let number):
      try attribute(name, .int64, shape: [], [number], group, object)
    case .real(let number):
      try attribute(name, .float64, shape: [], [number], group, object)
    case .integers(let numbers):
      try attribute(name, .int64, shape: [numbers.count], numbers, group, object)
    case .reals(let numbers):
      try attribute(name, .float64, shape: [numbers.count], numbers, group, object)
    case .bytes(let bytes):
      try attribute(name, .uint8, shape: [bytes.count], bytes, group, object)
    case .text(let text):
      precondition(!text.utf8.contains(0), "\(object): a text must not contain U+0000")
      try withHDF5StringType(object) { (type) throws(HDF5Error) in
        try withSpace([], object) { (space) throws(HDF5Error) in
          try withAttribute(name, type, space, group, object) { (attribute) throws(HDF5Error) in
            try text.utf8CString.withUnsafeBufferPointer { (characters) throws(HDF5Error) in
              var pointer = characters.baseAddress
              _ = try checked(H5Awrite(attribute, type, &pointer), "H5Awrite", object)
            }
          }
        }
      }
    }
  }

  private func attribute<Element>(
    _ name: String, _ type: ElementType, shape: [Int], _ values: [Element], _ group: String,
    _ object: String
  ) throws(HDF5Error) {
    try type.withHDF5Type { (elementType) throws(HDF5Error) in
      try withSpace(shape, object) { (space) throws(HDF5Error) in
        try withAttribute(name, elementType, space, group, object) {
          (attribute) throws(HDF5Error) in
          guard !values.isEmpty else { return }
          try values.withUnsafeBufferPointer { (buffer) throws(HDF5Error) in
            _ = try checked(
              H5Awrite(attribute, elementType, buffer.baseAddress), "H5Awrite", object)
          }
        }
      }
    }
  }

  private func withAttribute(
    _ name: String, _ type: hid_t, _ space: hid_t, _ group: String, _ object: String,
    _ body: (hid_t) throws(HDF5Error) -> Void
  ) throws(HDF5Error) {
    let standard = hdf5_default_properties()
    try withHDF5(
      H5Acreate_by_name(file, group, name, type, space, standard, standard, standard),
      "H5Acreate_by_name", object, closing: H5Aclose, "H5Aclose", body)
  }

  /// A data space of the shape; a single element for no dimensions.
  private func withSpace(
    _ shape: [Int], _ object: String, _ body: (hid_t) throws(HDF5Error) -> Void
  ) throws(HDF5Error) {
    let space =
      shape.isEmpty
      ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(shape.count), shape.map { hsize_t($0) }, nil)
    try withHDF5(space, "H5Screate", object, closing: H5Sclose, "H5Sclose", body)
  }
}
