import Testing

@testable import RetortProcessor

@Suite("Quotas of processor time")
struct ProcessorQuotaTests {
  private let version2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
  private let version1 = """
    33 25 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
    34 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:15 - cgroup cgroup rw,cpu,cpuacct
    """

  private func quota(_ files: [String: String]) -> Int? {
    ProcessorQuota.current { files[$0] }
  }

  @Test(
    "version 2: rounded up, at least 1, none where it says max",
    arguments: [
      ("max 100000", nil), ("100000 100000", 1), ("150000 100000", 2), ("5000 100000", 1),
      ("400000 100000", 4), ("400000 50000", 8), ("", nil), ("nonsense", nil), ("0 100000", nil),
    ] as [(String, Int?)])
  func rounding(text: String, expected: Int?) {
    #expect(
      quota([
        "/proc/self/mountinfo": version2, "/proc/self/cgroup": "0::/\n",
        "/sys/fs/cgroup/cpu.max": text,
      ]) == expected)
  }

  @Test("version 2: the smallest on the way up counts")
  func nested() {
    #expect(
      quota([
        "/proc/self/mountinfo": version2, "/proc/self/cgroup": "0::/a.slice/job/step\n",
        "/sys/fs/cgroup/a.slice/cpu.max": "250000 100000",
        "/sys/fs/cgroup/a.slice/job/cpu.max": "800000 100000",
        "/sys/fs/cgroup/a.slice/job/step/cpu.max": "max 100000",
      ]) == 3)
  }

  @Test("version 1: the quota of the group with the cpu controller; -1 is none")
  func olderGroups() {
    let groups = "5:memory:/job\n4:cpu,cpuacct:/job\n1:name=systemd:/job\n0::/\n"
    let folder = "/sys/fs/cgroup/cpu,cpuacct"
    var files = [
      "/proc/self/mountinfo": version1, "/proc/self/cgroup": groups,
      "\(folder)/cpu.cfs_quota_us": "-1\n", "\(folder)/cpu.cfs_period_us": "100000\n",
      "\(folder)/job/cpu.cfs_quota_us": "120000\n", "\(folder)/job/cpu.cfs_period_us": "100000\n",
    ]
    #expect(quota(files) == 2)
    files["\(folder)/job/cpu.cfs_quota_us"] = "-1\n"
    #expect(quota(files) == nil)
  }

  @Test("in a container that sees the host's path of its group, and only that group")
  func container() {
    for (root, group) in [
      ("/docker/abc", "/docker/abc"), ("/docker/abc", "/docker/abc/inner"), ("/", "/docker/abc"),
      ("/", "/../.."),
    ] {
      #expect(
        quota([
          "/proc/self/mountinfo": "30 23 0:26 \(root) /sys/fs/cgroup ro - cgroup2 cgroup rw",
          "/proc/self/cgroup": "0::\(group)\n", "/sys/fs/cgroup/cpu.max": "100000 100000",
        ]) == 1)
    }
  }

  @Test("nothing to read, no quota")
  func nothing() {
    #expect(quota([:]) == nil)
    #expect(quota(["/proc/self/cgroup": "0::/\nx\n", "/proc/self/mountinfo": "x y\n"]) == nil)
  }
}
