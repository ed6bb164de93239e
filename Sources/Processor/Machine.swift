// What else there is to say of the machine at hand.
import Glibc

public enum Machine {
  /// Processes that were running or waiting to, over the last minute.
  public static var load: Double {
    var averages = [0.0, 0, 0]
    return getloadavg(&averages, 3) > 0 ? averages[0] : 0
  }

  /// Bytes of memory, in all and not in use; 0 where the system does not tell.
  public static var memory: (total: Int, available: Int) {
    let text = contents(of: "/proc/meminfo")
    func bytes(_ name: String) -> Int {
      let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
      return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        ?? 0
    }
    return (bytes("MemTotal"), bytes("MemAvailable"))
  }

  /// The operating system and its kernel's version: `Linux 6.1.0`.
  public static var system: String {
    let parts = ["ostype", "osrelease"].map { contents(of: "/proc/sys/kernel/\($0)") }
    return parts.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
      .joined(separator: " ")
  }

  /// Files under /proc have no size and cannot be mapped.
  private static func contents(of path: String) -> String {
    guard let stream = fopen(path, "r") else { return "" }
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = fread(&bytes, 1, bytes.count, stream)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
