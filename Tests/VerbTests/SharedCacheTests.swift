// Jobs of several hosts, containers or pods on one cache, and the share of a host that a job may use.
import Foundation
import RetortTestSupport
import Testing

@Suite struct SharedCacheTests {
  /// What starts a program in a PID namespace of its own, as a pod has one; nil where that is not allowed.
  private static let namespace: [String]? = [
    ["/usr/bin/unshare", "-p", "-f", "--mount-proc"],
    ["/usr/bin/unshare", "-r", "-p", "-f", "--mount-proc"],
  ].first { command in
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst()) + ["/bin/true"]
    process.standardError = FileHandle.nullDevice
    return (try? process.run()).map {
      process.waitUntilExit()
      return process.terminationStatus == 0
    } ?? false
  }

  /// All have the same process number, and none sees another.
  @Test(.enabled(if: namespace != nil, "PID namespaces cannot be made here"))
  func jobsInPodsDoNotRemoveEachOthersFiles() throws {
    let experiment = try TinyExperiment()
    let command = try #require(Self.namespace)
    let jobs = try (0..<3).map { job in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: command[0])
      var arguments = experiment.arguments(
        "run",
        [
          "--stage", "teacher_mlm", "--threads", "1", "--set",
          "corpora.reviews.generated.lines=3000", "--set", "stages.teacher_mlm.limit={steps: 2}",
        ])
      // A run folder of its own for each.
      arguments = arguments.map {
        $0 == experiment.folder.file("Runs") ? experiment.folder.file("Runs\(job)") : $0
      }
      process.arguments =
        Array(command.dropFirst()) + [RetortProcess.executable.path] + arguments
      var environment = ProcessInfo.processInfo.environment
      for (name, value) in experiment.environment() { environment[name] = value }
      process.environment = environment
      let errors = experiment.folder.file("errors\(job)")
      _ = FileManager.default.createFile(atPath: errors, contents: nil)
      process.standardError = FileHandle(forWritingAtPath: errors)
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      return (process: process, errors: errors)
    }
    for job in jobs {
      job.process.waitUntilExit()
      let errors = (try? String(contentsOfFile: job.errors, encoding: .utf8)) ?? ""
      #expect(job.process.terminationStatus == 0, "\(errors.suffix(2000))")
    }
    let left = try FileManager.default.subpathsOfDirectory(atPath: experiment.folder.file("cache"))
      .filter { $0.hasSuffix(".tmp") || $0.contains(".partial-") }
    #expect(left == [])
  }

  @Test(
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/taskset"), "taskset is missing"))
  func threadsFollowTheAffinity() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
    process.arguments = ["-c", "0", RetortProcess.executable.path, "doctor", "--json"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let diagnosis = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let processor = try #require(diagnosis["processor"] as? [String: Any])
    #expect(processor["available"] as? Int == 1)
  }
}
