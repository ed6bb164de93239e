// A small checkpoint with something of everything.
import RetortFiles

@testable import RetortStorage

/// Owns the memory of a checkpoint's tensors.
final class SmallCheckpoint {
  var content = CheckpointContent()
  private var buffers: [UnsafeMutableBufferPointer<Float>] = []

  /// - Parameter step: changes every tensor and the progress, so that two steps can be told apart.
  init(step: Int = 1) {
    let shapes: [(String, [Int])] = [
      ("embeddings.word_embeddings.weight", [50, 16]),
      ("encoder.layer.0.attention.query.weight", [16, 16]),
      ("encoder.layer.0.attention.query.bias", [16]),
      ("head.weight", [2, 16]),
    ]
    content.model = shapes.map { tensor($0.0, $0.1, scale: Float(step)) }
    content.optimizer["first_moment"] = shapes.map { tensor($0.0, $0.1, scale: 0.5 * Float(step)) }
    content.optimizer["second_moment"] = shapes.map { tensor($0.0, $0.1, scale: 2 * Float(step)) }
    content.progress = [
      "stage": .text("sst2"), "step": .integer(Int64(step)), "best_loss": .real(0.1 + 0.2),
      "cursor": .integers([3, -1, .max]), "sums": .reals([1e-300, -.infinity]),
      "none": .integers([]),
    ]
    content.random = ["state": .bytes([0, 1, 255]), "counter": .integer(.min)]
    content.files = ["vocab.txt": Array("[PAD]\n[UNK]\nä\n".utf8), "config.json": Array("{}".utf8)]
    content[.definition] = .text("name: kleiner Versuch – ü\n")
    content[.coreType] = .text("SkylakeX")
    content.attributes["empty"] = .text("")
  }

  /// Writes it as a checkpoint.
  func write(
    to path: String,
    afterStep: @escaping (PendingFile.Step) throws(FileError) -> Void = { _ in }
  ) throws(CheckpointError) {
    defer { extendLifetime(self) }
    try Checkpoint.write(path: path, content: content, afterStep: afterStep)
  }

  deinit { for buffer in buffers { buffer.deallocate() } }

  private func tensor(_ path: String, _ shape: [Int], scale: Float) -> StoredTensor {
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: shape.reduce(1, *))
    _ = buffer.initialize(from: (0..<buffer.count).map { scale * (Float($0) + 0.25) })
    buffers.append(buffer)
    return StoredTensor(path: path, shape: shape, values: UnsafeBufferPointer(buffer))
  }
}
