// The share of the processors that control groups leave to a process.
import Glibc

/// Quotas of processor time, of version 2 (`cpu.max`) and version 1 (`cpu.cfs_quota_us`) of Linux's control groups. A
/// group's quota holds for all groups inside it, so that the smallest one on the way up counts.
/// - Source: kernel.org, admin-guide/cgroup-v2 and scheduler/sched-bwc; man 7 cgroups, man 5 proc.
enum ProcessorQuota {
  /// The quota in processors, rounded up; nil where there is none, or none that can be seen.
  /// - Parameter read: the text of a file, nil if it cannot be read.
  static func current(read: (String) -> String? = contents) -> Int? {
    let mounts = (read("/proc/self/mountinfo") ?? "").split(separator: "\n").compactMap(Mount.init)
    var quotas: [Double] = []
    for line in (read("/proc/self/cgroup") ?? "").split(separator: "\n") {
      // <number>:<controllers, separated by commas; none of version 2>:<path>
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isVersion2 = parts[1].isEmpty
      guard isVersion2 || parts[1].split(separator: ",").contains("cpu") else { continue }
      let mount = mounts.last { mount in
        isVersion2
          ? mount.type == "cgroup2" : mount.type == "cgroup" && mount.options.contains("cpu")
      }
      guard let mount else { continue }
      for folder in mount.folders(of: String(parts[2])) {
        let quota =
          isVersion2
          ? version2(read("\(folder)/cpu.max"))
          : version1(read("\(folder)/cpu.cfs_quota_us"), read("\(folder)/cpu.cfs_period_us"))
        if let quota { quotas.append(quota) }
      }
    }
    return quotas.min().map { max(1, Int($0.rounded(.up))) }
  }

  /// `<quota or max> <period>`, in microseconds.
  private static func version2(_ text: String?) -> Double? {
    let words = (text ?? "").split(whereSeparator: \.isWhitespace)
    guard words.count == 2 else { return nil }
    return processors(Int(words[0]), Int(words[1]))
  }

  /// The quota is -1 where there is none.
  private static func version1(_ quota: String?, _ period: String?) -> Double? {
    func number(_ text: String?) -> Int? {
      (text ?? "").split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }
    return processors(number(quota), number(period))
  }

  private static func processors(_ quota: Int?, _ period: Int?) -> Double? {
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    let processors = Double(quota) / Double(period)
    return processors < 1e6 ? processors : nil
  }

  private static func contents(of path: String) -> String? {
    guard let stream = fopen(path, "r") else { return nil }
    defer { fclose(stream) }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while case let count = fread(&piece, 1, piece.count, stream), count > 0 {
      text += piece[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// A line of /proc/self/mountinfo:
/// `36 35 98:0 <root> <mount point> <options> <optional fields> - <type> <source> <options>`.
private struct Mount {
  /// The group that is seen at the mount point.
  let root: String
  let point: String
  let type: String
  let options: [Substring]

  init?(_ line: Substring) {
    let words = line.split(separator: " ")
    guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 3 else {
      return nil
    }
    root = String(words[3])
    point = String(words[4])
    type = String(words[dash + 1])
    options = words[dash + 3].split(separator: ",")
  }

  /// The folders of a group and of all that it is in, as far as they are mounted here.
  func folders(of group: String) -> [String] {
    // In a container the group's own path may be that of the host, of which only the end, or nothing, is seen.
    var path = group
    if root != "/", path == root || path.hasPrefix(root + "/") { path.removeFirst(root.utf8.count) }
    var folders = [point]
    for part in path.split(separator: "/") where part != ".." {
      folders.append("\(folders[folders.count - 1])/\(part)")
    }
    return folders
  }
}
