// Pieces of work that need no engine, on several threads.
import Dispatch
import Synchronization

/// The results of `body` for 0..<count, in that order. The calls are made on the calling thread and on
/// at most `threads - 1` others, each taking the next number when it is done with one, so that what
/// they compute cannot depend on how many there are.
/// - Parameter threads: at least 1.
public func concurrentMap<Result>(
  _ count: Int, threads: Int, _ body: (Int) -> Result
) -> [Result] {
  precondition(threads >= 1, "work on \(threads) threads")
  let workers = min(threads, count)
  guard workers > 1 else { return (0..<count).map(body) }
  return withoutActuallyEscaping(body) { body in
    // Each result is written by one thread, and read when all are done.
    nonisolated(unsafe) let body = body
    return [Result](unsafeUninitializedCapacity: count) { results, initializedCount in
      nonisolated(unsafe) let base = results.baseAddress.unsafelyUnwrapped
      let next = Atomic<Int>(0)
      DispatchQueue.concurrentPerform(iterations: workers) { _ in
        while case let number = next.wrappingAdd(1, ordering: .relaxed).oldValue, number < count {
          (base + number).initialize(to: body(number))
        }
      }
      initializedCount = count
    }
  }
}
