// How the engine was compiled.
import Testing

@testable import RetortTensorEngine

@Suite struct BuildTests {
  /// Of two flags on the compiler's command line the last one counts, so that one for all modules can undo the engine's.
  @Test func theKernelsAreOptimised() {
    #expect(Engine.isOptimised)
  }
}
