import Foundation
import RetortTensorEngine
import Testing

@Suite struct BLASKernelTests {
  @Test("a kernel for AVX2 or AVX-512 is in use unless the user named another")
  func kernel() {
    guard !BLASKernel.isChosenByUser else { return }
    let fast = ["Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"]
    #expect(fast.contains(BLASKernel.coreName), "\(BLASKernel.coreName)")
  }

  @Test("OpenBLAS computes on the thread that calls it")
  func threads() async {
    await #expect(processExitsWith: .success) {
      func threads() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? -1
      }
      let engine = Engine(threadCount: 1)
      let before = threads()
      let scope = ComputeScope(engine: engine, recording: false)
      let weight = Parameter(path: "w", kind: .weight, shape: [600, 600])
      let x = scope.input([Float](repeating: 1, count: 600 * 600), rows: 600, columns: 600)
      _ = scope.linear(x, weight: ParameterSpan(weight), bias: nil)
      precondition(threads() == before)
    }
  }
}
