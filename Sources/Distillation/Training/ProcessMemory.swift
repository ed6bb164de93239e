#if canImport(Glibc)
  import Glibc
#endif

/// What the process takes of the machine's memory.
public enum ProcessMemory {
  /// Largest resident size so far, in bytes.
  public static var peakBytes: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss * 1024
  }
}
