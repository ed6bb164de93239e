import Foundation

/// What the process takes of the machine's memory.
public enum ProcessMemory {
  /// Largest resident size so far, in bytes, as the kernel accounts for it; 0 where it does not say.
  public static var peakBytes: Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
    else { return 0 }
    return (Int(kibibytes) ?? 0) * 1024
  }
}
