import CRetortOpenBLAS
import Glibc
import Synchronization

/// A fixed set of threads that take the tiles of one piece of work at a time.
///
/// What a tile is depends on shapes alone, never on the number of threads, so results have the same
/// bits with one worker as with eight. The calling thread works too. Workers spin for a moment after
/// each piece of work and then sleep: a training step hands out hundreds of pieces back to back, while
/// an endless spin would take the processor from whoever else needs it.
final class WorkerPool: Sendable {
  var threadCount: Int { crew.threadCount }
  private let crew: WorkerCrew

  init(threadCount: Int) {
    precondition(threadCount >= 1, "a pool needs a thread")
    crew = WorkerCrew(threadCount: threadCount)
    crew.start()
  }

  deinit { crew.stop() }

  /// Calls `body(tile, worker)` once for every tile in 0..<tileCount, on any thread and in any order, and
  /// returns when all are done. `worker` is in 0..<threadCount and distinct among concurrent calls.
  func run(tiles tileCount: Int, _ body: (_ tile: Int, _ worker: Int) -> Void) {
    crew.run(tiles: tileCount, body)
  }
}

/// What a pool's threads share. They hold it, not the pool, so that the pool's end can end them.
private final class WorkerCrew: @unchecked Sendable {
  let threadCount: Int

  // The current piece of work: generation (24 bits) | number of tiles (20) | next tile (20). A worker
  // claims a tile by exchanging the whole word, so a late one can never take from a later piece.
  private let claim = Atomic<UInt64>(0)
  private let finishedTiles = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private var body: (Int, Int) -> Void = { _, _ in }

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var threads: [pthread_t] = []

  private static let tileBits: UInt64 = 20
  private static let tileMask: UInt64 = (1 << tileBits) - 1
  private static let spins = 4000  // about 50 µs

  init(threadCount: Int) {
    self.threadCount = threadCount
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
    condition.deallocate()
  }

  func start() {
    for index in 1..<max(threadCount, 1) { start(worker: index) }
  }

  func stop() {
    stopping.store(true, ordering: .releasing)
    wakeSleepers()
    for thread in threads { pthread_join(thread, nil) }
  }

  private func wakeSleepers() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  func run(tiles tileCount: Int, _ body: (_ tile: Int, _ worker: Int) -> Void) {
    // The caller computes too, and has its own way with subnormals back afterwards: what else it does, such as
    // reading and writing numbers, must not lose them.
    let control = retort_floating_point_control()
    retort_flush_subnormals()
    defer { retort_set_floating_point_control(control) }
    if tileCount <= 1 || threadCount == 1 {
      for tile in 0..<tileCount { body(tile, 0) }
      return
    }
    precondition(tileCount < 1 << Self.tileBits, "too many tiles: \(tileCount)")
    withoutActuallyEscaping(body) { escapable in
      self.body = escapable
      finishedTiles.store(0, ordering: .relaxed)
      let generation = (claim.load(ordering: .relaxed) >> (2 * Self.tileBits)) &+ 1
      claim.store(
        (generation & 0xFF_FFFF) << (2 * Self.tileBits) | UInt64(tileCount) << Self.tileBits,
        ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeSleepers() }
      takeTiles(worker: 0)
      var spins = 0
      while finishedTiles.load(ordering: .acquiring) < tileCount {
        retort_pause()
        spins += 1
        if spins > Self.spins { sched_yield() }
      }
      self.body = { _, _ in }
    }
  }

  private func takeTiles(worker: Int) {
    var word = claim.load(ordering: .acquiring)
    while true {
      let next = word & Self.tileMask
      guard next < (word >> Self.tileBits) & Self.tileMask else { return }
      let (exchanged, original) = claim.compareExchange(
        expected: word, desired: word + 1, ordering: .acquiringAndReleasing)
      if exchanged {
        perform(tile: Int(next), worker: worker)
        finishedTiles.wrappingAdd(1, ordering: .releasing)
        word = claim.load(ordering: .acquiring)
      } else {
        word = original
      }
    }
  }

  /// A function of its own, so that whatever reference to the work's closure a call takes is given back
  /// before the tile counts as finished: then the closure's owner goes on and checks that nobody holds it.
  @inline(never)
  private func perform(tile: Int, worker: Int) { body(tile, worker) }

  private var hasWork: Bool {
    let word = claim.load(ordering: .sequentiallyConsistent)
    return word & Self.tileMask < (word >> Self.tileBits) & Self.tileMask
  }

  private func serve(worker: Int) {
    retort_flush_subnormals()
    while !stopping.load(ordering: .acquiring) {
      takeTiles(worker: worker)
      var spins = 0
      while !hasWork, spins < Self.spins {
        retort_pause()
        spins += 1
      }
      if hasWork { continue }
      pthread_mutex_lock(mutex)
      sleepers.add(1, ordering: .sequentiallyConsistent)
      while !hasWork, !stopping.load(ordering: .acquiring) { pthread_cond_wait(condition, mutex) }
      sleepers.subtract(1, ordering: .sequentiallyConsistent)
      pthread_mutex_unlock(mutex)
    }
  }

  private final class Start {
    let crew: WorkerCrew
    let worker: Int
    init(crew: WorkerCrew, worker: Int) { (self.crew, self.worker) = (crew, worker) }
  }

  private func start(worker: Int) {
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(Start(crew: self, worker: worker))
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        // Signals (Ctrl-C) go to the thread that can act on them.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        start.crew.serve(worker: start.worker)
        return nil
      }, argument.toOpaque())
    precondition(result == 0, "cannot start a worker thread: \(String(cString: strerror(result)))")
    threads.append(thread)
  }
}
