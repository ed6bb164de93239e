// Which of OpenBLAS's kernels the ladder stands on, where Tests/ladder has asked for one.
import Foundation
import RetortTensorEngine
import Testing

@Suite("The kernel in use")
struct KernelInUseTests {
  private static let expected = ProcessInfo.processInfo.environment["RETORT_EXPECTED_KERNEL"]

  @Test(
    "is the one that was asked for",
    .enabled(if: expected != nil, "RETORT_EXPECTED_KERNEL is not set"))
  func asked() {
    #expect(BLASKernel.coreName == Self.expected)
    #expect(BLASKernel.isChosenByUser)
  }
}
