// Memory that a step takes anew, seen from outside.
import CRetortMalloc
import Glibc

/// Pages that the kernel has had to give to this process.
///
/// A buffer that is allocated in every step and large enough to be mapped by itself costs at least one such fault a
/// step; one that is kept costs none.
public enum PageFaults {
  /// Faults so far that took no reading from disk, of all threads.
  public static var count: Int {
    var usage = rusage()
    return getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 ? usage.ru_minflt : 0
  }

  /// Makes every allocation of 4 KiB or more a mapping of its own from here on, whose first use faults and whose
  /// end gives the pages back: then `count` sees it. Smaller ones stay on a heap that is never given back.
  ///
  /// The allocator prefers what is free on its heap to a mapping, whatever the threshold. So all that is free there in
  /// pieces of that size is taken first and kept: it has been in use before, and the process grows by nothing.
  static func exposeAllocations() {
    mallopt(M_MMAP_THRESHOLD, Int32(threshold))
    mallopt(M_TOP_PAD, 0)
    mallopt(M_TRIM_THRESHOLD, Int32.max)
    // Linked to each other, so that the compiler cannot find them unused and leave them out.
    while let piece = malloc(threshold) {
      let link = piece.bindMemory(to: UnsafeMutableRawPointer?.self, capacity: 1)
      link.pointee = taken
      taken = piece
      guard !isMappedByItself(piece) else { return }
    }
  }

  /// A mapping is whole pages, and the allocator's note before the piece makes it one page more than was asked for; on
  /// the heap a piece is at most a few bytes longer. (`mallinfo2` would walk the whole heap for the same answer.)
  private static func isMappedByItself(_ piece: UnsafeMutableRawPointer) -> Bool {
    malloc_usable_size(piece) > threshold + threshold / 2
  }

  /// The last of the pieces taken.
  private nonisolated(unsafe) static var taken: UnsafeMutableRawPointer?

  private static let threshold = 4096
}
