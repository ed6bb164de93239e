// OpenBLAS's working memory, taken before the first product.
import Glibc
import Synchronization

/// Every call of OpenBLAS holds a buffer while it runs. OpenBLAS makes one when none is free, and where the system has no
/// memory for it, it tries again for ever: the program would seem to compute.
/// Source: OpenBLAS 0.3.26, driver/others/memory.c, `blas_memory_alloc`.
enum BLASBuffers {
  /// `BUFFER_SIZE` of common_x86_64.h.
  private static let byteCount = 32 << 22
  private static let madeCount = Mutex(0)

  /// Makes the buffers of `count` calls side by side; ends the process where there is no memory for them. They take space of
  /// addresses, and memory only as products use it.
  static func reserve(_ count: Int) {
    typealias Allocation = @convention(c) (Int32) -> UnsafeMutableRawPointer?
    typealias Release = @convention(c) (UnsafeMutableRawPointer?) -> Void
    madeCount.withLock { made in
      guard count > made, let program = dlopen(nil, RTLD_LAZY),
        let allocate = dlsym(program, "blas_memory_alloc"),
        let free = dlsym(program, "blas_memory_free")
      else { return }
      let missing = (count - made) * byteCount
      let room = mmap(nil, missing, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard room != MAP_FAILED else {
        MemoryShortage.end(missing, "OpenBLAS's buffers", remedy: "compute on fewer threads")
      }
      munmap(room, missing)
      let buffers = (0..<count).map { _ in unsafeBitCast(allocate, to: Allocation.self)(0) }
      for buffer in buffers { unsafeBitCast(free, to: Release.self)(buffer) }
      made = count
    }
  }
}
