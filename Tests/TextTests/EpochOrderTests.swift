// Orders: every example once, the recipe's length groups, the Trainer's replay.
import Testing

@testable import RetortText

@Suite("Epoch order")
struct EpochOrderTests {
  @Test("Sequential: as it stands, the last batch smaller")
  func sequential() {
    let order = EpochOrder.sequential(count: 10, batchSize: 4)
    #expect(Array(order) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
    #expect(EpochOrder.sequential(count: 67_349, batchSize: 16).count == 4_210)
  }

  @Test("Shuffled: every example once, another order each epoch and seed, the same again")
  func shuffled() {
    let order = EpochOrder.shuffled(count: 1003, batchSize: 16, seed: 5, epoch: 0)
    #expect(order.count == 63 && order.last?.count == 11)
    #expect(order.flatMap { $0 }.sorted() == Array(0..<1003))
    #expect(order == .shuffled(count: 1003, batchSize: 16, seed: 5, epoch: 0))
    #expect(order != .shuffled(count: 1003, batchSize: 16, seed: 5, epoch: 1))
    #expect(order != .shuffled(count: 1003, batchSize: 16, seed: 6, epoch: 0))
  }

  @Test("Replay of the report's first epoch")
  func replay() {
    let order = EpochOrder.replayingTorch(count: 67_349, batchSize: 8, seed: 42, epoch: 0)
    #expect(order[0] == [6677, 49712, 38268, 32909, 23395, 66940, 62886, 11359])
  }

  /// The sampler's own way of saying it, on groups by the bounds 3, 7, 11, …
  private func reference(_ lengths: [Int], _ size: Int, _ order: [Int]) -> [[Int]] {
    let bounds = Array(stride(from: 3, to: 4096, by: 4))
    var (buffers, batches): ([Int: [Int]], [[Int]]) = ([:], [])
    for index in order {
      let group = bounds.count { $0 <= lengths[index] }
      buffers[group, default: []].append(index)
      if buffers[group]?.count == size { batches.append(buffers.removeValue(forKey: group) ?? []) }
    }
    var rest: [Int] = []
    for (_, indices) in buffers.sorted(by: { $0.key < $1.key }) {
      rest += indices
      if rest.count >= size {
        batches.append(Array(rest[..<size]))
        rest.removeFirst(size)
      }
    }
    return rest.isEmpty ? batches : batches + [rest]
  }

  @Test("Length groups as the recipe's sampler makes them", arguments: [1, 3, 5, 8])
  func lengthGroups(batchSize: Int) {
    let lengths = (0..<500).map { 1 + ($0 * $0 * 7 + $0) % 130 }
    let order = EpochOrder.shuffled(count: 500, batchSize: 1, seed: 1, epoch: 2).flatMap { $0 }
    let grouped = EpochOrder.lengthGrouped(
      lengths: lengths, batchSize: batchSize, seed: 1, epoch: 2)
    #expect(Array(grouped) == reference(lengths, batchSize, order))
    #expect(grouped.flatMap { $0 }.sorted() == Array(0..<500))
    #expect(grouped.count == (500 + batchSize - 1) / batchSize)
  }

  @Test("Nothing to visit")
  func empty() {
    #expect(EpochOrder.sequential(count: 0, batchSize: 4).isEmpty)
    #expect(EpochOrder.lengthGrouped(lengths: [], batchSize: 4, seed: 1, epoch: 0).isEmpty)
  }
}
