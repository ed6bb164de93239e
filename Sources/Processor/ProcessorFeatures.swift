// What the processor at hand offers.
import Glibc

/// Name and instruction set of the processor, as /proc/cpuinfo tells them.
public struct ProcessorFeatures: Sendable, Equatable {
  public let modelName: String
  public let flags: Set<String>

  /// Reads the first processor's entry of a text in the form of /proc/cpuinfo; what is not in the
  /// text stays empty.
  public init(cpuinfo text: String) {
    var modelName = ""
    var flags: Set<String> = []
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let key = line[..<colon].split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
      if key == "model name", modelName.isEmpty { modelName = String(value) }
      if key == "flags", flags.isEmpty { flags = Set(value.split(separator: " ").map(String.init)) }
    }
    self.modelName = modelName
    self.flags = flags
  }

  /// The processor this program runs on.
  public static func current() -> ProcessorFeatures {
    guard let stream = fopen("/proc/cpuinfo", "r") else { return ProcessorFeatures(cpuinfo: "") }
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 1 << 15)  // all processors' entries are alike
    let count = fread(&bytes, 1, bytes.count, stream)
    return ProcessorFeatures(cpuinfo: String(decoding: bytes[..<count], as: UTF8.self))
  }

  /// The highest level this processor offers, if any that kernels can be built for.
  public var highestLevel: KernelLevel? {
    KernelLevel.allCases.last { missing(for: $0).isEmpty }
  }

  /// The features of a level that this processor lacks, in the order of the level's list.
  public func missing(for level: KernelLevel) -> [String] {
    level.requiredFlags.filter { !flags.contains($0) }
  }
}

/// A level of the x86-64 instruction set that the compute kernels can be built for.
/// Source: x86-64 psABI 1.0, table 3.1 "Micro-Architecture Levels", in Linux's names of the flags.
public enum KernelLevel: String, Sendable, CaseIterable, CustomStringConvertible {
  case v3 = "x86-64-v3"
  case v4 = "x86-64-v4"

  public var description: String { rawValue }

  var requiredFlags: [String] {
    let v3 = [
      "cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3",
      "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave",
    ]
    return self == .v3 ? v3 : v3 + ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]
  }
}
