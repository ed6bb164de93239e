import Foundation
import Glibc
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortStorage

@Suite("Checkpoints")
struct CheckpointTests {
  @Test("what was written is read, bit for bit")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    let small = SmallCheckpoint()
    try Checkpoint.write(path: path, content: small.content)
    #expect(try folder.names() == ["a.h5"])
    let checkpoint = try Checkpoint(path: path)
    #expect(checkpoint.attributes == small.content.attributes)
    #expect(checkpoint[.coreType] == .text("SkylakeX"))
    #expect(checkpoint.progress == small.content.progress)
    #expect(checkpoint.random == small.content.random)
    #expect(checkpoint.files == small.content.files)
    #expect(checkpoint.optimizerGroups == ["first_moment", "second_moment"])
    for (group, tensors) in [
      ("/model", small.content.model),
      ("/optimizer/second_moment", small.content.optimizer["second_moment"] ?? []),
    ] {
      #expect(checkpoint.tensorNames(in: group) == tensors.map(\.path))
      for tensor in tensors {
        let read = try checkpoint.tensor(tensor.path, in: group)
        #expect(read.shape == tensor.shape)
        #expect(read.values.elementsEqual(tensor.values))
        #expect(Int(bitPattern: read.values.baseAddress) % 4096 == 0, "aligned for mapping")
      }
    }
    var copy = [Float](repeating: 0, count: 32)
    try copy.withUnsafeMutableBufferPointer { try checkpoint.read("head.weight", into: $0) }
    #expect(copy == Array(small.content.model[3].values))
    withExtendedLifetime(checkpoint) {}
  }

  @Test("the same content gives the same bytes")
  func deterministic() throws {
    let folder = try TemporaryFolder()
    for name in ["a.h5", "b.h5"] {
      try SmallCheckpoint().write(to: folder.file(name))
    }
    #expect(
      FileManager.default.contentsEqual(
        atPath: folder.file("a.h5"), andPath: folder.file("b.h5")))
  }

  @Test("a model without optimizer, and long texts, are stored as well")
  func modelOnly() throws {
    let folder = try TemporaryFolder()
    var content = CheckpointContent()
    let long = String(repeating: "lange Zeile ü\n", count: 20_000)  // HDF5 stores long ones apart
    content[.definition] = .text(long)
    content.files["vocab.txt"] = Array(long.utf8)
    try Checkpoint.write(path: folder.file("a.h5"), content: content)
    let checkpoint = try Checkpoint(path: folder.file("a.h5"))
    #expect(checkpoint[.definition] == .text(long))
    #expect(checkpoint.files["vocab.txt"] == Array(long.utf8))
    #expect(checkpoint.optimizerGroups.isEmpty)
    #expect(checkpoint.tensorNames().isEmpty)
  }

  @Test("every difference from the expected model is listed at once")
  func validation() throws {
    let folder = try TemporaryFolder()
    let small = SmallCheckpoint()
    try Checkpoint.write(path: folder.file("a.h5"), content: small.content)
    let checkpoint = try Checkpoint(path: folder.file("a.h5"))
    let right = small.content.model.map { TensorShape(path: $0.path, shape: $0.shape) }
    #expect(throws: Never.self) { try checkpoint.validate(expected: right.reversed()) }
    let error = #expect(throws: CheckpointError.self) {
      try checkpoint.validate(
        expected: [
          TensorShape(path: "embeddings.word_embeddings.weight", shape: [51, 16]),
          TensorShape(path: "pooler.weight", shape: [16, 16]),
          TensorShape(path: "head.weight", shape: [16, 2]),
          TensorShape(path: "another", shape: [1]),
        ])
    }
    #expect(
      error?.description == "\(folder.file("a.h5")): /model is not the model that is expected: "
        + "2 missing: another, pooler.weight; 2 unexpected: "
        + "encoder.layer.0.attention.query.bias, encoder.layer.0.attention.query.weight; "
        + "2 misshapen: embeddings.word_embeddings.weight (expected [51, 16], found [50, 16]), "
        + "head.weight (expected [16, 2], found [2, 16])")
    #expect(throws: CheckpointError.missing(path: checkpoint.path, name: "/model/none")) {
      try checkpoint.tensor("none")
    }
  }
}
