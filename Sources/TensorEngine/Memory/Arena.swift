import Glibc

/// The memory of one scope's activations: one reserved address range handed out from the bottom up and
/// taken back all at once. Pages are backed when first touched and stay backed, so that a step after
/// the largest one allocates nothing.
final class Arena {
  /// Marks a point to release back to.
  struct Mark { let offset: Int }

  private let base: UnsafeMutableRawPointer
  private let reservedBytes: Int
  private var offset = 0
  private(set) var highWaterBytes = 0

  /// - Parameter reserving: address space in bytes; it costs nothing until it is used.
  init(reserving bytes: Int = 1 << 40) {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    var size = bytes
    var address = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0)
    // A limit on the address space (`ulimit -v`) may forbid the whole range: a smaller one will do.
    while address == MAP_FAILED, size > 1 << 30 {
      size /= 2
      address = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0)
    }
    guard let address, address != MAP_FAILED else {
      preconditionFailure(
        "cannot reserve \(size) bytes of address space: \(String(cString: strerror(errno)))")
    }
    madvise(address, size, Int32(MADV_HUGEPAGE))
    (base, reservedBytes) = (address, size)
  }

  deinit { munmap(base, reservedBytes) }

  /// Uninitialised memory for `count` values, aligned to a cache line.
  func allocate<Value>(_ count: Int, of: Value.Type = Float.self) -> UnsafeMutablePointer<Value> {
    let bytes = (count * MemoryLayout<Value>.stride + 63) & ~63
    precondition(
      offset + bytes <= reservedBytes,
      "an arena of \(reservedBytes) bytes cannot hold \(offset + bytes)")
    defer {
      offset += bytes
      highWaterBytes = max(highWaterBytes, offset)
    }
    return (base + offset).bindMemory(to: Value.self, capacity: max(count, 1))
  }

  var mark: Mark { Mark(offset: offset) }

  func release(to mark: Mark) {
    precondition(mark.offset <= offset, "a mark above the arena's top")
    offset = mark.offset
  }
}
