import Foundation
import Synchronization
import Testing

@testable import RetortTensorEngine

@Suite struct WorkerPoolTests {
  @Test(
    "every tile is worked on once, by a worker that is alone with its number",
    arguments: [1, 2, 3, 5], [0, 1, 2, 3, 17, 1000])
  func coverage(threads: Int, tiles: Int) {
    let pool = WorkerPool(threadCount: threads)
    let counts = Counters(tiles)
    let busy = Counters(threads)
    let clashes = Atomic<Int>(0)
    for _ in 0..<20 {
      pool.run(tiles: tiles) { tile, worker in
        if busy.add(1, at: worker) != 0 { clashes.add(1, ordering: .relaxed) }
        counts.add(1, at: tile)
        if busy.add(-1, at: worker) != 1 { clashes.add(1, ordering: .relaxed) }
      }
    }
    #expect((0..<tiles).allSatisfy { counts[$0] == 20 })
    #expect(clashes.load(ordering: .relaxed) == 0)
  }

  @Test("what workers wrote is seen when the run returns, 100,000 times", arguments: [2, 3])
  func stress(threads: Int) {
    let pool = WorkerPool(threadCount: threads)
    let values = UnsafeMutablePointer<Int>.allocate(capacity: 4)
    defer { values.deallocate() }
    values.initialize(repeating: 0, count: 4)
    nonisolated(unsafe) let cells = values
    var wrong = 0
    for round in 1...100_000 {
      // Plain memory, no atomics: the pool itself must order the writes.
      pool.run(tiles: 2 + round % 3) { tile, _ in cells[tile] = round + tile }
      for tile in 0..<2 + round % 3 where cells[tile] != round + tile { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test("workers that went to sleep wake for the next piece of work")
  func sleepers() {
    let pool = WorkerPool(threadCount: 3)
    let total = Atomic<Int>(0)
    for _ in 0..<20 {
      usleep(2000)
      pool.run(tiles: 64) { tile, _ in total.add(tile, ordering: .relaxed) }
    }
    #expect(total.load(ordering: .relaxed) == 20 * 2016)
  }

  @Test("several workers take part where tiles take time, and a run returns after the last of them")
  func sharing() {
    let pool = WorkerPool(threadCount: 3)
    let counts = Counters(3)
    for round in 1...10 {
      pool.run(tiles: 30) { tile, worker in
        // The last tiles take longest, so that somebody is still at work when the others are done.
        usleep(tile < 27 ? 300 : 2000)
        counts.add(1, at: worker)
      }
      #expect((0..<3).reduce(0) { $0 + counts[$1] } == 30 * round)
    }
    #expect((0..<3).allSatisfy { counts[$0] > 0 })
  }

  @Test("the pool's threads end with it")
  func end() async {
    await #expect(processExitsWith: .success) {
      func threads() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? -1
      }
      let before = threads()
      for round in 0..<50 {
        let pool = WorkerPool(threadCount: 4)
        // Some end before their threads have started, some at work's end, some asleep.
        if round % 3 > 0 { pool.run(tiles: 8) { _, _ in } }
        if round % 3 == 2 { usleep(3000) }
        precondition(threads() >= before + 3)
      }
      precondition(threads() == before, "\(threads()) threads where there were \(before)")
    }
  }

  @Test("subnormals are flushed on every thread that computes")
  func subnormals() {
    let pool = WorkerPool(threadCount: 3)
    let kept = Atomic<Int>(0)
    nonisolated(unsafe) var tiny = Float.leastNormalMagnitude
    pool.run(tiles: 30) { _, _ in
      if tiny * 0.5 != 0 { kept.add(1, ordering: .relaxed) }
      usleep(300)
    }
    tiny = 0
    #expect(kept.load(ordering: .relaxed) == 0)
  }

  @Test("the calling thread has its subnormals back after a run", arguments: [1, 2])
  func callersSubnormals(threads: Int) async {
    // In a process of its own: other tests' threads are not to be trusted here, nor to be changed.
    await #expect(processExitsWith: .success) { [threads] in
      let half = Float.leastNormalMagnitude / 2
      WorkerPool(threadCount: threads).run(tiles: 8) { _, _ in }
      nonisolated(unsafe) var tiny = Float.leastNormalMagnitude
      withUnsafeMutablePointer(to: &tiny) { $0.pointee *= 0.5 }
      precondition(tiny == half && tiny != 0)
    }
  }
}

/// Counters that several threads add to.
private final class Counters: Sendable {
  private let values: Mutex<[Int]>

  init(_ count: Int) { values = Mutex([Int](repeating: 0, count: count)) }

  /// Returns the value before.
  @discardableResult
  func add(_ amount: Int, at index: Int) -> Int {
    values.withLock { values in
      defer { values[index] += amount }
      return values[index]
    }
  }

  subscript(_ index: Int) -> Int { values.withLock { $0[index] } }
}
