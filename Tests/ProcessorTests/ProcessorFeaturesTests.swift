import Testing

@testable import RetortProcessor

private let v3Flags =
  "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3 avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"

private func cpuinfo(_ flags: String) -> ProcessorFeatures {
  ProcessorFeatures(
    cpuinfo: """
      processor\t: 0
      vendor_id\t: GenuineIntel
      model name\t: Example CPU @ 2.00GHz
      flags\t\t: fpu vme \(flags) sse2

      processor\t: 1
      model name\t: Another
      flags\t\t: none
      """)
}

@Suite("Processor features")
struct ProcessorFeaturesTests {
  @Test("the first processor's name and flags are read")
  func reading() {
    let features = cpuinfo(v3Flags)
    #expect(features.modelName == "Example CPU @ 2.00GHz")
    #expect(features.flags.isSuperset(of: ["fpu", "fma", "sse2"]))
    #expect(!features.flags.contains("none"))
  }

  @Test("levels are recognised")
  func levels() {
    #expect(cpuinfo("sse4_1").highestLevel == nil)
    #expect(cpuinfo(v3Flags).highestLevel == .v3)
    let v4 = cpuinfo(v3Flags + " avx512f avx512bw avx512cd avx512dq avx512vl")
    #expect(v4.highestLevel == .v4)
    #expect(v4.missing(for: .v4).isEmpty)
  }

  @Test("a processor below the program's level gets one clear line")
  func refusal() {
    let error = #expect(throws: UnsupportedProcessor.self) {
      try Processor.require(.v4, of: cpuinfo(v3Flags + " avx512f"))
    }
    #expect(
      error?.description
        == "built for x86-64-v4, but Example CPU @ 2.00GHz lacks avx512bw, avx512cd, avx512dq, "
        + "avx512vl; rebuild with RETORT_CPU=x86-64-v3 swift build -c release")
    let old = #expect(throws: UnsupportedProcessor.self) {
      try Processor.require(.v3, of: ProcessorFeatures(cpuinfo: ""))
    }
    #expect(old?.description.hasSuffix("it needs at least x86-64-v3") == true)
  }

  @Test("the processor at hand runs what was built on it")
  func atHand() {
    #expect(ProcessorFeatures.current().flags.contains("sse2"))
    #expect(throws: Never.self) { try Processor.requireKernelLevel() }
  }
}
