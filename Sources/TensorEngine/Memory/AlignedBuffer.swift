import Glibc

/// Zeroed float32 memory that lives as long as its owner: a model's parameters, their gradients and
/// moments. Aligned to 4 KiB, in huge pages where it is large.
public final class AlignedBuffer: @unchecked Sendable {
  public let values: UnsafeMutableBufferPointer<Float>
  private let mappedBytes: Int

  /// - Parameter count: number of values, all zero at first.
  public init(count: Int) {
    let hugePage = 2 << 20
    // Whole small pages: a huge one at the end would be backed to its end for a few values.
    let bytes = (max(count, 1) * MemoryLayout<Float>.stride + 4095) & ~4095
    guard
      let address = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      address != MAP_FAILED
    else { MemoryShortage.end(bytes, "parameters") }
    if bytes >= hugePage { madvise(address, bytes, Int32(MADV_HUGEPAGE)) }
    mappedBytes = bytes
    values = UnsafeMutableBufferPointer(
      start: address.bindMemory(to: Float.self, capacity: count), count: count)
  }

  deinit { munmap(values.baseAddress, mappedBytes) }
}
