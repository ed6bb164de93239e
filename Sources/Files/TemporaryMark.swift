// Who is writing something that is not finished yet, as part of its name.
import Glibc
import Synchronization

/// A name for one piece of unfinished work: `<machine>-<process>-<start>-<number>`. Processes of other hosts, containers
/// and pods that share a folder can tell by it what is whose: nobody removes what another still writes.
public final class TemporaryMark: Sendable {
  /// Letters, digits and hyphens only.
  public let text: String
  private let number: Int

  /// The marks of this process: how many were made, and the numbers of those in use.
  private struct Marks {
    var last = 0
    var inUse: Set<Int> = []
  }
  private static let marks = Mutex(Marks())

  public init() {
    let number = Self.marks.withLock {
      $0.last += 1
      $0.inUse.insert($0.last)
      return $0.last
    }
    self.number = number
    text = "\(ProcessIdentity.current.text)-\(number)"
  }

  deinit { release() }

  /// The work is finished or given up: what still has the mark's name may be removed.
  public func release() { _ = Self.marks.withLock { $0.inUse.remove(number) } }

  /// Work of other machines may be removed when nothing has changed there for so long.
  static let leastAge = 86_400

  /// Whether the text is a mark.
  static func isMark(_ text: some StringProtocol) -> Bool { ParsedMark(text) != nil }

  /// Whether what has this mark can be removed: its process is certainly gone, or is out of sight and has not touched
  /// it for a day. False for a text that is no mark.
  /// - Parameter path: what has the mark.
  public static func isAbandoned(_ text: some StringProtocol, path: String) -> Bool {
    guard let mark = ParsedMark(text) else { return false }
    if mark.owner == .current { return !marks.withLock { $0.inUse.contains(mark.number) } }
    if let isGone = mark.owner.isGone { return isGone }
    var status = stat()
    return lstat(path, &status) == 0 && time(nil) - status.st_mtim.tv_sec > leastAge
  }
}

private struct ParsedMark {
  let owner: ProcessIdentity
  let number: Int

  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 4, let owner = ProcessIdentity(parts.dropLast().joined(separator: "-")),
      let number = Int(parts[3])
    else { return nil }
    self.owner = owner
    self.number = number
  }
}

/// A process, told from all others of the same number: on other hosts, in other containers, before and after.
struct ProcessIdentity: Equatable, Sendable {
  /// Digest of the host's name, its boot and the process's PID namespace: two processes of the same machine see
  /// each other's numbers.
  let machine: String
  let process: pid_t
  /// Clock ticks from the boot to the process's start; 0 where /proc does not tell.
  let start: UInt64

  static let current = ProcessIdentity(
    machine: thisMachine, process: getpid(), start: start(of: getpid()) ?? 0)

  var text: String { "\(machine)-\(process)-\(start)" }

  init(machine: String, process: pid_t, start: UInt64) {
    (self.machine, self.process, self.start) = (machine, process, start)
  }

  init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 16, parts[0].allSatisfy(\.isHexDigit),
      let process = pid_t(parts[1]), process > 0, let start = UInt64(parts[2])
    else { return nil }
    self.init(machine: String(parts[0]), process: process, start: start)
  }

  /// Whether the process has ended; nil for one that cannot be seen from here.
  var isGone: Bool? {
    guard machine == Self.current.machine else { return nil }
    if kill(process, 0) != 0, errno == ESRCH { return true }
    // Another process may have its number by now.
    guard start != 0, let now = Self.start(of: process) else { return false }
    return now != start
  }

  private static let thisMachine: String = {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    var link = [CChar](repeating: 0, count: 64)
    let length = readlink("/proc/self/ns/pid", &link, link.count)
    let space = link.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }
    let boot = contents(of: "/proc/sys/kernel/random/boot_id") ?? []
    var digest = XXH64()
    for part in [host, boot, space] { digest.update(String(decoding: part, as: UTF8.self) + "\n") }
    return digest.hexDigest()
  }()

  /// Field 22 of /proc/<process>/stat; the second is a name in brackets, which may hold anything.
  private static func start(of process: pid_t) -> UInt64? {
    guard let bytes = contents(of: "/proc/\(process)/stat"),
      let bracket = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = bytes[bracket...].split(separator: UInt8(ascii: " "))
    return fields.count > 20 ? UInt64(String(decoding: fields[20], as: UTF8.self)) : nil
  }

  /// The first bytes of a file under /proc, which has no size.
  private static func contents(of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &bytes, bytes.count)
    return count < 0 ? nil : Array(bytes.prefix(count))
  }
}
