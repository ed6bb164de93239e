// A fine-tuning killed again and again, also while it writes a checkpoint, and gone on with each time.
import Foundation
import Glibc
import RetortFiles
import RetortRecords
import RetortReporting
import RetortStorage
import RetortTestSupport
import Testing

@Suite struct KilledFineTuningTests {
  /// Weights and moments are compared in the checkpoint of the last step, which both runs keep because a file
  /// stands where the stage would be in the cache: it is trained to its end and cannot be put away.
  @Test(
    "killed ten times at random moments, twice inside the writing of a checkpoint, it ends in the same bits",
    arguments: [UInt64(1910_01108)])
  func killed(seed: UInt64) throws {
    let unhindered = try SmallFineTuning(blocking: nil)
    try unhindered.finish()
    let digest = try unhindered.digest()
    let whole = try SmallFineTuning(blocking: digest)
    let expected = try whole.trainToTheEnd()
    try whole.finish()

    let tuning = try SmallFineTuning(blocking: digest)
    var moments = RandomInputs(0, seed: seed)
    var (kills, killsInsideAWrite) = (0, 0)
    var leftBehind: Set<String> = []
    while kills < 10 || killsInsideAWrite < 2 {
      try #require(kills < 30, "\(killsInsideAWrite) of \(kills) kills fell into a write")
      let running = try tuning.goOn()
      let steps = Int(moments.integers(1, below: 3)[0])
      let delay = useconds_t(moments.integers(1, below: steps == 0 ? 300_000 : 20_000)[0])
      try tuning.wait(steps: steps, running)
      if steps > 0 { #expect(try tuning.halfWritten().isDisjoint(with: leftBehind)) }
      if kills % 3 == 2 || kills >= 10 {
        try tuning.waitForAWrite(running, besides: leftBehind)
      } else {
        usleep(delay)
      }
      running.send(signal: SIGKILL)
      #expect(running.wait().status == 128 + SIGKILL)
      kills += 1
      let before = leftBehind
      leftBehind = try tuning.halfWritten()
      #expect(leftBehind.count <= 1, "they do not pile up")
      if leftBehind.subtracting(before).contains(where: { $0.hasPrefix(".sentiment.h5.") }) {
        killsInsideAWrite += 1
      }
    }

    let state = try tuning.trainToTheEnd()
    #expect(state.tensors.keys.sorted() == expected.tensors.keys.sorted())
    for (name, values) in expected.tensors { #expect(state.tensors[name] == values, "\(name)") }
    #expect(state.progress == expected.progress)
    try tuning.finish()
    #expect(try tuning.model() == whole.model())
    #expect(try tuning.record().comparable() == whole.record().comparable())
    #expect(try tuning.halfWritten().isEmpty)
  }
}

/// A definition of one fine-tuning, 72 steps with a checkpoint of six megabytes after each, in a folder of its own.
private struct SmallFineTuning {
  private let folder: TemporaryFolder
  private let stages: String
  private let block: String?
  private var runFolder: String { folder.file("Runs/killed") }
  private var checkpoints: String { "\(runFolder)/checkpoints" }

  /// - Parameter digest: of the stage that cannot be put away before `finish`.
  init(blocking digest: String?) throws {
    folder = try TemporaryFolder()
    try AtomicFile.replace(path: folder.file("killed.yaml"), with: Self.definition)
    stages = folder.file("cache/stages")
    try Folder.create(path: stages)
    block = digest.map { [stages] in "\(stages)/\($0)" }
    if let block { try AtomicFile.replace(path: block, with: "in the way of the folder") }
  }

  func start(_ more: String...) throws -> RunningRetort {
    try RunningRetort(
      ["run", folder.file("killed.yaml"), "--runs", folder.file("Runs")] + more,
      environment: ["RETORT_CACHE": folder.file("cache"), "RETORT_MIRROR": nil])
  }

  /// Goes on with what there is, which before the first line of the run folder is nothing.
  func goOn() throws -> RunningRetort {
    try Folder.exists(path: runFolder) ? start("--resume") : start()
  }

  /// Trains the steps that are left.
  func trainToTheEnd() throws -> TrainingState {
    let result = try goOn().wait()
    #expect(result.status == 1 && result.errors.contains(stages), "\(result.errors)")
    return try TrainingState(path: "\(checkpoints)/sentiment.h5")
  }

  /// Puts the trained stage away and writes the record.
  func finish() throws {
    if let block { try FileManager.default.removeItem(atPath: block) }
    let result = try goOn().wait()
    #expect(result.status == 0, "\(result.errors)")
  }

  func record() throws -> RunRecord { try RunRecord.read(path: "\(runFolder)/record.json") }

  /// Of the finished stage.
  func digest() throws -> String { try #require(try Folder.names(path: stages).first) }

  /// The bytes of the finished stage's weights.
  func model() throws -> [UInt8] {
    try MappedFile.contents(path: "\(stages)/\(try digest())/model.h5")
  }

  /// The temporary files in the folder of checkpoints: of a write that is going on, or was killed.
  func halfWritten() throws -> Set<String> {
    guard Folder.exists(path: checkpoints) else { return [] }
    return Set(try Folder.names(path: checkpoints).filter { $0.hasSuffix(".tmp") })
  }

  /// Waits until so many lines more, one a step, are in the metrics.
  func wait(steps: Int, _ running: RunningRetort) throws {
    let wanted = metricsLines() + steps
    try wait(running) { metricsLines() >= wanted }
  }

  func waitForAWrite(_ running: RunningRetort, besides leftovers: Set<String>) throws {
    try wait(running) {
      try halfWritten().subtracting(leftovers).contains { name in
        var status = stat()
        return stat("\(checkpoints)/\(name)", &status) == 0 && status.st_size > 0
      }
    }
  }

  private func wait(_ running: RunningRetort, until isTime: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while try !isTime() {
      try #require(running.isRunning, "ended early: \(running.errorsSoFar)")
      try #require(ContinuousClock.now < deadline, "too late: \(running.errorsSoFar)")
      usleep(200)
    }
  }

  private func metricsLines() -> Int {
    let bytes = (try? MappedFile.contents(path: "\(runFolder)/metrics.jsonl")) ?? []
    return bytes.count { $0 == UInt8(ascii: "\n") }
  }

  private static let definition = """
    format: 1
    name: killed
    seed: 5
    corpora:
      reviews:
        generated: { grammar: film_reviews, lines: 60, seed: 11 }
    tasks:
      sentiment:
        generated: { grammar: film_reviews, train: 144, dev: 20, test: 8, seed: 12 }
    vocabulary:
      train: { corpus: [reviews], size: 400 }
      lowercase: true
    models:
      classifier:
        architecture: distilbert
        sizes:
          hidden_size: 128
          layer_count: 2
          head_count: 2
          feed_forward_size: 512
          maximum_positions: 64
          initializer_range: 0.02
          layer_norm_epsilon: 1.0e-12
        dropout: { hidden: 0.1, attention: 0.1, classifier: 0.2 }
    stages:
      - id: sentiment
        finetune:
          model: classifier
          task: sentiment
          recipe: hf-trainer-4.44
          sequence_length: 64
          batch_size: 4
          learning_rate: 1.0e-3
          limit: { epochs: 2 }
          select_best: eval_loss
          checkpoint_every: { steps: 1 }

    """
}

/// What a checkpoint says of a training, bit for bit, but for the time it took.
private struct TrainingState {
  /// Weights and both moments, by group and name.
  var tensors: [String: [Float]] = [:]
  var progress: [String: String] = [:]

  init(path: String) throws {
    let checkpoint = try Checkpoint(path: path)
    for group in ["/model"] + checkpoint.optimizerGroups.map({ "/optimizer/\($0)" }) {
      for name in checkpoint.tensorNames(in: group) {
        tensors["\(group)/\(name)"] = try checkpoint.values(name, in: group)
      }
    }
    for (name, value) in checkpoint.progress
    where !["clock", "epoch_seconds", "step_seconds"].contains(name) {
      progress[name] = value.reals?.description ?? value.integers?.description ?? "\(value)"
    }
  }
}
