// Our element types as the library's.
import CRetortHDF5

extension ElementType {
  /// Hands the library's description of the type to `body`.
  func withHDF5Type<R>(
    _ body: (hid_t) throws(HDF5Error) -> R
  ) throws(HDF5Error) -> R {
    switch self {
    case .float32: return try body(hdf5_float32())
    case .float64: return try body(hdf5_float64())
    case .int32: return try body(hdf5_int32())
    case .int64: return try body(hdf5_int64())
    case .uint8: return try body(hdf5_uint8())
    case .float16:
      // IEEE binary16, which the library has no name for before 1.14.4; numpy reads it as float16.
      return try withHDF5(
        H5Tcopy(hdf5_float32()), "H5Tcopy", "f16", closing: H5Tclose, "H5Tclose"
      ) { (type) throws(HDF5Error) in
        try checked(H5Tset_fields(type, 15, 10, 5, 0, 10), "H5Tset_fields", "f16")
        try checked(H5Tset_size(type, 2), "H5Tset_size", "f16")
        try checked(H5Tset_ebias(type, 15), "H5Tset_ebias", "f16")
        return try body(type)
      }
    }
  }

  /// The element type that equals one of a file, nil if none of ours does.
  init?(hdf5Type type: hid_t, object: String) throws(HDF5Error) {
    for candidate in Self.allCases {
      let isEqual = try candidate.withHDF5Type { (ours) throws(HDF5Error) in
        try checked(H5Tequal(type, ours), "H5Tequal", object)
      }
      if isEqual > 0 {
        self = candidate
        return
      }
    }
    return nil
  }
}

/// A text of any length in UTF-8, which h5py gives as `str`.
func withHDF5StringType<R>(
  _ object: String, _ body: (hid_t) throws(HDF5Error) -> R
) throws(HDF5Error) -> R {
  try withHDF5(
    H5Tcopy(hdf5_c_string()), "H5Tcopy", object, closing: H5Tclose, "H5Tclose"
  ) { (type) throws(HDF5Error) in
    try checked(H5Tset_size(type, hdf5_variable_length()), "H5Tset_size", object)
    try checked(H5Tset_cset(type, H5T_CSET_UTF8), "H5Tset_cset", object)
    return try body(type)
  }
}
