import Glibc

/// The memory of one scope's activations: reserved address space handed out from the bottom up and taken back all at
/// once. Pages are backed when first touched and stay backed, so that a step after the largest one allocates nothing.
///
/// One region of address space is enough, whatever is computed. Where a limit on it (`ulimit -v`) forbids so large a one,
/// regions are reserved as they are needed, and what is asked for never lies in two of them.
final class Arena {
  /// Marks a point to release back to.
  struct Mark {
    fileprivate let region: Int
    fileprivate let offset: Int
    /// Bytes handed out in the regions below.
    fileprivate let below: Int

    static let bottom = Mark(region: 0, offset: 0, below: 0)
  }

  private struct Region {
    let base: UnsafeMutableRawPointer
    let byteCount: Int
  }

  private var regions: [Region] = []
  private var region = 0
  private var offset = 0
  private var below = 0
  private(set) var highWaterBytes = 0

  /// Of a region where there are several.
  private static let step = 64 << 20

  /// - Parameter reserving: address space in bytes; it costs nothing until it is used.
  init(reserving bytes: Int = 1 << 40) {
    var limit = rlimit()
    let isLimited =
      getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0
      && limit.rlim_cur != rlim_t.max  // RLIM_INFINITY, which C writes as -1
    if !isLimited, let whole = Self.reserve(bytes) { regions.append(whole) }
  }

  deinit { for region in regions { munmap(region.base, region.byteCount) } }

  private static func reserve(_ bytes: Int) -> Region? {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let address = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0),
      address != MAP_FAILED
    else { return nil }
    madvise(address, bytes, Int32(MADV_HUGEPAGE))
    return Region(base: address, byteCount: bytes)
  }

  /// Uninitialised memory for `count` values, aligned to a cache line.
  func allocate<Value>(_ count: Int, of: Value.Type = Float.self) -> UnsafeMutablePointer<Value> {
    let bytes = (count * MemoryLayout<Value>.stride + 63) & ~63
    if regions.isEmpty || offset + bytes > regions[region].byteCount { goUp(to: bytes) }
    defer {
      offset += bytes
      highWaterBytes = max(highWaterBytes, below + offset)
    }
    return (regions[region].base + offset).bindMemory(to: Value.self, capacity: max(count, 1))
  }

  /// Goes to the next region with room for `bytes`. Those that are too small stay: what was released in them may be
  /// read until it is overwritten (`ComputeScope.keepingOnlyResult`).
  private func goUp(to bytes: Int) {
    below += offset
    offset = 0
    if !regions.isEmpty { region += 1 }
    while region < regions.count {
      if regions[region].byteCount >= bytes { return }
      region += 1
    }
    let size = max(Self.step, (bytes + 0xFFF) & ~0xFFF)
    guard let new = Self.reserve(size) else { MemoryShortage.end(size, "activations") }
    regions.append(new)
  }

  var mark: Mark { Mark(region: region, offset: offset, below: below) }

  func release(to mark: Mark) {
    precondition(
      (mark.region, mark.offset) <= (region, offset), "a mark above the arena's top")
    (region, offset, below) = (mark.region, mark.offset, mark.below)
  }
}
