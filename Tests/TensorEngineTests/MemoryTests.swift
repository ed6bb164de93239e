import Foundation
import Glibc
import Testing

@testable import RetortTensorEngine

@Suite struct MemoryTests {
  @Test("an arena hands out aligned memory from the bottom up, and again after a release")
  func arena() {
    let arena = Arena(reserving: 1 << 24)
    let first = arena.allocate(3)
    let mark = arena.mark
    let second = arena.allocate(100)
    #expect(UInt(bitPattern: first) % 64 == 0 && UInt(bitPattern: second) % 64 == 0)
    #expect(second >= first + 3)
    arena.release(to: mark)
    #expect(arena.allocate(50) == second)
    #expect(arena.allocate(1) >= second + 50)
    #expect(arena.highWaterBytes == 64 + 448)
    arena.release(to: mark)
    #expect(arena.highWaterBytes == 64 + 448)
  }

  @Test("an arena that is full goes on in another region, and comes back")
  func regions() {
    let arena = Arena(reserving: 1 << 20)
    let first = arena.allocate(1 << 17)
    let mark = arena.mark
    let second = arena.allocate(1 << 18)
    second[(1 << 18) - 1] = 1
    #expect(arena.highWaterBytes == 4 * 3 << 17)
    let large = arena.allocate(1 << 25)
    large[(1 << 25) - 1] = 1
    arena.release(to: mark)
    #expect(arena.allocate(1 << 18) == second && arena.allocate(1 << 25) == large)
    // What a larger region holds is not below the place it moves to.
    arena.release(to: mark)
    #expect(arena.allocate(1 << 25) == large)
    arena.release(to: .bottom)
    #expect(arena.allocate(1) == first)
    #expect(arena.highWaterBytes == 4 * (1 << 17 + 1 << 18 + 1 << 25))
  }

  @Test("no memory is said in a line, with status 1")
  func exhaustion() async throws {
    let result = try await #require(
      processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
    ) {
      var limit = rlimit(rlim_cur: 1 << 30, rlim_max: 1 << 30)
      precondition(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
      _ = Arena().allocate(1 << 28)
    }
    let text = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(text.contains("no memory for 1073741824 bytes of activations"), "\(text)")
  }

  @Test("no memory for OpenBLAS's buffers is said before it waits for them for ever")
  func noBuffers() async throws {
    let result = try await #require(
      processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
    ) {
      let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).prefix {
        $0 != " "
      }
      let used = (UInt(pages) ?? 0) * UInt(getpagesize())
      var limit = rlimit(rlim_cur: used + 96 << 20, rlim_max: used + 96 << 20)
      precondition(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
      _ = Engine(threadCount: 1)
    }
    let text = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(text.contains("no memory for 134217728 bytes of OpenBLAS's buffers"), "\(text)")
  }

  @Test("a limit on the address space is enough for many scopes")
  func addressSpaceLimit() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
      precondition(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
      let scopes = (0..<8).map { _ in
        ComputeScope(engine: Engine(threadCount: 1), recording: true)
      }
      for scope in scopes { _ = scope.input([1, -2], rows: 1, columns: 2, differentiable: true) }
      let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
      let x = scope.input([1, -2], rows: 1, columns: 2, differentiable: true)
      let y = scope.activation(.relu, x)
      scope.seedGradient(of: y, with: [3, 4])
      scope.backward()
      precondition(scope.gradientValues(of: x) == [3, 0])
    }
  }

  @Test("buffers are zeroed and aligned to a page", arguments: [0, 1, 1000, 1 << 20])
  func buffers(count: Int) {
    let buffer = AlignedBuffer(count: count)
    #expect(buffer.values.count == count && buffer.values.allSatisfy { $0 == 0 })
    #expect(UInt(bitPattern: buffer.values.baseAddress) % 4096 == 0)
  }
}
