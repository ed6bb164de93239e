// The quickstart, cut down until it takes seconds.
import Foundation
import RetortTestSupport

/// A definition whose data are made, with folders of its own for runs and cache.
struct TinyExperiment {
  let folder: TemporaryFolder
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  init() throws { folder = try TemporaryFolder() }

  var runFolder: String { folder.file("Runs/quickstart") }

  static let sizes = [
    "corpora.reviews.generated.lines=300", "tasks.sentiment.generated.train=96",
    "tasks.sentiment.generated.dev=40", "vocabulary.train.size=400",
    "models.teacher.sizes.hidden_size=32", "models.teacher.sizes.feed_forward_size=64",
    "stages.teacher_mlm.limit.epochs=1", "stages.distil.limit.epochs=1",
    "stages.teacher_mlm.batching.batch_size=16", "stages.distil.batching.batch_size=16",
    "stages.sentiment.limit.epochs=3", "stages.sentiment.batch_size=32",
    "baselines=[no_distillation]",
  ]

  /// - Parameter cache: another experiment's cache can be shared.
  func arguments(_ verb: String, _ more: [String] = []) -> [String] {
    [verb, "\(Self.repository)/Experiments/quickstart.yaml", "--runs", folder.file("Runs")]
      + Self.sizes.flatMap { ["--set", $0] } + more
  }

  func environment(cache: String = "cache") -> [String: String?] {
    ["RETORT_CACHE": folder.file(cache), "RETORT_MIRROR": nil]
  }

  func run(
    _ verb: String, _ more: String..., cache: String = "cache"
  ) throws -> RetortProcess {
    try RetortProcess.run(arguments(verb, more), environment: environment(cache: cache))
  }

  func start(_ verb: String, _ more: String..., cache: String = "cache") throws -> RunningRetort {
    try RunningRetort(arguments(verb, more), environment: environment(cache: cache))
  }

  /// The files of finished stages with their bytes, by digest and name.
  func stages(cache: String = "cache") throws -> [String: Data] {
    let root = folder.file("\(cache)/stages")
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: root)
    where name.hasSuffix("model.h5") {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(name)"))
    }
    return files
  }

  /// Lines of metrics that are on the disk: one a step and one an epoch.
  func metricsLines() -> Int {
    let text = (try? String(contentsOfFile: "\(runFolder)/metrics.jsonl", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").count
  }
}
