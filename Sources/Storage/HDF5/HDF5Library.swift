// The HDF5 library: one caller at a time, silent, every answer checked.
import CRetortHDF5
import Glibc

/// A call of the HDF5 library that failed: which one, on what, and the library's own reason.
public struct HDF5Error: Error, Equatable, Sendable, CustomStringConvertible {
  public let call: String
  /// Path of the object inside the file, empty for the file itself.
  public let object: String
  public let reason: String

  public var description: String {
    let place = object.isEmpty ? "" : " of \(object)"
    return "\(call)\(place) failed: \(reason)"
  }

  /// The error of the call that has just failed, from the library's error stack.
  static func current(_ call: StaticString, _ object: String) -> HDF5Error {
    HDF5Error(call: "\(call)", object: object, reason: HDF5Library.errorText())
  }
}

/// The one instance of the library in this process.
public enum HDF5Library {
  /// Guards the whole library: a build of it need not be safe for threads, and its error stack is
  /// read in a second call.
  nonisolated(unsafe) private static let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    // Everything is closed and checked by us; at the exit the library would only write again to
    // files that it could not write to before.
    H5dont_atexit()
    return mutex
  }()

  /// Runs `body` as the library's only user, with its printing of errors switched off.
  package static func locked<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    H5open()
    // The setting belongs to the thread in builds that are safe for threads.
    H5Eset_auto2(hdf5_default_error_stack(), nil, nil)
    return try body()
  }

  /// The version of the library at run time, such as "1.10.8".
  public static var version: String {
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    H5get_libversion(&major, &minor, &release)
    return "\(major).\(minor).\(release)"
  }

  /// The innermost reason of the last failure; a system error's own words where there was one.
  static func errorText() -> String {
    var reasons: [String] = []
    withUnsafeMutablePointer(to: &reasons) { list in
      _ = H5Ewalk2(
        hdf5_default_error_stack(), H5E_WALK_DOWNWARD,
        { _, entry, context in
          if let text = entry?.pointee.desc {
            context?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: text))
          }
          return 0
        }, list)
    }
    let system = reasons.lazy.compactMap { reason -> String? in
      guard let start = reason.firstRange(of: "error message = '")?.upperBound,
        let end = reason[start...].firstIndex(of: "'")
      else { return nil }
      return String(reason[start..<end])
    }
    return system.first ?? reasons.last ?? "no reason given"
  }
}

/// Uses an object of the library and closes it, where `id` is the answer of the call that made it.
/// A failure to close is a failure of the use: on a full disk it can be the only one.
func withHDF5<R>(
  _ id: hid_t, _ call: StaticString, _ object: String,
  closing close: (hid_t) -> herr_t, _ closingCall: StaticString,
  _ body: (hid_t) throws(HDF5Error) -> R
) throws(HDF5Error) -> R {
  guard id >= 0 else { throw .current(call, object) }
  let result: R
  do {
    result = try body(id)
  } catch {
    _ = close(id)
    throw error
  }
  guard close(id) >= 0 else { throw .current(closingCall, object) }
  return result
}

/// Throws for a negative answer of the library.
@discardableResult
func checked<Answer: BinaryInteger>(
  _ answer: Answer, _ call: StaticString, _ object: String
) throws(HDF5Error) -> Answer {
  guard answer >= 0 else { throw .current(call, object) }
  return answer
}
