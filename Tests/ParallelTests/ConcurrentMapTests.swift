// Work on several threads: every number once, results in order, no more threads than asked for.
import Glibc
import RetortTestSupport
import Synchronization
import Testing

@testable import RetortParallel

@Suite("Concurrent map")
struct ConcurrentMapTests {
  @Test("Results are in order, each computed once", arguments: [1, 2, 3, 8])
  func order(threads: Int) {
    for count in [0, 1, 2, 3, 7, 1000] {
      let calls = Atomic<Int>(0)
      let squares = concurrentMap(count, threads: threads) { number in
        calls.wrappingAdd(1, ordering: .relaxed)
        return ["\(number * number)"]
      }
      #expect(squares == (0..<count).map { ["\($0 * $0)"] })
      #expect(calls.load(ordering: .relaxed) == count)
    }
  }

  @Test("Never more threads at work than asked for")
  func limit() {
    let working = Atomic<Int>(0)
    let most = Atomic<Int>(0)
    _ = concurrentMap(40, threads: 2) { _ in
      let now = working.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
      most.max(now, ordering: .relaxed)
      usleep(500)
      working.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }
    #expect((1...2).contains(most.load(ordering: .relaxed)))
  }
}
