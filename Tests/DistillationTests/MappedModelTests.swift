// A model whose weights are a view of its checkpoint: the same model, and the file is never written to.
import Foundation
import RetortFiles
import RetortStorage
import RetortTestSupport
import RetortTransformers
import Testing

@Suite("Mapped models")
struct MappedModelTests {
  /// Matrices of 64 KiB and more, those of attention adjacent in memory and not in the file.
  private var configuration: TransformerConfiguration {
    TransformerConfiguration(
      family: .distilbert, vocabularySize: 200, hiddenSize: 128, layerCount: 2, headCount: 4,
      feedForwardSize: 192, maximumPositions: 16, tokenTypeCount: 0, layerNormEpsilon: 1e-12,
      hiddenDropout: 0, attentionDropout: 0, classifierDropout: 0, initializerRange: 0.1,
      paddingID: 0, labels: ["no", "yes"], usesSinusoidalPositions: false)
  }

  /// Writes over a file's bytes where they are.
  private static func overwrite(_ path: String, with bytes: [UInt8]) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.write(contentsOf: Data(bytes))
    try file.close()
  }

  @Test("Values are those of a copied model; changing them leaves the file as it is")
  func sameAsCopied() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.h5")
    let original = TransformerModel(configuration: configuration, heads: [.classification])
    original.initialize([.encoder, .classification], seed: 5)
    var content = CheckpointContent()
    content.model = original.storedTensors
    try Checkpoint.write(path: path, content: content)
    extendLifetime(original)
    let bytes = try MappedFile.contents(path: path)

    let copied = TransformerModel(configuration: configuration, heads: [.classification])
    let mapped = TransformerModel(configuration: configuration, heads: [.classification])
    do {
      let weights = CheckpointWeights(try Checkpoint(path: path))
      try copied.load(from: weights, names: .own(configuration), seed: 0)
      try mapped.load(from: weights, names: .own(configuration), mapping: true, seed: 0)
    }
    for (one, other) in zip(mapped.parameters, copied.parameters) {
      #expect(one.path == other.path)
      #expect(one.values.elementsEqual(other.values), "\(one.path)")
      #expect(one.values.contains { $0 != 0 } || one.kind == .bias || one.kind == .normShift)
    }

    // A view shows what becomes of its file, page by page, until it is written to itself.
    let page = Int(getpagesize())
    try Self.overwrite(path, with: [UInt8](repeating: 0, count: bytes.count))
    var viewed = 0
    for (one, other) in zip(mapped.parameters, copied.parameters) {
      let size = one.values.count * MemoryLayout<Float>.stride
      let count = size < 1 << 16 ? 0 : size / page * page / MemoryLayout<Float>.stride
      #expect(one.values.prefix(count).allSatisfy { $0 == 0 }, "\(one.path) is a copy")
      #expect(one.values.dropFirst(count).elementsEqual(other.values.dropFirst(count)))
      if count > 0 { viewed += 1 }
    }
    #expect(viewed >= 10)
    try Self.overwrite(path, with: bytes)

    for parameter in mapped.parameters {
      for index in parameter.values.indices { parameter.values[index] += 1 }
    }
    for (one, other) in zip(mapped.parameters, copied.parameters) {
      #expect(zip(one.values, other.values).allSatisfy { $0 == $1 + 1 }, "\(one.path)")
    }
    #expect(try MappedFile.contents(path: path) == bytes)
  }
}
