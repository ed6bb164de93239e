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

  @Test("an arena that is full says so")
  func exhaustion() async {
    await #expect(processExitsWith: .failure) {
      let arena = Arena(reserving: 1 << 20)
      _ = arena.allocate(1 << 17)
      _ = arena.allocate(1 << 18)
    }
  }

  @Test("a limit on the address space leaves a smaller arena, which works")
  func addressSpaceLimit() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 16 << 30, rlim_max: 16 << 30)
      precondition(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
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
