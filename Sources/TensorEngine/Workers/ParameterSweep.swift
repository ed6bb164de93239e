/// How a sweep over many parameters is cut into blocks, by their sizes alone. The engine keeps one, so that a step
/// allocates nothing for it.
struct ParameterSweep {
  struct Block {
    let parameter: Int
    let range: Range<Int>
  }

  /// Elements a worker takes at a time; also the blocks that the gradient norm is summed in.
  private static let blockSize = 1 << 16

  private(set) var blocks: [Block] = []
  /// Elements of all parameters.
  private(set) var count = 0
  private var parameters = 0
  private var sums: [Double] = []

  mutating func begin() {
    blocks.removeAll(keepingCapacity: true)
    (count, parameters) = (0, 0)
  }

  /// Adds the next parameter.
  /// - Parameter count: of its elements.
  mutating func add(count: Int) {
    for start in stride(from: 0, to: count, by: Self.blockSize) {
      blocks.append(
        Block(parameter: parameters, range: start..<min(start + Self.blockSize, count)))
    }
    self.count += count
    parameters += 1
  }

  /// Calls `body` with the blocks and room for a number of each, 0 at first.
  mutating func withSums<Result>(
    _ body: (_ blocks: [Block], _ sums: UnsafeMutableBufferPointer<Double>) -> Result
  ) -> Result {
    sums.removeAll(keepingCapacity: true)
    sums.append(contentsOf: repeatElement(0, count: blocks.count))
    let blocks = blocks
    return sums.withUnsafeMutableBufferPointer { body(blocks, $0) }
  }
}
