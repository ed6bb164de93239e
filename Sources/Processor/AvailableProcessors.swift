// How many processors this process may use.
import Glibc

extension Processor {
  /// Number of logical processors this process may run on at a time: of those online, the ones that its affinity
  /// allows (`taskset`, batch systems), and no more than its control groups' quota, rounded up (`docker --cpus`).
  public static var availableCount: Int {
    let allowed = affinityCount ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    return max(1, min(allowed, ProcessorQuota.current() ?? allowed))
  }

  /// Number of processors in the calling thread's affinity mask; nil if the system does not tell.
  private static var affinityCount: Int? {
    // The mask must be at least as large as the kernel's, whose size is not told.
    var size = 128
    while size <= 1 << 20 {
      let count = withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) { mask -> Int? in
        guard let address = mask.baseAddress, let getAffinity, getAffinity(0, size, address) == 0
        else { return nil }
        return mask.reduce(0) { $0 + $1.nonzeroBitCount }
      }
      if let count { return count }
      guard errno == EINVAL else { return nil }
      size *= 2
    }
    return nil
  }

  private typealias GetAffinity =
    @convention(c) (_ process: pid_t, _ size: Int, _ mask: UnsafeMutableRawPointer) -> CInt

  /// `sched_getaffinity(2)`, which Swift's Glibc module leaves out.
  private static let getAffinity: GetAffinity? =
    dlopen(nil, RTLD_LAZY).flatMap { dlsym($0, "sched_getaffinity") }
    .map { unsafeBitCast($0, to: GetAffinity.self) }
}
